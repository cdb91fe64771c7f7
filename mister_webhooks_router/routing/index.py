"""The index: which handlers an event can concern at all, found without asking each of them.

A set of handlers is an integer with a bit for each: sets are joined and cut in nanoseconds, and a lookup of topic,
method, header value and event name costs the same for ten handlers and for thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from mister_webhooks.headers import Headers
from mister_webhooks.webhook_event import HTTPMethod, WebhookEvent
from mister_webhooks_router.routing.condition import Condition
from mister_webhooks_router.routing.conditions import MethodCondition, TopicCondition
from mister_webhooks_router.routing.events import EVERY, IN_BODY, EventCondition, Pattern, Sender, SenderOf, goes_on
from mister_webhooks_router.routing.headers import HeaderCondition

_MOST_NAMES = 1024
_LONGEST_NAME = 200


class Held(NamedTuple):
    """The conditions of one handler that the index answers. The event it only narrows down."""

    topic: TopicCondition | None
    method: MethodCondition | None
    header: HeaderCondition | None
    event: EventCondition | None


def indexable(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Those that an index can hold.

    Where one of them says no, the event is not the handler's, whether or not its other conditions can be asked.
    """
    kinds = (TopicCondition, MethodCondition, HeaderCondition, EventCondition)
    return tuple(one for one in conditions if isinstance(one, kinds) and getattr(one, "exact", True))


def held(conditions: Iterable[Condition]) -> Held:
    """The first condition of each kind that an index can hold."""
    found: dict[type[Condition], Condition] = {}
    for one in indexable(conditions):
        found.setdefault(type(one), one)
    return Held(*(found.get(kind) for kind in (TopicCondition, MethodCondition, HeaderCondition, EventCondition)))  # type: ignore[arg-type]  # by kind


Look: TypeAlias = tuple[int, int, int, Sender | None]
"""What the headers of an event say.

The handlers that it may concern; those of them that ask for the event's name, which stands in the body; those that ask
for this event, so that its name need not be compared again; and who sent it, where somebody asks.
"""


class Index:
    """Handlers by topic, method, one header of theirs, and event.

    Args:
        handlers: of each, what the index is to answer; the position is the number of its bit.
        sender_of: finds out who sent an event.
    """

    def __init__(self, handlers: Sequence[Held], sender_of: SenderOf) -> None:
        self._sender_of = sender_of
        bits = [(1 << number, one) for number, one in enumerate(handlers)]
        self._any_topic = sum(bit for bit, one in bits if one.topic is None)
        self._topics = _table(((bit, one.topic.topics) for bit, one in bits if one.topic), self._any_topic)
        any_method = sum(bit for bit, one in bits if one.method is None)
        self._methods = dict.fromkeys(HTTPMethod, any_method) | _table(
            ((bit, one.method.methods) for bit, one in bits if one.method), any_method
        )
        self._any_header = sum(bit for bit, one in bits if one.header is None)
        self._headers = _by_header((bit, one.header) for bit, one in bits if one.header)
        self._any_event = sum(bit for bit, one in bits if one.event is None)
        self._some_event = sum(bit for bit, one in bits if one.event is not None)
        self._senders = _by_sender((bit, one.event) for bit, one in bits if one.event)

    def look(self, event: WebhookEvent) -> Look:
        """The handlers that the event may concern, as far as can be told without its body."""
        candidates = self._topics.get(event.topic, self._any_topic) & self._methods[event.method]
        if self._headers:
            candidates &= self._any_header | self._with_headers(event.headers)
        if not candidates & self._some_event:
            return (candidates, 0, 0, None)
        sender = self._sender_of(event)
        events = None if sender is None else self._senders.get(sender.provider)
        if sender is None or events is None:
            return (candidates & self._any_event, 0, 0, sender)
        name = sender.known_name
        if name is IN_BODY:
            every = events.every
            return (candidates & (self._any_event | every | events.some), candidates & events.some, every, sender)
        perhaps, surely = events.named(name)
        return (candidates & (self._any_event | perhaps), 0, surely, sender)

    def named(self, sender: Sender) -> tuple[int, int]:
        """The handlers that ask for no event or may ask for this one, and of them those that surely ask for it.

        Raises `PayloadDecodeError`.
        """
        perhaps, surely = self._senders[sender.provider].named(sender.name)
        return self._any_event | perhaps, surely

    def _with_headers(self, headers: Headers) -> int:
        """The handlers whose header is there with a value that they want."""
        found = 0
        # Of `dict`: names that differ in case only make no difference here, and need not be merged first.
        for name, sent in dict.items(headers):
            wanted = self._headers.get(name.lower())
            if wanted is not None:
                for value in sent:
                    found |= wanted.get(value, 0)
        return found


class _SenderIndex:
    """The handlers that ask for events of one sender: for `every` event of it, or only for `some` by name."""

    def __init__(self, patterns: Iterable[tuple[int, Pattern]]) -> None:
        self.every = 0
        self.some = 0
        self._exact: dict[str, int] = {}
        self._actions: dict[str, int] = {}
        self._globs: list[tuple[int, Pattern]] = []
        self._found: dict[str, tuple[int, int]] = {}
        for bit, pattern in patterns:
            self._add(bit, pattern)
        self.some &= ~self.every

    def named(self, name: str | None) -> tuple[int, int]:
        """Those that may ask for an event of this name or for an action of it, and those that surely do."""
        if name is None:
            return self.every, self.every
        found = self._found.get(name)
        if found is None:
            found = self._find(name)
            if len(self._found) >= _MOST_NAMES:
                self._found.clear()
            if len(name) <= _LONGEST_NAME:
                self._found[name] = found
        return found

    def _find(self, name: str) -> tuple[int, int]:
        surely = self.every | self._exact.get(name, 0)
        perhaps = self._actions.get(name, 0)
        for bit, pattern in self._globs:
            if pattern.matches((name,)):
                surely |= bit
            elif goes_on(pattern, name):
                perhaps |= bit
        return surely | perhaps, surely

    def _add(self, bit: int, pattern: Pattern) -> None:
        if pattern.pattern == EVERY:
            self.every |= bit
            return
        self.some |= bit
        if not pattern.exact:
            self._globs.append((bit, pattern))
            return
        name = pattern.pattern
        self._exact[name] = self._exact.get(name, 0) | bit
        # What is asked for as `pull_request.opened` may be a `pull_request` whose action stands in the body.
        while name := name.rpartition(".")[0]:
            self._actions[name] = self._actions.get(name, 0) | bit


def _table(wanted: Iterable[tuple[int, Iterable[str]]], always: int) -> dict[str | None, int]:
    """For each value the handlers that want it, with those that take any."""
    table: dict[str | None, int] = {}
    for bit, values in wanted:
        for value in values:
            table[value] = table.get(value, always) | bit
    return table


def _by_header(wanted: Iterable[tuple[int, HeaderCondition]]) -> Mapping[str, Mapping[str, int]]:
    """For each name in lower case the values, and for each of these the handlers."""
    tables: dict[str, dict[str, int]] = {}
    for bit, condition in wanted:
        table = tables.setdefault(condition.name.lower(), {})
        for value in condition.values:
            if isinstance(value, str):
                table[value] = table.get(value, 0) | bit
    return tables


def _by_sender(wanted: Iterable[tuple[int, EventCondition]]) -> Mapping[str, _SenderIndex]:
    patterns: dict[str, list[tuple[int, Pattern]]] = {}
    for bit, condition in wanted:
        for pattern in condition.patterns:
            patterns.setdefault(pattern.provider, []).append((bit, pattern))
    return {provider: _SenderIndex(several) for provider, several in patterns.items()}
