"""What an event is to a handler, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mister_webhooks.errors import DecodeError
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import messages
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.routing import Condition, indexable, search_for


@dataclass(frozen=True, slots=True)
class Matched:
    """The event goes to the handler."""


@dataclass(frozen=True, slots=True)
class NotMatched:
    """The event does not go to the handler; `reason` is the first clause that it does not fulfil, for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nobody can know whether the event goes to the handler, which makes a failed delivery.

    Args:
        stage: `decode` where the body cannot be decoded: then the event goes to no handler at all. `match` where a
            condition of the handler raised.
        reason: what was raised, for people.
    """

    stage: Literal["decode", "match"]
    reason: str


Match: TypeAlias = Matched | NotMatched | Undecided


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an event is to one handler."""

    handler: Handler
    match: Match


def explain_each(handlers: Iterable[Handler], event: WebhookEvent) -> list[Explanation]:
    """What the event is to each of the handlers, in their order. Asks all conditions; runs no handler."""
    explained: list[Explanation] = []
    final: Handler | None = None
    for handler in handlers:
        match = _explain(handler, event) if final is None else NotMatched(messages.after_final(final.name))
        explained.append(Explanation(handler, match))
        if handler.final and match == Matched():
            final = handler
    return _all_undecided(explained) if any(_undecodable(one.match) for one in explained) else explained


def _explain(handler: Handler, event: WebhookEvent) -> Match:
    search_for((handler, event))  # a budget for each handler: here nobody waits
    try:
        fault = _fault(handler.conditions, event)
        if fault is None and handler.wants_payload:
            event.payload  # noqa: B018 - decodes it
    except Exception as error:  # noqa: BLE001 - a function of the user, whatever it raises
        return _undecided(handler, event, error)
    finally:
        search_for(None)
    return Matched() if fault is None else NotMatched(fault)


def _undecided(handler: Handler, event: WebhookEvent, error: Exception) -> Match:
    """After an error, which does not count where a condition says no that an index can hold."""
    if _stage(error, event) == "match":
        try:
            fault = _fault(indexable(handler.conditions), event)
        except DecodeError as undecodable:
            error = undecodable
        else:
            if fault is not None:
                return NotMatched(fault)
    return Undecided(_stage(error, event), messages.describe(error))


def _fault(conditions: Iterable[Condition], event: WebhookEvent) -> str | None:
    return next((fault for one in conditions if (fault := one.explain(event)) is not None), None)


def _stage(error: Exception, event: WebhookEvent) -> Literal["decode", "match"]:
    if isinstance(error, DecodeError):
        try:
            event.payload  # noqa: B018 - raises again where the error was about this body
        except DecodeError:
            return "decode"
    return "match"


def _undecodable(match: Match) -> bool:
    return isinstance(match, Undecided) and match.stage == "decode"


def _all_undecided(explained: list[Explanation]) -> list[Explanation]:
    """With a body that somebody needs and nobody can decode, the event also fails to go where it needs none."""
    decode = next(one.match for one in explained if _undecodable(one.match))
    return [one if isinstance(one.match, NotMatched) else Explanation(one.handler, decode) for one in explained]
