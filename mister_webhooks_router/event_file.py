"""The event file: webhooks as JSON lines, for fixtures and samples.

One line is one event: `{"topic", "timestamp" (ISO 8601 with a zone), "key", "method", "headers": {name: [value]},
"payload"}`. `key` is text, `{"base64": …}` where it is none, or null, and may be left out; the others must be there.
Blank lines are passed over.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mister_webhooks.envelope import ENVELOPE_V1, Envelope, decode_envelope, encode_envelope, envelope_type
from mister_webhooks.payload import JSON, decode_payload, encode_payload
from mister_webhooks.source import Record
from mister_webhooks.types import Encoding
from mister_webhooks.webhook_event import HTTPMethod
from mister_webhooks_router import messages
from mister_webhooks_router.errors import UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class EventFileError(UsageError):
    """A line of an event file cannot be read. The message names file, line and field."""


@dataclass(frozen=True, slots=True)
class FileEvent:
    """One line of an event file. `timestamp` has a zone; `payload` is any JSON value, None also for an empty body."""

    topic: str
    timestamp: datetime
    method: HTTPMethod
    headers: Mapping[str, list[str]]
    payload: JSON
    key: bytes | None = None

    @property
    def milliseconds(self) -> int:
        """The timestamp as a record has it: milliseconds since the epoch."""
        return (self.timestamp - _EPOCH) // _MILLISECOND

    def envelope(self, encoding: Encoding = Encoding.JSON) -> bytes:
        """The value of the record that the service would write for this event."""
        body = encode_payload(encoding, self.payload)
        return encode_envelope(Envelope(self.method, self.headers, body, encoding))

    @classmethod
    def from_record(cls, record: Record) -> FileEvent | None:
        """The line for a record, or None where it is no webhook of the known kind.

        Raises `FormatError` or `DecodeError` when the record breaks the protocol or its body is damaged.
        """
        if envelope_type(record.headers) != ENVELOPE_V1:
            return None
        method, headers, body, encoding = decode_envelope(record.value or b"")
        moment = _EPOCH + record.timestamp * _MILLISECOND
        return cls(record.topic, moment, HTTPMethod(method), headers, decode_payload(encoding, body), record.key)

    def to_line(self) -> str:
        """The line, without its end."""
        fields = {
            "topic": self.topic,
            "timestamp": self.timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "key": _key_to_json(self.key),
            "method": self.method,
            "headers": self.headers,
            "payload": self.payload,
        }
        return json.dumps(fields, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_line(cls, line: str) -> FileEvent:
        """Read one line. Raises `ValueError`, which names the field."""
        fields = _object(line)
        values = {name: read(_field(fields, name)) for name, read in _FIELDS.items()}
        return cls(**values)


def read_events(path: Path) -> Iterator[FileEvent]:
    """The events of a file. Raises `EventFileError`, which names file, line and field."""
    try:
        with path.open(encoding="utf-8") as lines:
            yield from parse_events(lines, str(path))
    except OSError as error:
        raise EventFileError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EventFileError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error


def parse_events(lines: Iterable[str], name: str) -> Iterator[FileEvent]:
    """The events in `lines`; `name` is what errors call them. Raises `EventFileError`."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield FileEvent.from_line(line)
            except ValueError as error:
                raise EventFileError(f"{name}:{number}: {error}") from error


def write_events(path: Path, events: Iterable[FileEvent]) -> None:
    """Write a file with these events, in order."""
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{event.to_line()}\n" for event in events)


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from error
    if not isinstance(value, dict):
        raise ValueError(f"a line must be an object, not {_kind(value)}")  # noqa: TRY004 - read as data, not as code
    for name in value.keys() - _FIELDS.keys():
        raise ValueError(f"unknown field {name!r}.{messages.did_you_mean(name, _FIELDS)}")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _field(fields: Mapping[str, JSON], name: str) -> JSON:
    if name in fields:
        return fields[name]
    if name == "key":
        return None
    raise ValueError(f"the field {name!r} is missing")


def _topic(value: JSON) -> str:
    return _string("topic", value)


def _timestamp(value: JSON) -> datetime:
    text = _string("timestamp", value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"timestamp: {text!r} is no ISO 8601 time with a zone, such as 2026-11-20T08:00:00Z")
    return moment


def _method(value: JSON) -> HTTPMethod:
    text = _string("method", value)
    try:
        return HTTPMethod(text)
    except ValueError:
        hint = messages.did_you_mean(text.upper(), map(str, HTTPMethod)) or f" They come with {', '.join(HTTPMethod)}."
        raise ValueError(f"method: {text!r} is none that webhooks come with.{hint}") from None


def _headers(value: JSON) -> dict[str, list[str]]:
    if not isinstance(value, dict):
        raise ValueError(f"headers: must be an object, not {_kind(value)}")  # noqa: TRY004 - read as data
    return {name: _header(name, values) for name, values in value.items()}


def _header(name: str, values: JSON) -> list[str]:
    if not isinstance(values, list):
        raise ValueError(f"headers: {name!r} must be a list of strings, not {_kind(values)}")  # noqa: TRY004 - as above
    return [_string(f"headers: {name!r}: each value", value) for value in values]


def _key(value: JSON) -> bytes | None:
    if isinstance(value, dict) and value.keys() == {"base64"}:
        try:
            return base64.b64decode(_string("key: base64", value["base64"]), validate=True)
        except binascii.Error as error:
            raise ValueError(f"key: no base64: {error}") from error
    return None if value is None else _string("key", value).encode()


def _key_to_json(key: bytes | None) -> JSON:
    if key is None:
        return None
    try:
        return key.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(key).decode()}


def _payload(value: JSON) -> JSON:
    return value


def _string(name: str, value: JSON) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{name}: must be a string, not {_kind(value)}")


def _kind(value: JSON) -> str:
    kinds = {type(None): "null", bool: "a boolean", str: "a string", list: "a list", dict: "an object"}
    return kinds.get(type(value), "a number")


_FIELDS: Mapping[str, Callable[[JSON], Any]] = {
    "topic": _topic,
    "timestamp": _timestamp,
    "key": _key,
    "method": _method,
    "headers": _headers,
    "payload": _payload,
}
