"""The shapes on the wire: the envelope's Avro schema, the fields of a Kafka record, what a body may hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias, TypedDict

import avro.io
import avro.schema

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
"""What a payload is made of, whichever way its body was written."""

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
"""The largest body that is decoded. No sender known to us exceeds 25 MB (GitHub's limit)."""

MAX_DEPTH: Final = 200
"""How many arrays and objects may stand in one another in a body. Python's own limits begin at some 300."""

MAX_ITEMS: Final = 4_000_000
"""How many values and names of fields a body may hold. They take some 300 bytes of memory each at the most."""

MAX_INT_DIGITS: Final = 4300
"""The most digits that an integer in a body may have: what Python reads and prints by default."""

ENVELOPE_SCHEMA_V1: Final = """{
  "type": "record",
  "name": "KafkaMessageEnvelopeV1",
  "namespace": "com.mister_webhooks.data",
  "fields": [
    {
      "name": "method",
      "type": {"type": "enum", "name": "Methods", "symbols": ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]}
    },
    {"name": "headers", "type": {"type": "map", "values": {"type": "array", "items": "string"}}},
    {"name": "payload", "type": "bytes"},
    {"name": "encoding", "type": {"type": "enum", "name": "Encodings", "symbols": ["JSON", "CBOR"]}}
  ]
}"""
"""Avro schema of envelope type 0x80, as the service publishes it. The symbols' order is what stands on the wire."""

envelope_reader: Final = avro.io.DatumReader(avro.schema.parse(ENVELOPE_SCHEMA_V1))
"""Reads one envelope of type 0x80 with the reference implementation of Avro. It does not check what it reads:
`envelope.decode_envelope` does."""


class Encoding(StrEnum):
    """How the body of a webhook is written in its envelope."""

    CBOR = "CBOR"
    JSON = "JSON"


class KafkaMessageEnvelopeV1(TypedDict):
    """What `envelope_reader` returns."""

    encoding: Literal["JSON", "CBOR"]
    method: Literal["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]
    headers: dict[str, list[str]]
    payload: bytes


@dataclass
class ConsumerRecord:
    """A Kafka record, with the fields of kafka-python's in this order.

    `timestamp` counts milliseconds since the epoch; the sizes are in bytes, -1 where there is nothing.
    """

    topic: str
    partition: int
    leader_epoch: int
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    checksum: Any
    serialized_key_size: int
    serialized_value_size: int
    serialized_header_size: int
