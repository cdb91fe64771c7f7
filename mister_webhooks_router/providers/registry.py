"""All known providers, and which of them an event comes from."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping

from mister_webhooks import WebhookEvent
from mister_webhooks_router import messages
from mister_webhooks_router.errors import SettingsError
from mister_webhooks_router.providers.origin import Origin
from mister_webhooks_router.providers.provider import Provider

log = logging.getLogger(__name__)

_MOST_SHAPES = 1024
_MOST_DRAWS = 100


class Providers:
    """The providers of a program.

    Args:
        known: all of them; two of one name, or with the same headers, are refused.
        by_topic: for a topic, the name of the provider that sends to it; this wins over the headers.

    Raises `SettingsError`.
    """

    def __init__(self, known: Iterable[Provider], by_topic: Mapping[str, str] | None = None) -> None:
        self._by_name: dict[str, Provider] = {}
        self._by_headers: dict[frozenset[str], Provider] = {}
        for provider in known:
            self._add(provider)
        self._by_topic = {topic: self.named(name) for topic, name in (by_topic or {}).items()}
        # By the set of header names, spelled as they came. Senders use few; whoever makes up new ones must not fill
        # the memory. No order: the service may write the headers of each event in another one.
        self._recognised: dict[frozenset[str], tuple[Provider, ...]] = {}
        self._told: set[tuple[str | None, tuple[Provider, ...]]] = set()

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def named(self, name: str) -> Provider:
        """The provider of that name. Raises `SettingsError` with the nearest one."""
        if name in self._by_name:
            return self._by_name[name]
        hint = messages.did_you_mean(name, self._by_name)
        raise SettingsError(f"there is no provider {name!r}.{hint} Known: {', '.join(sorted(self._by_name))}.")

    def origin(self, event: WebhookEvent) -> Origin | None:
        """Where the event comes from: what the topic's setting says, else whose headers it has. None: nobody knows."""
        provider = self._by_topic.get(event.topic) if event.topic else None
        provider = provider or self._by_shape(event)
        return None if provider is None else Origin(provider, event)

    def _by_shape(self, event: WebhookEvent) -> Provider | None:
        # The keys of the plain dict: what `Headers` adds to them makes no difference here and costs as much again.
        shape = frozenset(dict.keys(event.headers))
        best = self._recognised.get(shape)
        if best is None:
            if len(self._recognised) >= _MOST_SHAPES:
                self._recognised.clear()
            best = self._recognised[shape] = self._recognise(shape)
        if len(best) > 1:
            self._tell(event, best)
        return best[0] if len(best) == 1 else None

    def _recognise(self, shape: frozenset[str]) -> tuple[Provider, ...]:
        """The provider that names most of these headers; several where it is a draw."""
        present = {name.lower() for name in shape}
        matching = [one for headers, one in self._by_headers.items() if headers <= present]
        counts = [sum(name.lower() in present for name in (*one.headers, *one.also)) for one in matching]
        return tuple(one for one, count in zip(matching, counts, strict=True) if count == max(counts))

    def _tell(self, event: WebhookEvent, best: tuple[Provider, ...]) -> None:
        """Log a draw, once for a topic and those who drew."""
        draw = (event.topic, best)
        if draw in self._told or len(self._told) >= _MOST_DRAWS:
            return
        self._told.add(draw)
        names = " and ".join(sorted(one.name for one in best))
        log.warning(
            "%s: both %s recognise this event by its headers, so neither does. Say who sends to this topic, "
            'as in: providers = { "%s" = "%s" }',
            event.position or "an event",
            names,
            event.topic or "TOPIC",
            best[0].name,
        )

    def _add(self, provider: Provider) -> None:
        if provider.name in self._by_name:
            raise SettingsError(f"two providers are called {provider.name!r}: rename one")
        self._by_name[provider.name] = provider
        if not provider.headers:
            return
        headers = frozenset(name.lower() for name in provider.headers)
        first = self._by_headers.setdefault(headers, provider)
        if first is not provider:
            raise SettingsError(
                f"the providers {first.name!r} and {provider.name!r} are recognised by the same headers "
                f"({', '.join(sorted(headers))}): give one of them a header that the other does not have"
            )
