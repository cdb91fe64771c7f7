"""Event patterns, as handlers write them: `github:push`, `github:pull_request.opened`, `stripe:invoice.*`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError
from mister_webhooks_router.providers.provider import Provider
from mister_webhooks_router.providers.registry import Providers

_NEAR = 0.8


@dataclass(frozen=True, slots=True)
class EventPattern:
    """Which events of a provider are meant.

    Args:
        provider: its name.
        pattern: the name of an event, letter by letter; `*` stands for any characters, also none, also dots.
        hint: what was probably meant, where the provider is not known to send such an event; else empty.
    """

    provider: str
    pattern: str
    hint: str = field(default="", compare=False)

    @property
    def exact(self) -> bool:
        """Whether it is one name, which an index can hold."""
        return "*" not in self.pattern

    def matches(self, names: Iterable[str]) -> bool:
        """Whether one of the names of an event of this provider is meant."""
        return self.pattern in names if self.exact else any(_fits(self.pattern.split("*"), name) for name in names)

    def __str__(self) -> str:
        return f"{self.provider}:{self.pattern}"


def parse_event_pattern(text: str, providers: Providers) -> EventPattern:
    """Reads `provider:event`.

    Raises `AppError` where the colon is missing, the provider unknown, or the event empty. A name that the provider is
    not known to send is no error: senders add events.
    """
    if not isinstance(text, str):
        raise AppError(f"an event is a string like 'github:push', got {type(text).__name__}")
    name, colon, pattern = text.partition(":")
    if not colon:
        raise AppError(f"event {text!r}: no provider is named.{_who_sends(text, providers)}")
    if name not in providers:
        known = sorted(one.name for one in providers)
        hint = messages.did_you_mean(name, known) or f" Known: {', '.join(known)}."
        raise AppError(f"event {text!r}: there is no provider {name!r}.{hint}")
    if not pattern or pattern != pattern.strip():
        raise AppError(f"event {text!r}: write the event right after the colon, or '{name}:*' for all of {name}'s")
    return EventPattern(name, pattern, _hint(pattern, providers.named(name)))


def _fits(pieces: list[str], name: str) -> bool:
    """Whether the name is made of these pieces, in order, with anything between. Takes the leftmost place for each."""
    first, *middle, last = pieces
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for piece in middle:
        at = name.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _who_sends(text: str, providers: Providers) -> str:
    """How to go on from a name without its provider."""
    known = [one.name for one in providers]
    senders = [one.name for one in providers if _known(text, one)] or (["PROVIDER"] if text not in known else [])
    if not senders:
        return f" For all events of {text} write '{text}:*'."
    return f" Write {' or '.join(repr(f'{sender}:{text}') for sender in senders)}."


def _hint(pattern: str, provider: Provider) -> str:
    if not provider.events or _known(pattern, provider):
        return ""
    start = _start(pattern)
    near = _nearest(start, provider) or _nearest(start.rpartition(".")[0], provider)
    return f"{provider.name} is not known to send {pattern!r}. Did you mean {near!r}?" if near else ""


def _nearest(name: str, provider: Provider) -> str | None:
    """What was probably meant by a name, or None for one that is nearly nothing, or is right."""
    spellings = {spelling.lower(): spelling for spelling in _spellings(provider)}
    near = get_close_matches(name.lower(), spellings, 1, _NEAR)
    return spellings[near[0]] if near and spellings[near[0]] != name else None


def _known(pattern: str, provider: Provider) -> bool:
    start = _start(pattern)
    if any(start == name or start.startswith(f"{name}.") for name in provider.events):
        return True
    return "*" in pattern and any(_fits(pattern.split("*"), name) for name in provider.events)


def _start(pattern: str) -> str:
    """What a pattern asks for up to its first `*`."""
    start, star, _ = pattern.partition("*")
    return start.removesuffix(".") if star else start


def _spellings(provider: Provider) -> set[str]:
    """All names, and what they start with up to a dot."""
    words = (name.split(".") for name in provider.events)
    return {".".join(some[:count]) for some in words for count in range(1, len(some) + 1)}
