"""The conditions on topic and method, and how arguments that take one or several values are read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from mister_webhooks.webhook_event import HTTPMethod, WebhookEvent
from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError
from mister_webhooks_router.routing.condition import Condition

_TOPIC = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}")
_T = TypeVar("_T")

Several: TypeAlias = _T | Sequence[_T] | AbstractSet[_T]
"""One or several, of which any is enough."""

_COLLECTIONS = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class TopicCondition(Condition):
    """The event comes from one of these topics."""

    topics: tuple[str, ...]

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the event's topic is one of ours."""
        return event.topic in self.topics

    def fault(self, event: WebhookEvent) -> str:
        """Expected ours, got another."""
        got = "the event came from none" if event.topic is None else f"got {json.dumps(event.topic)}"
        return f"topic: expected {any_of(map(json.dumps, self.topics))}, {got}"

    def __str__(self) -> str:
        return f"topic {any_of(self.topics)}"


@dataclass(frozen=True, slots=True)
class MethodCondition(Condition):
    """The event was sent with one of these methods."""

    methods: tuple[HTTPMethod, ...]

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the event's method is one of ours."""
        return event.method in self.methods

    def fault(self, event: WebhookEvent) -> str:
        """Expected ours, got another."""
        return f"method: expected {any_of(map(json.dumps, self.methods))}, got {json.dumps(event.method)}"

    def __str__(self) -> str:
        return f"method {any_of(method.name for method in self.methods)}"


def topic_condition(given: Several[str]) -> TopicCondition:
    """Read `topic=`. Raises `AppError`."""
    topics = each("topic", given)
    for topic in topics:
        check_topic(topic)
    return TopicCondition(topics)


def check_topic(topic: object) -> None:
    """Refuse what Kafka would not take as the name of a topic. Raises `AppError`."""
    if not isinstance(topic, str) or not _TOPIC.fullmatch(topic):
        raise AppError(messages.bad_topic(topic))


def method_condition(given: Several[str]) -> MethodCondition:
    """Read `method=`; case does not matter. Raises `AppError`."""
    return MethodCondition(tuple(_method(one) for one in each("method", given)))


def each(what: str, given: object) -> tuple[Any, ...]:
    """One value or several, as a tuple. Raises `AppError` where there is none."""
    if not isinstance(given, _COLLECTIONS):
        return (given,)
    if not given:
        raise AppError(messages.nothing_given(what))
    return tuple(given)


def any_of(texts: Iterable[str]) -> str:
    """Alternatives in messages."""
    return " or ".join(texts)


def _method(given: object) -> HTTPMethod:
    if isinstance(given, HTTPMethod):
        return given
    known = HTTPMethod.__members__
    if not isinstance(given, str) or given.upper() not in known:
        raise AppError(messages.unknown_method(given, list(known)))
    return known[given.upper()]
