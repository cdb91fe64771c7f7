"""Which handlers an event goes to.

Handlers are asked in the order of their registration, each for what the headers tell first, then for what needs the
body; a final one that matches ends it. The index leaves out those that are sure to say no, which changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from mister_webhooks.errors import DecodeError
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.routing.condition import Condition
from mister_webhooks_router.routing.events import EventCondition, SenderOf
from mister_webhooks_router.routing.index import Held, Index, held, indexable
from mister_webhooks_router.routing.patterns import search_for

_MOST_SETS = 1024

Test: TypeAlias = Callable[[WebhookEvent], bool]


class Routable(Protocol):
    """What is needed of a handler to route to it."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All of them must match: those that need no body, then the event, then the others."""

    @property
    def final(self) -> bool:
        """Whether a match leaves out those that follow."""

    @property
    def wants_payload(self) -> bool:
        """Whether it can get at the body, so that the event must have one that can be decoded."""


H = TypeVar("H", bound=Routable)


class Selection(NamedTuple, Generic[H]):
    """A handler that an event goes to, or one of whose conditions raised: then nobody knows whether it would."""

    handler: H
    error: Exception | None = None


@dataclass(slots=True)
class Selected(Generic[H]):
    """Where an event goes: to these handlers, in order, or to none of them because its body cannot be decoded."""

    handlers: list[Selection[H]] = field(default_factory=list)
    undecodable: DecodeError | None = None


class _Asked(Generic[H]):
    """A handler and those of its conditions that the index does not answer."""

    __slots__ = ("bit", "early", "event", "final", "handler", "late", "needs_body", "selection")

    def __init__(self, bit: int, handler: H, answered: Held) -> None:
        left = [one for one in handler.conditions if not any(one is other for other in answered)]
        self.bit = bit
        self.handler = handler
        self.selection = Selection(handler)
        self.final = handler.final
        self.needs_body = handler.wants_payload
        self.early = _every([one.test for one in left if not one.reads_body])
        self.late = _every([one.test for one in left if one.reads_body])
        self.event: EventCondition | None = answered.event


class Selector(Generic[H]):
    """Selects the handlers of events.

    Args:
        handlers: all there are, in their order.
        sender_of: finds out who sent an event.
    """

    def __init__(self, handlers: Sequence[H], sender_of: SenderOf) -> None:
        answered = [held(one.conditions) for one in handlers]
        self._index = Index(answered, sender_of)
        self._asked = [_Asked(1 << number, *each) for number, each in enumerate(zip(handlers, answered, strict=True))]
        self._sets: dict[int, tuple[_Asked[H], ...]] = {}

    def select(self, event: WebhookEvent) -> Selected[H]:
        """The handlers whose conditions all match, in order, up to the first final one.

        A condition that raises is kept with its handler; it stops neither the others nor, being no match, what follows.
        It does not count where topic, method, an exact header or the event says no: then the index may never ask it.
        Where a handler that may match, or the arguments of one that does, need the body, and it cannot be decoded,
        nobody knows where the event goes.
        """
        found: list[Selection[H]] = []
        search_for(event)
        try:
            if self._ask(event, found):
                event.payload  # noqa: B018 - decodes and keeps it
        except DecodeError as error:
            return Selected([], error)
        finally:
            search_for(None)
        return Selected(found)

    def _ask(self, event: WebhookEvent, found: list[Selection[H]]) -> bool:
        """Ask the handlers, and note in `found` what they say. Whether one that matches needs the body."""
        needs_body = False
        candidates, unnamed, named, sender = self._index.look(event)
        asked = iter(self._of(candidates))
        while (one := next(asked, None)) is not None:
            try:
                matched = one.early is None or one.early(event)
                if matched and one.event is not None:
                    if one.bit & unnamed and sender is not None:
                        # Somebody waits for the name: with it, few of those that follow are left.
                        perhaps, named = self._index.named(sender)
                        asked = iter(self._of(candidates & perhaps & -(one.bit << 1)))
                        unnamed = 0
                    matched = bool(one.bit & named) or one.event.fits(sender)
                if matched and one.late is not None:
                    matched = one.late(event)
            except Exception as error:  # noqa: BLE001  a function of the user, whatever it raises
                _raise_undecodable(event, error)
                if all(condition.matches(event) for condition in indexable(one.handler.conditions)):
                    found.append(Selection(one.handler, error))
                continue
            if matched:
                found.append(one.selection)
                needs_body = needs_body or one.needs_body
                if one.final:
                    break
        return needs_body

    def _of(self, candidates: int) -> tuple[_Asked[H], ...]:
        """The handlers in a set. Events come in few kinds, so the sets do too; others must not fill the memory."""
        made = self._sets.get(candidates)
        if made is None:
            if len(self._sets) >= _MOST_SETS:
                self._sets.clear()
            made = self._sets[candidates] = tuple(self._asked[number] for number in _numbers(candidates))
        return made


def _numbers(candidates: int) -> Iterable[int]:
    """The numbers of the bits that are set."""
    while candidates:
        lowest = candidates & -candidates
        yield lowest.bit_length() - 1
        candidates ^= lowest


def _every(tests: Sequence[Test]) -> Test | None:
    """The test that passes where all of these do; None where there is nothing to ask."""
    if len(tests) < 2:  # noqa: PLR2004 - one needs no more around it
        return tests[0] if tests else None
    return lambda event: all(test(event) for test in tests)


def _raise_undecodable(event: WebhookEvent, error: Exception) -> None:
    """Raise the error where it is about this event's body: the condition is not at fault."""
    if isinstance(error, DecodeError):
        event.payload  # noqa: B018 - raises again where it was about this body
