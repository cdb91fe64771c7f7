"""Which handlers an event goes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.routing.conditions import Condition


class Routable(Protocol):
    """What is needed of a handler to route to it."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All of them must match."""

    @property
    def final(self) -> bool:
        """Whether a match leaves out those that follow."""


H = TypeVar("H", bound=Routable)


class Selection(NamedTuple, Generic[H]):
    """A handler that an event goes to, or one of whose conditions raised: then nobody knows whether it would."""

    handler: H
    error: Exception | None = None


def select(handlers: Iterable[H], event: WebhookEvent) -> Sequence[Selection[H]]:
    """The handlers whose conditions all match, in order, up to the first final one.

    A condition that raises is kept with its handler; it stops neither the others nor, being no match, what follows.
    """
    selected: list[Selection[H]] = []
    for handler in handlers:
        try:
            matched = all(condition.matches(event) for condition in handler.conditions)
        except Exception as error:  # noqa: BLE001  a function of the user, whatever it raises
            selected.append(Selection(handler, error))
            continue
        if matched:
            selected.append(Selection(handler))
            if handler.final:
                break
    return selected
