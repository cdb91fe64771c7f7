"""The envelope: what a Kafka record of Mister Webhooks carries, from bytes and back.

Each record has one Kafka header `envelope` of one byte. 0x00 to 0x7F are system messages, 0x80 is the Avro record
`com.mister_webhooks.data.KafkaMessageEnvelopeV1` (`types.ENVELOPE_SCHEMA_V1`), everything above is not known yet.
"""

from __future__ import annotations

import io
import json
import re
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

_WRITER: Final = avro.io.DatumWriter(envelope_reader.writers_schema)

_FIELDS: Final = {field["name"]: field for field in json.loads(ENVELOPE_SCHEMA_V1)["fields"]}
# Avro writes an enum as its symbol's index, zigzag and so doubled: for ours that is one byte.
_METHODS, _ENCODINGS = (
    {bytes([index * 2]): symbol for index, symbol in enumerate(_FIELDS[name]["type"]["symbols"])}
    for name in ("method", "encoding")
)
_BETWEEN: Final = {"type": "record", "name": "Between", "fields": [_FIELDS["headers"], _FIELDS["payload"]]}
_FAST_SCHEMA: Final = None if fastavro is None else fastavro.parse_schema(_BETWEEN)

# A number takes ten bytes, nine of them with the high bit, only where it needs all 64 bits: none of ours does.
_LONG_NUMBER: Final = re.compile(rb"[\x80-\xff]{9}")
_LONG_NUMBER_BYTES: Final = 9
_LOW_BYTES: Final = bytes(range(0x80))


class Envelope(NamedTuple):
    """One webhook as it stands on the wire.

    `method` is one of GET, HEAD, POST, PUT, DELETE and PATCH; `encoding` says how `payload` is written, `"JSON"` or
    `"CBOR"`.
    """

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
        raise FormatError(f"a record has exactly one {ENVELOPE_HEADER!r} header, this one has {len(found) or 'none'}")
    value = found[0] or b""  # kafka-python hands a header without a value over as None
    if len(value) != 1:
        raise FormatError(f"the {ENVELOPE_HEADER!r} header is one byte, this one has {len(value)}")
    return value[0]


def encode_envelope(envelope: Envelope) -> bytes:
    """The bytes of `envelope`, for a record of type `ENVELOPE_V1`.

    Raises:
        ValueError: the method or the encoding is unknown, or a field is not of its type.
    """
    out = io.BytesIO()
    fields = envelope._asdict() | {"headers": dict(envelope.headers.items())}
    try:
        _WRITER.write(fields, avro.io.BinaryEncoder(out))
    except avro.errors.AvroException as exc:
        raise ValueError(f"this is no envelope: {_first_line(exc)}") from None
    return out.getvalue()


def decode_with_avro(raw: bytes) -> Envelope:
    """`decode_envelope` with the package `avro`, the reference."""
    try:
        fields: Any = envelope_reader.read(avro.io.BinaryDecoder(io.BytesIO(raw)))
    except Exception as exc:  # noqa: BLE001 - avro lets through what it runs into, such as UnicodeDecodeError
        raise EnvelopeDecodeError(f"the record is no Avro envelope: {_first_line(exc)}") from None
    return Envelope(fields["method"], fields["headers"], fields["payload"], fields["encoding"])


def decode_with_fastavro(raw: bytes) -> Envelope:
    """`decode_envelope` with the package `fastavro`. What is refused or looks unusual is left to the reference.

    fastavro takes an enum's negative index for a place from the end, so the two enums are read here; and numbers of
    more than 64 bits for others.
    """
    if fastavro is None:
        raise MissingExtra("speed", "decoding with fastavro")
    stream = io.BytesIO(raw)
    try:
        method = _METHODS[stream.read(1)]
        fields: Any = fastavro.schemaless_reader(stream, _FAST_SCHEMA, None)
        end = stream.tell()
        encoding = _ENCODINGS[stream.read(1)]
    except Exception:  # noqa: BLE001 - it fails with whatever it runs into
        return decode_with_avro(raw)
    payload = fields["payload"]
    if _may_hold_long_number(raw[: end - len(payload)]):
        return decode_with_avro(raw)
    return Envelope(method, fields["headers"], payload, encoding)


def _may_hold_long_number(raw: bytes) -> bool:
    high = raw.translate(None, _LOW_BYTES)  # most have too few; this is ten times faster than the search
    return len(high) >= _LONG_NUMBER_BYTES and _LONG_NUMBER.search(raw) is not None


def _first_line(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__).splitlines()[0]


decode_envelope: Final[Callable[[bytes], Envelope]] = decode_with_avro if fastavro is None else decode_with_fastavro
"""Decode the value of a record of type `ENVELOPE_V1`. Bytes after the envelope are passed over.

Raises:
    EnvelopeDecodeError: the value is no envelope.
"""
