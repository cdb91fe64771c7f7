"""The handler: a function, its conditions and its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from mister_webhooks.webhook_event import HTTPMethod
from mister_webhooks_router.injection import Argument
from mister_webhooks_router.routing import (
    Condition,
    EventCondition,
    HeaderCondition,
    MethodCondition,
    TopicCondition,
)

HandlerFunction: TypeAlias = Callable[..., Any]
"""What `@app.on` decorates: `def`, `async def`, or anything that returns an awaitable."""

_WITH_BODY = frozenset({"event", "payload", "delivery"})


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that `@app.on` registered.

    Args:
        name: its identity, unique in the app.
        function: what was decorated.
        conditions: all of them must match; in the order in which they are asked.
        arguments: what the function is called with.
        final: whether handlers registered after it are left out where this one matches.
        is_async: whether the function is `async def` and so runs on the event loop.
        location: where the function stands, `file:line`.
        fallback: whether it takes the events that no other handler takes (`@app.unmatched`).
    """

    name: str
    function: HandlerFunction
    conditions: tuple[Condition, ...]
    arguments: tuple[Argument, ...]
    final: bool
    is_async: bool
    location: str
    fallback: bool = False

    @property
    def takes(self) -> str:
        """What it asks for, in words."""
        if self.fallback:
            return "what no other handler takes"
        return "; ".join(map(str, self.conditions)) or "every event"

    @property
    def events(self) -> tuple[str, ...]:
        """The events that it is limited to, as `provider:event`; none: all."""
        found = (one for one in self.conditions if isinstance(one, EventCondition))
        return tuple(str(pattern) for one in found for pattern in one.patterns)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that it is limited to; none: all that are read."""
        return tuple(name for one in self.conditions if isinstance(one, TopicCondition) for name in one.topics)

    @property
    def methods(self) -> tuple[HTTPMethod, ...]:
        """The methods that it is limited to; none: all."""
        return tuple(name for one in self.conditions if isinstance(one, MethodCondition) for name in one.methods)

    @property
    def headers(self) -> tuple[HeaderCondition, ...]:
        """Its conditions on headers."""
        return tuple(one for one in self.conditions if isinstance(one, HeaderCondition))

    @property
    def wants_payload(self) -> bool:
        """Whether the function can get at the body, so that it must be decoded first."""
        return any(argument.given in _WITH_BODY for argument in self.arguments)
