"""Records as the service writes them, and as it never should."""

from __future__ import annotations

from dataclasses import dataclass

from mister_webhooks.envelope import ENVELOPE_HEADER, ENVELOPE_V1, Envelope, encode_envelope

_V1 = bytes([ENVELOPE_V1])


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to produce.

    `timestamp` is in milliseconds since the epoch; the broker's clock where it is None. Where `partition` is None the
    key decides, and without a key it is 0.
    """

    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ((ENVELOPE_HEADER, _V1),)
    key: bytes | None = None
    timestamp: int | None = None
    partition: int | None = None


def event(
    envelope: Envelope, *, key: bytes | None = None, timestamp: int | None = None, partition: int | None = None
) -> NewRecord:
    """A webhook, written as the service writes it."""
    return NewRecord(encode_envelope(envelope), key=key, timestamp=timestamp, partition=partition)


def system_message(kind: int = 0x00, value: bytes = b"for the service's own use") -> NewRecord:
    """What a client passes over; `kind` is 0x00 to 0x7F."""
    return with_envelope_header(value, bytes([kind]))


def no_header(value: bytes = b"?") -> NewRecord:
    """Malformed: no `envelope` header, only another one."""
    return NewRecord(value, headers=(("content-type", b"application/json"),))


def two_headers(value: bytes = b"?") -> NewRecord:
    """Malformed: the `envelope` header stands twice."""
    return NewRecord(value, headers=((ENVELOPE_HEADER, _V1), (ENVELOPE_HEADER, _V1)))


def two_bytes(value: bytes = b"?") -> NewRecord:
    """Malformed: the `envelope` header holds two bytes."""
    return with_envelope_header(value, _V1 + _V1)


def newer_envelope(value: bytes = b"?") -> NewRecord:
    """A version of the envelope that this package does not know: 0x81."""
    return with_envelope_header(value, bytes([ENVELOPE_V1 + 1]))


def broken_avro(value: bytes = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") -> NewRecord:
    """The right header on a value that is no Avro record: its method is a number without an end."""
    return NewRecord(value)


def with_envelope_header(value: bytes, header: bytes) -> NewRecord:
    """A record whose only header is `envelope`, with these bytes."""
    return NewRecord(value, headers=((ENVELOPE_HEADER, header),))
