"""The shapes on the wire: the Avro schema of the envelope and the fields of a Kafka record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypedDict

import avro.io
import avro.schema

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
