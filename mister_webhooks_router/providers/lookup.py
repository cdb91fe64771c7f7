"""Where a provider puts a value: in a header or at a path of the body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from mister_webhooks import PayloadDecodeError, WebhookEvent
from mister_webhooks.payload import decode_payload
from mister_webhooks.types import Encoding
from mister_webhooks_router.routing import Path, compile_path


@dataclass(frozen=True, slots=True)
class Header:
    """The first value of a header.

    Args:
        name: of the header; case does not matter.
        pattern: where given, only a value in which it is found, and of that its first group or else all that it found.
        form: what becomes of the value, which stands for the `{}` in it.
    """

    name: str
    pattern: re.Pattern[str] | None = None
    form: str = "{}"

    def find(self, event: WebhookEvent) -> str | None:
        """The value, or None where the event has no such header, an empty one, or one that does not fit the pattern."""
        return _shaped(event.headers.first(self.name), self.pattern, self.form)

    def __str__(self) -> str:
        return f"the header `{self.name}`"


@dataclass(frozen=True, slots=True, init=False)
class Body:
    """The value at a path of the body, where it is text, a number, or true or false.

    Args:
        path: as `data.object.id`; of a body that is a list, the path starts in its first item.
        text: the path of a text that is JSON; `path` then starts in what it says. Forms carry JSON in a field this way.
        every: of a body that is a list, the values of all items, with commas between; one that is missing: nothing.
        pattern, form: as in `Header`.
    """

    path: Path
    text: Path | None
    every: bool
    pattern: re.Pattern[str] | None
    form: str

    def __init__(
        self,
        path: str,
        *,
        text: str | None = None,
        every: bool = False,
        pattern: re.Pattern[str] | None = None,
        form: str = "{}",
    ) -> None:
        values = (compile_path(path), None if text is None else compile_path(text), every, pattern, form)
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    def find(self, event: WebhookEvent) -> str | None:
        """The value as text, or None where there is none. Raises `PayloadDecodeError` where the body is broken."""
        payload = event.payload
        if not isinstance(payload, list):
            return self._value(payload)
        values = [self._value(item) for item in (payload if self.every else payload[:1])]
        found = [value for value in values if value is not None]
        return ",".join(found) if found and len(found) == len(values) else None

    def _value(self, item: object) -> str | None:
        if self.text is not None:
            item = _decoded(self.text.get(item, None))
        value = self.path.get(item, None)
        return None if value is None else _shaped(_as_text(value), self.pattern, self.form)

    def __str__(self) -> str:
        where = f"`{self.path}`"
        if self.every:
            where = f"{where} of every item"
        return where if self.text is None else f"{where} of the JSON in the form field `{self.text}`"


@dataclass(frozen=True, slots=True, init=False)
class OneOf:
    """The first of several places where there is something."""

    lookups: tuple[Header | Body, ...]

    def __init__(self, *lookups: Header | Body) -> None:
        object.__setattr__(self, "lookups", lookups)

    def find(self, event: WebhookEvent) -> str | None:
        """The value, or None where there is none. Raises `PayloadDecodeError` where the body is needed and broken."""
        return first_found(self.lookups, event)

    def __str__(self) -> str:
        return " or ".join(map(str, self.lookups))


Lookup: TypeAlias = Header | Body | OneOf
"""Where a value stands."""


def first_found(lookups: Iterable[Lookup], event: WebhookEvent) -> str | None:
    """The first of several places where there is something."""
    for lookup in lookups:
        value = lookup.find(event)
        if value is not None:
            return value
    return None


def _shaped(value: str | None, pattern: re.Pattern[str] | None, form: str) -> str | None:
    if value and pattern is not None:
        found = pattern.search(value)
        value = found[pattern.groups and 1] if found else None
    if not value:
        return None
    return value if form == "{}" else form.replace("{}", value)


def _as_text(value: object) -> str | None:
    """A number has one text, whether the body was rewritten with it as 1 or as 1.0."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else None


def _decoded(text: object) -> object:
    try:
        return decode_payload(Encoding.JSON, text.encode()) if isinstance(text, str) else None
    except PayloadDecodeError:
        return None
