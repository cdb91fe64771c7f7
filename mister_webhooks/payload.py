"""The body of a webhook: JSON or CBOR bytes to the JSON data model, and back."""

from __future__ import annotations

import json
from typing import TypeAlias

import cbor2

from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.types import Encoding

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
"""What a payload is made of."""


def decode_payload(encoding: str, raw: bytes) -> JSON:
    """The JSON value that the body `raw` stands for. An empty body is `None`.

    Raises:
        PayloadDecodeError: the body is not what `encoding` says, has no JSON meaning, or exceeds a limit.
    """
    if not raw:
        return None
    try:
        value: JSON = json.loads(raw) if encoding == Encoding.JSON else cbor2.loads(raw)
    except Exception as exc:
        raise PayloadDecodeError(f"the body is no {encoding}") from exc
    return value


def encode_payload(encoding: str, value: JSON) -> bytes:
    """The body that stands for `value`: compact JSON in UTF-8, or CBOR."""
    if encoding == Encoding.JSON:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return cbor2.dumps(value)
