"""A webhook before it is enveloped, and the service's rule for its envelope."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import cbor2

from benchmarks.wire import encode_envelope


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request: headers as received, and the body as the JSON value that was sent."""

    body: dict[str, Any]
    headers: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Enveloped:
    """A record's value, with the size of the JSON body and the encoding that was taken."""

    value: bytes
    body_size: int
    encoding: str


def envelope(webhook: Webhook) -> Enveloped:
    """The record's value: the body as JSON, or as CBOR where that is smaller."""
    text = json.dumps(webhook.body, separators=(",", ":"), ensure_ascii=False).encode()
    binary = cbor2.dumps(webhook.body)
    payload, encoding = (binary, "CBOR") if len(binary) < len(text) else (text, "JSON")
    fields = {"method": "POST", "headers": webhook.headers, "payload": payload, "encoding": encoding}
    return Enveloped(encode_envelope(fields), len(text), encoding)
