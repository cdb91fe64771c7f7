"""The onion: middleware in its order, composed once for each handler."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from types import CoroutineType

from mister_webhooks_router import messages
from mister_webhooks_router.delivery import Delivery
from mister_webhooks_router.errors import MiddlewareError
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.outcome import DeadLettered, Handled, Outcome, Skipped
from mister_webhooks_router.types import Next, Wrap

_OUTCOMES = frozenset({Handled, Skipped, DeadLettered})


class Phase(Enum):
    """Where in the onion a middleware stands. The first is the outermost."""

    OBSERVE = 1
    """Logs, metrics, traces: sees the final outcome and the whole duration."""

    DEAD_LETTER = 2
    """Keeps what was given up further in."""

    DEDUPLICATE = 3
    """Outside of retry: asked once a delivery."""

    RETRY = 4
    """Runs again what is inside of it."""

    ATTEMPT = 5
    """Next to the handler: once an attempt."""


@dataclass(frozen=True, slots=True)
class Middleware:
    """A layer around handlers.

    Args:
        name: what it is called in messages; layers of one phase stand in the order of their names.
        wrap: `async def wrap(delivery, call_next) -> Outcome`. It returns what `call_next` returned, or an outcome of
            its own; an exception that it lets through is the delivery's failure.
        phase: where it stands.
        applies_to: asked once for each handler, when the onion is composed; without it the layer is around all.
        inline: whether it awaits nothing but `call_next`; such layers need no event loop.

    Raises `MiddlewareError` where `wrap` cannot be called.
    """

    name: str
    wrap: Wrap
    phase: Phase
    applies_to: Callable[[Handler], bool] | None = None
    inline: bool = False

    def __post_init__(self) -> None:
        if not callable(self.wrap):
            raise MiddlewareError(messages.no_middleware(self.name, self.wrap))


@dataclass(frozen=True, slots=True)
class Onion:
    """The middleware of one handler, outermost first."""

    layers: tuple[Middleware, ...]

    @property
    def inline(self) -> bool:
        """Whether no layer waits for anything but the next one."""
        return all(layer.inline for layer in self.layers)

    def around(self, innermost: Next) -> Next:
        """The layers bound to each other, with `innermost` in the middle."""
        call = innermost
        for layer in reversed(self.layers):
            call = _bind(layer, call)
        return call


def onion(middleware: Iterable[Middleware], handler: Handler) -> Onion:
    """The layers that apply to the handler, in their order: by phase, then by name."""
    applying = [one for one in middleware if one.applies_to is None or one.applies_to(handler)]
    return Onion(tuple(sorted(applying, key=lambda one: (one.phase.value, one.name))))


def _bind(layer: Middleware, call_next: Next) -> Next:
    name, wrap = layer.name, layer.wrap

    async def call(delivery: Delivery) -> Outcome:
        waiting = wrap(delivery, call_next)
        if type(waiting) is not CoroutineType and not inspect.isawaitable(waiting):
            raise MiddlewareError(messages.not_async(name, waiting))
        outcome = await waiting
        if type(outcome) not in _OUTCOMES:
            raise MiddlewareError(messages.no_outcome(name, outcome))
        return outcome

    return call
