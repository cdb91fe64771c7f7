"""Conditions: small immutable objects that an event matches or does not. They neither decode nor change the event."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from mister_webhooks.webhook_event import HTTPMethod, WebhookEvent
from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError

_TOPIC = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
_T = TypeVar("_T")


class Presence(Enum):
    """Whether a header is there, whatever its value."""

    ANY = "ANY"
    ABSENT = "ABSENT"

    def __repr__(self) -> str:
        return self.name


ANY: Final = Presence.ANY
"""The header is there, with any value."""

ABSENT: Final = Presence.ABSENT
"""The header is not there."""

HeaderValue: TypeAlias = str | re.Pattern[str] | Presence | Callable[[str], object]
"""One alternative of a condition on a header."""

Several: TypeAlias = _T | Sequence[_T] | AbstractSet[_T]
"""One or several, of which any is enough."""

_COLLECTIONS = (list, tuple, set, frozenset)


class Condition(Protocol):
    """What a handler asks of an event."""

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the event is wanted. Raises what a function of the user raises."""


@dataclass(frozen=True, slots=True)
class TopicCondition:
    """The event comes from one of these topics."""

    topics: tuple[str, ...]

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the event's topic is one of ours."""
        return event.topic in self.topics

    def __str__(self) -> str:
        return f"topic {_any_of(self.topics)}"


@dataclass(frozen=True, slots=True)
class MethodCondition:
    """The event was sent with one of these methods."""

    methods: tuple[HTTPMethod, ...]

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the event's method is one of ours."""
        return event.method in self.methods

    def __str__(self) -> str:
        return f"method {_any_of(method.name for method in self.methods)}"


@dataclass(frozen=True, slots=True)
class HeaderCondition:
    """One of the header's values is one of these. The name is compared without case, values exactly."""

    name: str
    values: tuple[HeaderValue, ...]

    def matches(self, event: WebhookEvent) -> bool:
        """Whether any value of the header fits any alternative."""
        found = event.headers.get(self.name) or ()
        return any(_fits(wanted, found) for wanted in self.values)

    def __str__(self) -> str:
        return f"header {self.name} {_any_of(_shown(value) for value in self.values)}"


def topic_condition(given: Several[str]) -> TopicCondition:
    """Read `topic=`. Raises `AppError`."""
    topics = _each("topic", given)
    for topic in topics:
        if not isinstance(topic, str) or not _TOPIC.fullmatch(topic):
            raise AppError(messages.bad_topic(topic))
    return TopicCondition(topics)


def method_condition(given: Several[str]) -> MethodCondition:
    """Read `method=`; case does not matter. Raises `AppError`."""
    return MethodCondition(tuple(_method(one) for one in _each("method", given)))


def header_conditions(given: Mapping[str, Several[HeaderValue]]) -> tuple[HeaderCondition, ...]:
    """Read `header=`, one condition for each name. Raises `AppError`."""
    if not isinstance(given, Mapping):
        raise AppError(messages.headers_no_mapping(given))
    return tuple(_header(name, value) for name, value in given.items())


def _each(what: str, given: object) -> tuple[Any, ...]:
    """One value or several, as a tuple."""
    if not isinstance(given, _COLLECTIONS):
        return (given,)
    if not given:
        raise AppError(messages.nothing_given(what))
    return tuple(given)


def _method(given: object) -> HTTPMethod:
    if isinstance(given, HTTPMethod):
        return given
    known = HTTPMethod.__members__
    if not isinstance(given, str) or given.upper() not in known:
        raise AppError(messages.unknown_method(given, list(known)))
    return known[given.upper()]


def _header(name: object, given: Several[HeaderValue]) -> HeaderCondition:
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise AppError(messages.bad_header_name(name))
    values = _each(f"header {name}", given)
    for value in values:
        _check_value(name, value)
    return HeaderCondition(name, values)


def _check_value(name: str, value: object) -> None:
    if isinstance(value, str | Presence):
        return
    text_pattern = isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    if not text_pattern and not callable(value):
        raise AppError(messages.bad_header_value(name, value))
    if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(getattr(value, "__call__", None)):  # noqa: B004  asks whether the call is async
        raise AppError(messages.async_header_function(name))


def _fits(wanted: HeaderValue, found: Collection[str]) -> bool:
    """Whether one alternative fits any of the values that the event has for the header."""
    if isinstance(wanted, str):
        return wanted in found
    if isinstance(wanted, re.Pattern):
        return any(wanted.search(value) for value in found)
    if isinstance(wanted, Presence):
        return bool(found) is (wanted is ANY)
    return any(wanted(value) for value in found)


def _shown(value: HeaderValue) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, re.Pattern):
        return f"/{value.pattern}/"
    if isinstance(value, Presence):
        return value.name
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def _any_of(texts: Iterable[str]) -> str:
    return " or ".join(texts)
