"""The envelope: what a Kafka record of Mister Webhooks carries, from bytes and back.

Each record has one Kafka header `envelope` of one byte. 0x00 to 0x7F are system messages, 0x80 is the Avro record
`com.mister_webhooks.data.KafkaMessageEnvelopeV1` (see `types.ENVELOPE_SCHEMA_V1`), everything above is not known yet.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, Final, NamedTuple

import avro.io

from mister_webhooks.errors import EnvelopeDecodeError, FormatError, MissingExtra
from mister_webhooks.types import ENVELOPE_SCHEMA_V1, envelope_reader

fastavro: ModuleType | None
try:
    import fastavro
except ImportError:  # the extra `speed` is not installed: the reference decoder does the same, only slower
    fastavro = None

ENVELOPE_HEADER: Final = "envelope"
"""Name of the Kafka header that holds the envelope type."""

ENVELOPE_V1: Final = 0x80
"""The one envelope type that carries a webhook so far."""


class Envelope(NamedTuple):
    """One webhook as it stands on the wire. `encoding` says how `payload` is written: `"JSON"` or `"CBOR"`."""

    method: str
    headers: Mapping[str, list[str]]
    payload: bytes
    encoding: str


def envelope_type(headers: Iterable[tuple[str, bytes]]) -> int:
    """The envelope type of a record with these Kafka headers.

    Raises:
        FormatError: there is no `envelope` header, or more than one, or its value is not exactly one byte.
    """
    found = [value for name, value in headers if name == ENVELOPE_HEADER]
    if len(found) != 1:
        raise FormatError(f"a record must have exactly one {ENVELOPE_HEADER!r} header, this one has {len(found)}")
    value = found[0] or b""  # kafka-python hands a header without a value over as None
    if len(value) != 1:
        raise FormatError(f"the {ENVELOPE_HEADER!r} header must be one byte, this one is {len(value)} bytes long")
    return value[0]


def encode_envelope(envelope: Envelope) -> bytes:
    """The bytes of `envelope`, for a record of type `ENVELOPE_V1`."""
    out = io.BytesIO()
    avro.io.DatumWriter(envelope_reader.writers_schema).write(envelope._asdict(), avro.io.BinaryEncoder(out))
    return out.getvalue()


def decode_with_avro(raw: bytes) -> Envelope:
    """`decode_envelope` with the package `avro`, the reference."""
    try:
        fields: Any = envelope_reader.read(avro.io.BinaryDecoder(io.BytesIO(raw)))
        return Envelope(**fields)
    except Exception as exc:
        raise EnvelopeDecodeError(f"the record is no Avro envelope: {exc}") from exc


_SCHEMA: Final = None if fastavro is None else fastavro.parse_schema(json.loads(ENVELOPE_SCHEMA_V1))


def decode_with_fastavro(raw: bytes) -> Envelope:
    """`decode_envelope` with the package `fastavro`, the fast one."""
    if fastavro is None:
        raise MissingExtra("speed", "decoding with fastavro")
    try:
        fields: Any = fastavro.schemaless_reader(io.BytesIO(raw), _SCHEMA, None)
        return Envelope(**fields)
    except Exception as exc:
        raise EnvelopeDecodeError(f"the record is no Avro envelope: {exc}") from exc


decode_envelope: Callable[[bytes], Envelope] = decode_with_avro if fastavro is None else decode_with_fastavro
