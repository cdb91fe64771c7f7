"""Who sent an event, asked of the providers once and kept for all conditions."""

from __future__ import annotations

from typing import Final, Never, Self, cast

from mister_webhooks.headers import Headers
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.providers import Origin
from mister_webhooks_router.providers.lookup import first_found
from mister_webhooks_router.routing import IN_BODY, InBody

_NOT_ASKED: Final = object()


class OriginSender:
    """The sender of one event, as conditions ask for it. What is looked up is kept.

    Args:
        origin: where the event comes from.
    """

    __slots__ = ("_name", "_names", "origin")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._name: object = _NOT_ASKED
        self._names: tuple[str, ...] | None = None

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.origin.provider.name

    @property
    def known_name(self) -> str | InBody | None:
        """The event's name as far as it is known without decoding the body. None: it has none."""
        if self._name is _NOT_ASKED:
            event = self.origin.source
            lookups = self.origin.provider.event_key.name
            try:
                self._name = first_found(lookups, cast("WebhookEvent", _HeadersOnly(event.headers)))
            except _BodyNeeded:
                if not is_decoded(event):
                    return IN_BODY
                self._name = first_found(lookups, event)
        return cast("str | None", self._name)

    @property
    def name(self) -> str | None:
        """The event's name without its action. Raises `PayloadDecodeError`."""
        if self._name is _NOT_ASKED:
            self._name = self.origin.name
        return cast("str | None", self._name)

    @property
    def names(self) -> tuple[str, ...]:
        """All its names, widest first. Raises `PayloadDecodeError`."""
        if self._names is None:
            self._names = self.origin.names
        return self._names

    @property
    def known_names(self) -> tuple[str, ...]:
        """Of its names those that are known without decoding the body."""
        if is_decoded(self.origin.source):
            return self.names
        name = self.known_name
        return (name,) if isinstance(name, str) else ()


def is_decoded(event: WebhookEvent) -> bool:
    """Whether the event's body has been decoded, so that asking for it costs nothing and cannot fail."""
    return "payload" in vars(event)


class _BodyNeeded(Exception):
    """What was asked for does not stand in the headers."""


class _HeadersOnly:
    """An event whose body nobody gets at: what can be looked up in it does not need one."""

    __slots__ = ("_headers",)

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    @property
    def headers(self) -> Self:
        return self

    def first(self, name: str) -> str | None:
        """As `Headers.first`, without the index of names that it builds for the first of many questions."""
        wanted = name.lower()
        for spelling, values in dict.items(self._headers):
            if spelling.lower() == wanted and values:
                return values[0]
        return None

    @property
    def payload(self) -> Never:
        raise _BodyNeeded
