"""The delivery: one event on its way through one handler."""

from __future__ import annotations

import logging
from collections.abc import Callable, MutableMapping
from typing import Any, TypeAlias

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.providers import Origin

_handler_log = logging.getLogger("mister_webhooks_router.handler")
_Adapter: TypeAlias = logging.LoggerAdapter[logging.Logger]


class Shutdown:
    """Whether the program has been asked to stop. A plain attribute, so that a signal handler may set it."""

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False


class Delivery:
    """One event on its way through one handler: what middleware gets and what a handler may ask for.

    Args:
        event: the webhook.
        handler: the handler that it goes to.
        attempt: which try this is, from 1.
        shutdown: set by the engine when the program is to stop.
        origin_of: finds out where an event comes from; without it nobody knows.
    """

    __slots__ = ("_log", "_origin_of", "_shutdown", "attempt", "event", "handler", "state")

    def __init__(
        self,
        event: WebhookEvent,
        handler: Handler,
        *,
        attempt: int = 1,
        shutdown: Shutdown,
        origin_of: Callable[[WebhookEvent], Origin | None] = lambda _: None,
    ) -> None:
        self.event = event
        self.handler = handler
        self.attempt = attempt
        self.state: dict[str, Any] = {}
        """Room for middleware to keep something during this delivery."""
        self._shutdown = shutdown
        self._origin_of = origin_of
        self._log: _Adapter | None = None

    @property
    def origin(self) -> Origin | None:
        """Who sent the event, what that sender calls it and by what it is known again; None: nobody knows the sender.

        All of it is looked up when it is asked for.
        """
        return self._origin_of(self.event)

    @property
    def log(self) -> _Adapter:
        """The logger `mister_webhooks_router.handler`; each line starts with the handler's name and the position."""
        if self._log is None:
            about = {"handler": self.handler.name, "position": str(self.event.position)}
            self._log = _DeliveryLog(_handler_log, about)
        return self._log

    @property
    def shutting_down(self) -> bool:
        """Whether the program has been asked to stop: a handler that loops for long can end early."""
        return self._shutdown.begun

    def __repr__(self) -> str:
        return f"<Delivery {self.handler.name} {self.event.position} attempt {self.attempt}>"


class _DeliveryLog(_Adapter):
    """Writes handler and position in front of each line, and as `extra` for structured logs."""

    def process(self, msg: object, kwargs: MutableMapping[str, Any]) -> tuple[str, MutableMapping[str, Any]]:
        about = self.extra or {}
        kwargs["extra"] = {**about, **(kwargs.get("extra") or {})}
        return f"{about['handler']} {about['position']}: {msg}", kwargs
