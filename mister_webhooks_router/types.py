"""Names for the callables that travel through the framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from mister_webhooks_router.delivery import Delivery
from mister_webhooks_router.handler import HandlerFunction
from mister_webhooks_router.outcome import Outcome

__all__ = ["HandlerFunction", "Next", "Wrap"]

Next: TypeAlias = Callable[[Delivery], Awaitable[Outcome]]
"""The rest of the onion, as a middleware sees it."""

Wrap: TypeAlias = Callable[[Delivery, Next], Awaitable[Outcome]]
"""A middleware: `async def mw(delivery, call_next) -> Outcome`."""
