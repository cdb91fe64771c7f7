"""One webhook, decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from mister_webhooks.envelope import ENVELOPE_V1, Envelope, decode_envelope, envelope_type
from mister_webhooks.errors import (
    DecodeError,
    EnvelopeDecodeError,
    FormatError,
    PayloadDecodeError,
    UnsupportedEnvelope,
)
from mister_webhooks.headers import Headers
from mister_webhooks.payload import decode_payload
from mister_webhooks.source import Record

__all__ = [
    "DecodeError",
    "EnvelopeDecodeError",
    "HTTPMethod",
    "PayloadDecodeError",
    "Position",
    "WebhookEvent",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class HTTPMethod(StrEnum):
    """The HTTP method that a webhook came with. A member equals its name: `HTTPMethod.POST == "POST"`."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"
    PATCH = "PATCH"


class Position(NamedTuple):
    """Where an event stands: its record's topic, partition, offset and timestamp. As text `topic:partition:offset`."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass
class WebhookEvent:
    """A webhook that was received.

    Args:
        method: the HTTP method of the request.
        timestamp: when the service took it in, in UTC.
        headers: the HTTP headers of the request.
        payload: the body of the request as JSON data (None, bool, int, float, str, list, dict); None for an empty body.
        topic: the Kafka topic it was read from; like the next three, None for an event that came from no record.
        partition: its partition.
        offset: its offset there.
        key: the key of its record.
    """

    method: HTTPMethod
    timestamp: datetime
    headers: Headers
    payload: Any
    topic: str | None = field(default=None, compare=False, kw_only=True)
    partition: int | None = field(default=None, compare=False, kw_only=True)
    offset: int | None = field(default=None, compare=False, kw_only=True)
    key: bytes | None = field(default=None, compare=False, kw_only=True)

    @property
    def position(self) -> Position | None:
        """Where the event stands, or None for an event that came from no record."""
        if self.topic is None or self.partition is None or self.offset is None:
            return None
        return Position(self.topic, self.partition, self.offset, self.timestamp)

    @staticmethod
    def decode(envelopeType: int, timestamp: datetime, raw: bytes) -> WebhookEvent:  # noqa: N803 - a public name since 1.0.0
        """Decode a record's value, the body too.

        Args:
            envelopeType: the byte in the record's `envelope` header.
            timestamp: the record's timestamp.
            raw: the record's value.

        Raises:
            UnsupportedEnvelope: the envelope type is not known.
            EnvelopeDecodeError: `raw` is no envelope of that type.
            PayloadDecodeError: the body cannot be decoded.
        """
        if envelopeType != ENVELOPE_V1:
            raise _unsupported(envelopeType)
        event = _lazy(decode_envelope(raw), timestamp)
        event.payload  # noqa: B018 - decodes it
        return event

    @staticmethod
    def from_record(record: Record) -> WebhookEvent | None:
        """The event in a Kafka record, its body still undecoded, or None for a system message.

        The payload is decoded when it is first asked for; where it cannot be, each access raises `PayloadDecodeError`.

        Raises:
            FormatError: the record breaks the protocol.
            UnsupportedEnvelope: its envelope type is newer than this package.
            EnvelopeDecodeError: its value is no envelope.
        """
        where = f"{record.topic}:{record.partition}:{record.offset}"
        try:
            kind = envelope_type(record.headers)
        except FormatError as exc:
            raise FormatError(f"{where}: {exc}") from None
        if kind < ENVELOPE_V1:
            return None
        if kind != ENVELOPE_V1:
            raise UnsupportedEnvelope(f"{where}: {_unsupported(kind)}")
        try:
            envelope = decode_envelope(record.value or b"")
        except EnvelopeDecodeError as exc:
            raise EnvelopeDecodeError(f"{where}: {exc}") from exc
        event = _lazy(envelope, _EPOCH + timedelta(milliseconds=record.timestamp))
        event.__dict__.update(topic=record.topic, partition=record.partition, offset=record.offset, key=record.key)
        return event

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as `payload` is
        """Decode the payload when it is first asked for."""
        body: Envelope | None = self.__dict__.get("_undecoded") if name == "payload" else None
        if body is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        try:
            value = decode_payload(body.encoding, body.payload)
        except PayloadDecodeError as exc:
            where = self.position
            raise PayloadDecodeError(f"{where}: {exc}" if where else str(exc)) from None
        return self.__dict__.setdefault("payload", value)


def _lazy(envelope: Envelope, timestamp: datetime) -> WebhookEvent:
    event = object.__new__(WebhookEvent)
    event.__dict__.update(
        method=HTTPMethod(envelope.method),
        timestamp=timestamp,
        headers=Headers(envelope.headers),
        topic=None,
        partition=None,
        offset=None,
        key=None,
        _undecoded=envelope,
    )
    return event


def _unsupported(kind: int) -> UnsupportedEnvelope:
    return UnsupportedEnvelope(
        f"envelope type 0x{kind:02x} is newer than this package, or not one at all: pip install -U mister-webhooks"
    )
