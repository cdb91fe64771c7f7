"""The condition that is a function of the user's, given the event."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.errors import AppError
from mister_webhooks_router.routing.answer import truth
from mister_webhooks_router.routing.condition import Condition, called

_SHOWN = (bool, int, float, str, list, dict, tuple, set, type(None))
"""What is false and of one of these types is short, and tells nothing of the event."""


@dataclass(frozen=True, slots=True)
class WhenCondition(Condition):
    """The function returns something true."""

    function: Callable[[WebhookEvent], object]

    @property
    def reads_body(self) -> bool:
        """Nobody knows; so it is asked last."""
        return True

    def matches(self, event: WebhookEvent) -> bool:
        """Whether the function says so. Raises what it raises, and `TypeError` where it returns a coroutine."""
        return truth(self.function(event))

    def fault(self, event: WebhookEvent) -> str:
        """What the function returned."""
        return self._said(self.function(event))

    def explain(self, event: WebhookEvent) -> str | None:
        """As everywhere, but the function is called once: it may be slow."""
        answer = self.function(event)
        return None if truth(answer) else self._said(answer)

    def _said(self, answer: object) -> str:
        shown = repr(answer) if type(answer) in _SHOWN and not answer else f"a false {type(answer).__name__}"
        return f"when: {called(self.function)} returned {shown}"

    def __str__(self) -> str:
        return f"when {called(self.function)}"


def when_condition(given: object) -> WhenCondition:
    """Read `when=`. Raises `AppError` for what is no plain function of one argument."""
    if not callable(given):
        raise AppError(f"when={given!r} is no function. Give one that takes the event: when=lambda event: …")
    for one in (given, type(given).__call__):
        if inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) or inspect.isgeneratorfunction(one):
            raise AppError(
                f"when: {called(given)} is async or a generator, so its answer would always count as true. "
                "Make it a plain `def` with a `return`."
            )
    try:
        inspect.signature(given).bind(None)
    except (TypeError, ValueError):
        raise AppError(f"when: {called(given)} must take one argument, the event") from None
    return WhenCondition(given)
