"""One webhook, decoded."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
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


_METHODS: Final = {str(method): method for method in HTTPMethod}


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

    Two events are equal when their first four fields are, wherever they were read.

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

    def __post_init__(self) -> None:
        self.method = HTTPMethod(self.method)
        if not isinstance(self.headers, Headers):
            self.headers = Headers(self.headers)

    @property
    def position(self) -> Position | None:
        """Where the event stands, or None for an event that came from no record."""
        if self.topic is None or self.partition is None or self.offset is None:
            return None
        return Position(self.topic, self.partition, self.offset, self.timestamp)

    @staticmethod
    def decode(  # the names of the parameters are public since 1.0.0
        envelopeType: int,  # noqa: N803 - as above
        timestamp: datetime,
        raw: bytes | bytearray | memoryview,
    ) -> WebhookEvent:
        """Decode a record's value, the body too.

        Args:
            envelopeType: the byte in the record's `envelope` header.
            timestamp: the record's timestamp; without a time zone it is local time.
            raw: the record's value.

        Raises:
            FormatError: the envelope type is a system message's, which holds no event.
            UnsupportedEnvelope: the envelope type is newer than this package.
            EnvelopeDecodeError: `raw` is no envelope of that type.
            PayloadDecodeError: the body cannot be decoded.
        """
        if envelopeType < ENVELOPE_V1:
            raise FormatError(f"envelope type 0x{envelopeType:02x} is a system message: it holds no event")
        _require_known(envelopeType)
        aware = timestamp if timestamp.tzinfo else timestamp.astimezone(UTC)
        event = _undecoded(decode_envelope(bytes(raw)), aware)
        event.payload  # noqa: B018 - asking for it decodes it
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
        try:
            kind = envelope_type(record.headers)
            if kind < ENVELOPE_V1:
                return None
            _require_known(kind)
            envelope = decode_envelope(record.value or b"")
            timestamp = _instant(record.timestamp)
        except (FormatError, UnsupportedEnvelope, EnvelopeDecodeError) as exc:
            raise type(exc)(f"{record.topic}:{record.partition}:{record.offset}: {exc}") from None
        return _undecoded(envelope, timestamp, record)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as `payload` is
        """Decode the payload when it is first asked for."""
        fields = self.__dict__
        if name == "payload" and (body := fields.get(_BODY)):
            try:
                payload = decode_payload(*body)
            except PayloadDecodeError as exc:
                where = f"{self.position}: " if self.position else ""
                raise PayloadDecodeError(f"{where}{exc}") from None
            # Two threads may come here at once: the first to finish sets the payload, and that one counts.
            fields.setdefault(name, payload)
            fields.pop(_BODY, None)
        if name in fields:
            return fields[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)


_BODY: Final = "_body"  # in the fields of an event whose payload is not decoded yet: encoding and bytes


def _undecoded(envelope: Envelope, timestamp: datetime, record: Record | None = None) -> WebhookEvent:
    """An event that lacks its payload until `WebhookEvent.__getattr__` is asked for it."""
    topic = partition = offset = key = None
    if record is not None:
        topic, partition, offset, key = record.topic, record.partition, record.offset, record.key
    event = object.__new__(WebhookEvent)
    event.__dict__ = {
        "method": _METHODS[envelope.method],
        "timestamp": timestamp,
        "headers": Headers(envelope.headers),
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "key": key,
        _BODY: (envelope.encoding, envelope.payload),
    }
    return event


def _require_known(kind: int) -> None:
    if kind != ENVELOPE_V1:
        raise UnsupportedEnvelope(
            f"envelope type 0x{kind:02x} is newer than this package; upgrade: pip install -U mister-webhooks"
        )


def _instant(milliseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise FormatError(f"the record's timestamp, {milliseconds} ms since 1970, is out of range") from None


@dataclass(frozen=True)
class _Undecodable:
    """Stands for the payload in the `repr` of an event that has none."""

    reason: str

    def __repr__(self) -> str:
        return f"<undecodable: {self.reason}>"


def _never_raising(generated: Callable[[WebhookEvent], str]) -> Callable[[WebhookEvent], str]:
    """The `repr` that `dataclass` made, but for a payload that cannot be decoded."""

    @wraps(generated)
    def show(event: WebhookEvent) -> str:
        try:
            return generated(event)
        except PayloadDecodeError as exc:
            return generated(replace(event, payload=_Undecodable(str(exc))))

    # `pprint` prints field by field what has the `repr` of a dataclass, and knows it by this.
    show.__wrapped__ = inspect.unwrap(generated)
    return show


WebhookEvent.__repr__ = _never_raising(WebhookEvent.__repr__)  # type: ignore[method-assign,assignment]  # wrapped once made
