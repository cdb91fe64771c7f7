"""The service's envelope as a reader without this package would decode it: a schema, a codec and two body formats."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import cbor2
import fastavro

ENVELOPE_HEADER = "envelope"
ENVELOPE_V1 = b"\x80"
SCHEMA_V1: dict[str, Any] = {
    "type": "record",
    "name": "KafkaMessageEnvelopeV1",
    "namespace": "com.mister_webhooks.data",
    "fields": [
        {
            "name": "method",
            "type": {"type": "enum", "name": "Methods", "symbols": ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]},
        },
        {"name": "headers", "type": {"type": "map", "values": {"type": "array", "items": "string"}}},
        {"name": "payload", "type": "bytes"},
        {"name": "encoding", "type": {"type": "enum", "name": "Encodings", "symbols": ["JSON", "CBOR"]}},
    ],
}

_SCHEMA = fastavro.parse_schema(SCHEMA_V1)


def decode_envelope(raw: bytes) -> dict[str, Any]:
    """The four fields of an envelope, with fastavro."""
    envelope: dict[str, Any] = fastavro.schemaless_reader(BytesIO(raw), _SCHEMA)  # type: ignore[assignment]
    return envelope


def encode_envelope(fields: dict[str, Any]) -> bytes:
    """The bytes of an envelope, with fastavro: what is measured takes no part in making the topic."""
    sink = BytesIO()
    fastavro.schemaless_writer(sink, _SCHEMA, fields)
    return sink.getvalue()


def decode_body(envelope: dict[str, Any]) -> Any:  # noqa: ANN401 - the JSON data model
    """The webhook's body."""
    decode = cbor2.loads if envelope["encoding"] == "CBOR" else json.loads
    return decode(envelope["payload"])
