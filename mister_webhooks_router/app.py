"""The app: handlers registered with a decorator, and what an event means to them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Never, TypeVar

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import messages, signature
from mister_webhooks_router.errors import AppError
from mister_webhooks_router.handler import Handler, HandlerFunction
from mister_webhooks_router.plugins import Middleware, Onion, built_in_middleware, onion
from mister_webhooks_router.routing import (
    Condition,
    HeaderValue,
    Selection,
    Several,
    header_conditions,
    method_condition,
    select,
    topic_condition,
)

F = TypeVar("F", bound=HandlerFunction)

_KEYWORDS = ("method", "header", "topic", "name", "final")


class App:
    """A set of handlers. `mwh-run module:app` runs it."""

    def __init__(self) -> None:
        self._handlers: tuple[Handler, ...] = ()

    def __repr__(self) -> str:
        return f"<App handlers={len(self._handlers)}>"

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """All handlers, in the order of registration."""
        return self._handlers

    def on(
        self,
        *positional: Never,
        method: Several[str] | None = None,
        header: Mapping[str, Several[HeaderValue]] | None = None,
        topic: Several[str] | None = None,
        name: str | None = None,
        final: bool = False,
        **unknown: Never,
    ) -> Callable[[F], F]:
        """Register the decorated function for the events that match all that is given; a list means any of it.

        Args:
            *positional: none; `@app.on` without parentheses is refused with a message of its own.
            method: `"POST"` or a member of `HTTPMethod`.
            header: for each name (case does not matter) what one of its values must be: a string (all of the value), a
                compiled regular expression (searched), `ANY` (it is there), `ABSENT` (it is not), or a function of one
                value.
            topic: the whole name of a Kafka topic.
            name: the handler's identity; without it the function's qualified name without the module.
            final: where this handler matches, handlers that are registered after it are left out.
            **unknown: none; refused with the keyword that was probably meant.

        The function is returned unchanged. It is called with those of `event`, `payload`, `headers`, `delivery` and
        `log` that its arguments name. Raises `AppError`, here or when it decorates, for what could not work.
        """
        if positional:
            raise AppError(messages.positional_condition(positional[0]))
        for keyword in unknown:
            raise AppError(messages.unknown_keyword(keyword, _KEYWORDS))
        conditions = _conditions(topic, method, header)
        return functools.partial(self._register, conditions=conditions, name=name, final=final)

    def match(self, event: WebhookEvent) -> list[Handler]:
        """The handlers that the event would go to, in their order. Runs none; raises what a condition raised."""
        selected = self.select(event)
        for _, error in selected:
            if error is not None:
                raise error
        return [handler for handler, _ in selected]

    def select(self, event: WebhookEvent) -> Sequence[Selection[Handler]]:
        """As `match`, but a condition that raised stands with its handler."""
        return select(self._handlers, event)

    def topics(self) -> frozenset[str]:
        """All topics that handlers name."""
        return frozenset(topic for handler in self.handlers for topic in handler.topics)

    def onion(self, handler: Handler) -> Onion:
        """The middleware around a handler."""
        return onion(self._middleware, handler)

    @functools.cached_property
    def _middleware(self) -> Iterable[Middleware]:
        return built_in_middleware()

    def _register(self, function: F, *, conditions: tuple[Condition, ...], name: str | None, final: bool) -> F:
        signature.check_function(function)
        handler = Handler(
            name=signature.handler_name(function, name),
            function=function,
            conditions=conditions,
            arguments=signature.arguments(function),
            final=final,
            is_async=signature.is_async(function),
            location=signature.location(function),
        )
        for other in self._handlers:
            if other.name == handler.name:
                raise AppError(messages.name_taken(handler.name, handler.location, other.location))
        self._handlers += (handler,)
        return function


def _conditions(
    topic: Several[str] | None,
    method: Several[str] | None,
    header: Mapping[str, Several[HeaderValue]] | None,
) -> tuple[Condition, ...]:
    """What was given, the cheapest to ask first."""
    conditions: list[Condition] = []
    if topic is not None:
        conditions.append(topic_condition(topic))
    if method is not None:
        conditions.append(method_condition(method))
    if header is not None:
        conditions += header_conditions(header)
    return tuple(conditions)
