"""The app: handlers registered with a decorator, and what an event means to them."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Never, TypeVar, overload

from mister_webhooks.errors import DecodeError
from mister_webhooks.headers import Headers
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import injection, messages, signature
from mister_webhooks_router.delivery import Delivery
from mister_webhooks_router.errors import AppError, SettingsError
from mister_webhooks_router.handler import Handler, HandlerFunction
from mister_webhooks_router.lifespan import Lifespan, check_lifespan
from mister_webhooks_router.match import Explanation, Match, Matched, NotMatched, Undecided, explain_each
from mister_webhooks_router.place import place_of_call
from mister_webhooks_router.plugins import Middleware, Onion, built_in_middleware, onion
from mister_webhooks_router.providers import EventPattern, Origin, Providers, builtin_providers, parse_event_pattern
from mister_webhooks_router.routing import (
    Condition,
    EventCondition,
    Filter,
    HeaderValue,
    Selection,
    Selector,
    Several,
    check_topic,
    header_conditions,
    method_condition,
    topic_condition,
    when_condition,
    where_condition,
)
from mister_webhooks_router.sender import OriginSender
from mister_webhooks_router.unmatched import Fate, fate_of_unwanted

_BY_TYPE: injection.Types = {
    WebhookEvent: "event",
    Headers: "headers",
    Delivery: "delivery",
    logging.LoggerAdapter: "log",
    logging.Logger: "log",
}

F = TypeVar("F", bound=HandlerFunction)

_log = logging.getLogger(__name__)
_KEYWORDS = ("method", "header", "where", "topic", "when", "final", "name")


class Routed(NamedTuple):
    """Where an event goes.

    Args:
        handlers: to these, in order; one with an error is not run, for nobody knows whether it takes the event.
        undecodable: why the body cannot be decoded, where somebody needs it: then it goes to none.
        fate: what the event is to the app as a whole.
        sender: who sent an event that no handler asks for; None where nobody knows.
    """

    handlers: Sequence[Selection[Handler]]
    undecodable: DecodeError | None = None
    fate: Fate = Fate.MATCHED
    sender: OriginSender | None = None


class App:
    """A set of handlers. `mwh-run module:app` runs it.

    Args:
        providers: for topics the name of the provider that sends to them: `{"incoming.acme.pay": "adyen"}`. It wins
            over what the headers of an event say.
        lifespan: given the app, makes an async context manager: entered before the first event, left after the last
            commit.

    Raises `AppError`.
    """

    def __init__(self, *, providers: Mapping[str, str] | None = None, lifespan: Lifespan | None = None) -> None:
        self._by_topic = _topic_providers(providers)
        self._providers = _known_providers(self._by_topic)
        if lifespan is not None:
            check_lifespan(lifespan)
        self._lifespans: tuple[tuple[App, Lifespan], ...] = () if lifespan is None else ((self, lifespan),)
        self._handlers: tuple[Handler, ...] = ()
        self._ignored: tuple[EventPattern, ...] = ()
        self._included: dict[App, str] = {}
        self._included_at: str | None = None

    def __repr__(self) -> str:
        return f"<App handlers={len(self._handlers)}>"

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """All handlers, in the order of registration."""
        return self._handlers

    @property
    def lifespans(self) -> tuple[tuple[App, Lifespan], ...]:
        """What is to be entered before the first event, in this order, each with the app that it is given."""
        return self._lifespans

    def on(
        self,
        *events: str,
        method: Several[str] | None = None,
        header: Mapping[str, Several[HeaderValue]] | None = None,
        where: Mapping[str, object] | Filter | None = None,
        topic: Several[str] | None = None,
        when: Callable[[WebhookEvent], object] | None = None,
        final: bool = False,
        name: str | None = None,
        **unknown: Never,
    ) -> Callable[[F], F]:
        """Register the decorated function for the events that match all that is given; a list means any of it.

        Args:
            *events: in their senders' words, as `"github:push"`, `"github:pull_request.opened"` or
                `"stripe:invoice.*"`; any of them.
            method: `"POST"` or a member of `HTTPMethod`.
            header: for each name (case does not matter) what one of its values must be: a string (all of the value), a
                compiled regular expression (searched), `ANY` (it is there), `ABSENT` (it is not), or a function of one
                value.
            where: a filter document over the payload.
            topic: the whole name of a Kafka topic.
            when: a function that is given the event; asked last.
            final: where this handler matches, handlers that are registered after it are left out.
            name: the handler's identity; without it the function's qualified name without the module.
            **unknown: none; refused with the keyword that was probably meant.

        The function is returned unchanged. It is called with those of `event`, `payload`, `headers`, `delivery` and
        `log` that its arguments name. Raises `AppError`, here or when it decorates, for what could not work.
        """
        if events and callable(events[0]):
            raise AppError(messages.needs_parentheses())
        for keyword in unknown:
            raise AppError(messages.unknown_keyword(keyword, _KEYWORDS))
        place = place_of_call()
        with _placed(place):
            conditions = (
                *([] if topic is None else [topic_condition(topic)]),
                *([] if method is None else [method_condition(method)]),
                *([] if header is None else header_conditions(header)),
                *([EventCondition(self._patterns(events, place), self._sender)] if events else []),
                *([] if where is None else [where_condition(where)]),
                *([] if when is None else [when_condition(when)]),
            )
        return functools.partial(self._register, conditions=conditions, name=name, final=final)

    @overload
    def unmatched(self, function: F, /) -> F: ...

    @overload
    def unmatched(self, /, *, name: str | None = None) -> Callable[[F], F]: ...

    def unmatched(self, function: F | None = None, /, *, name: str | None = None) -> F | Callable[[F], F]:
        """Register the decorated function for the events that no other handler takes.

        It is a handler like the others. It gets no handshakes and nothing that is ignored. With or without parentheses.
        """
        register = functools.partial(self._register, conditions=(), name=name, final=False, fallback=True)
        return register if function is None else register(function)

    def ignore(self, *events: str) -> None:
        """Leave these events alone where no handler takes them: no line in the log, and nothing for `unmatched`.

        Args:
            *events: as in `on`: `"github:star"`, `"stripe:invoice.*"`.

        Raises `AppError`.
        """
        place = place_of_call()
        self._check_open()
        with _placed(place):
            self._ignored += self._patterns(events, place)

    def include(self, other: App) -> None:
        """Take over the handlers of another app, in their order, with what it ignores, its providers and its lifespan.

        Raises `AppError` where it is this one or here already, or a name or a topic's provider is taken. From then on
        the other one takes no more handlers.
        """
        place = place_of_call()
        self._check_includable(other)
        for handler in other.handlers:
            self._check_name(handler)
        by_topic = _joined(self._by_topic, other._by_topic)
        self._providers, self._by_topic = _known_providers(by_topic), by_topic
        self._change(tuple(_for_app(handler, self._sender) for handler in other.handlers))
        self._ignored += other._ignored
        self._lifespans += other._lifespans
        self._included |= {other: place, **dict.fromkeys(other._included, place)}
        other._included_at = place

    def match(self, event: WebhookEvent) -> list[Handler]:
        """The handlers that the event would go to, in their order. Runs none.

        Raises what a condition raised, and `PayloadDecodeError` where the body is needed and cannot be decoded.
        """
        routed = self.route(event)
        if routed.undecodable is not None:
            raise routed.undecodable
        handlers = []
        for handler, error in routed.handlers:
            if error is not None:
                raise error
            handlers.append(handler)
        return handlers

    def explain(self, event: WebhookEvent) -> list[Explanation]:
        """For every handler, in their order, whether the event goes to it, and why not. Runs none.

        Of each handler the first clause that the event does not fulfil. All conditions are asked, also where `match`
        would do without.
        """
        routed = self.route(event)
        explained = iter(explain_each(self._regular, event))
        return [
            Explanation(one, _explain_fallback(one, routed)) if one.fallback else next(explained)
            for one in self._handlers
        ]

    def route(self, event: WebhookEvent) -> Routed:
        """As `match`, but nothing is raised: what was raised stands in the result."""
        selected = self._selector.select(event)
        if selected.handlers or selected.undecodable is not None:
            return Routed(selected.handlers, selected.undecodable)
        sender = self._sender(event)
        fate = fate_of_unwanted(sender, self._ignored, may_decode=bool(self._fallbacks))
        if fate is not Fate.UNMATCHED or not self._fallbacks:
            return Routed((), None, fate, sender)
        rest = self._fallback_selector.select(event)
        return Routed(rest.handlers, rest.undecodable, fate, sender)

    def origin(self, event: WebhookEvent) -> Origin | None:
        """Who sent the event, what that sender calls it and by what it is known again; None: nobody knows the sender.

        All of it is looked up when it is asked for.
        """
        return self._providers.origin(event)

    def topics(self) -> frozenset[str]:
        """All topics that handlers name."""
        return frozenset(topic for handler in self.handlers for topic in handler.topics)

    def onion(self, handler: Handler) -> Onion:
        """The middleware around a handler."""
        return onion(self._middleware, handler)

    @functools.cached_property
    def _middleware(self) -> Iterable[Middleware]:
        return built_in_middleware()

    @property
    def _regular(self) -> tuple[Handler, ...]:
        return tuple(one for one in self._handlers if not one.fallback)

    @functools.cached_property
    def _fallbacks(self) -> tuple[Handler, ...]:
        return tuple(one for one in self._handlers if one.fallback)

    @functools.cached_property
    def _selector(self) -> Selector[Handler]:
        return Selector(self._regular, self._sender)

    @functools.cached_property
    def _fallback_selector(self) -> Selector[Handler]:
        return Selector(self._fallbacks, self._sender)

    def _sender(self, event: WebhookEvent) -> OriginSender | None:
        origin = self._providers.origin(event)
        return None if origin is None else OriginSender(origin)

    def _patterns(self, events: Iterable[str], place: str) -> tuple[EventPattern, ...]:
        patterns = tuple(parse_event_pattern(one, self._providers) for one in events)
        for pattern in patterns:
            if pattern.hint:
                _log.warning("%s: %s", place, pattern.hint)
        return patterns

    def _register(
        self, function: F, *, conditions: tuple[Condition, ...], name: str | None, final: bool, fallback: bool = False
    ) -> F:
        self._check_open()
        signature.check_function(function)
        handler = Handler(
            name=signature.handler_name(function, name),
            function=function,
            conditions=conditions,
            arguments=injection.arguments(function, _BY_TYPE),
            final=final,
            is_async=signature.is_async(function),
            location=signature.location(function),
            fallback=fallback,
        )
        self._check_name(handler)
        self._change((handler,))
        return function

    def _change(self, more: tuple[Handler, ...]) -> None:
        """Add handlers; what was derived from the old ones is made again when it is needed."""
        self._handlers += more
        for derived in ("_fallbacks", "_selector", "_fallback_selector"):
            vars(self).pop(derived, None)

    def _check_name(self, handler: Handler) -> None:
        for other in self._handlers:
            if other.name == handler.name:
                raise AppError(messages.name_taken(handler.name, handler.location, other.location))

    def _check_open(self) -> None:
        if self._included_at is not None:
            raise AppError(messages.included_before(self._included_at))

    def _check_includable(self, other: object) -> None:
        self._check_open()
        if not isinstance(other, App):
            raise AppError(messages.no_app(other))
        if other is self:
            raise AppError(messages.includes_itself())
        for one in (other, *other._included):  # noqa: SLF001 - an app's own class
            if one in self._included:
                raise AppError(messages.included_twice(self._included[one]))


@contextlib.contextmanager
def _placed(place: str) -> Iterator[None]:
    """Write the place in front of an error."""
    try:
        yield
    except AppError as error:
        error.args = (f"{place}: {error}",)
        raise


def _topic_providers(given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise AppError(f'providers={given!r} is no dict: write providers={{"incoming.acme.pay": "adyen"}}')
    for topic, provider in given.items():
        check_topic(topic)
        if not isinstance(provider, str):
            raise AppError(f"providers: topic {topic!r}: the name of a provider is a string, got {provider!r}")
    return dict(given)


def _known_providers(by_topic: Mapping[str, str]) -> Providers:
    try:
        return Providers(builtin_providers(), by_topic)
    except SettingsError as error:
        raise AppError(f"providers=: {error}") from error


def _joined(mine: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    for topic in mine.keys() & theirs.keys():
        if mine[topic] != theirs[topic]:
            raise AppError(messages.two_providers(topic, mine[topic], theirs[topic]))
    return {**mine, **theirs}


def _for_app(handler: Handler, sender_of: Callable[[WebhookEvent], OriginSender | None]) -> Handler:
    """The handler, whose events are now those that another app recognises."""
    conditions: list[Any] = [
        replace(one, sender_of=sender_of) if isinstance(one, EventCondition) else one for one in handler.conditions
    ]
    return replace(handler, conditions=tuple(conditions))


def _explain_fallback(handler: Handler, routed: Routed) -> Match:
    if any(one is handler for one, _ in routed.handlers):
        return Matched()
    if routed.undecodable is not None:
        return Undecided("decode", messages.describe(routed.undecodable))
    what = {
        Fate.HANDSHAKE: "a handshake",
        Fate.IGNORED: "one that is ignored",
    }
    return NotMatched(messages.not_left_over(what.get(routed.fate, "one that is taken")))
