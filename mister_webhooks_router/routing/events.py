"""The condition on the event's name, in its sender's own words: `github:push`, `stripe:invoice.*`.

Who sent an event and what that sender calls it is known outside of here; this is how it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol, TypeAlias

from mister_webhooks.errors import DecodeError
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.routing.condition import Condition
from mister_webhooks_router.routing.conditions import any_of
from mister_webhooks_router.routing.json_values import show

EVERY: Final = "*"


class InBody(Enum):
    """The type of `IN_BODY`."""

    IN_BODY = "in the body"


IN_BODY: Final = InBody.IN_BODY
"""Stands for the name of an event that its headers do not tell, while its body is not decoded."""


class Sender(Protocol):
    """Who sent one event, and what that sender calls it."""

    @property
    def provider(self) -> str:
        """The sender's name."""

    @property
    def known_name(self) -> str | InBody | None:
        """The event's name as far as it is known without decoding the body. None: it has none."""

    @property
    def name(self) -> str | None:
        """The event's name without its action. Raises `PayloadDecodeError`."""

    @property
    def names(self) -> tuple[str, ...]:
        """All its names, widest first: `pull_request`, `pull_request.opened`. Raises `PayloadDecodeError`."""


SenderOf: TypeAlias = Callable[[WebhookEvent], Sender | None]
"""Finds out who sent an event; None where nobody knows."""


class Pattern(Protocol):
    """Which events of a provider are meant; `*` stands for any characters."""

    @property
    def provider(self) -> str:
        """The provider's name."""

    @property
    def pattern(self) -> str:
        """The name of an event, with or without stars."""

    @property
    def exact(self) -> bool:
        """Whether it is one name."""

    def matches(self, names: Iterable[str]) -> bool:
        """Whether one of the names is meant."""


@dataclass(frozen=True, slots=True)
class EventCondition(Condition):
    """The event is one of these. `provider:*` is every event of the provider, also one without a name."""

    patterns: tuple[Pattern, ...]
    sender_of: SenderOf = field(repr=False, compare=False)

    @property
    def reads_body(self) -> bool:
        """Some senders write the name there, others the action."""
        return True

    def matches(self, event: WebhookEvent) -> bool:
        """Whether one pattern means the event."""
        return self.fits(self.sender_of(event))

    def fits(self, sender: Sender | None) -> bool:
        """Whether one pattern means the sender's event. The body is decoded only where the answer lies there."""
        patterns = () if sender is None else tuple(one for one in self.patterns if one.provider == sender.provider)
        if sender is None or not patterns or any(one.pattern == EVERY for one in patterns):
            return bool(patterns)
        name = sender.name
        if name is None:
            return False
        if any(one.matches((name,)) for one in patterns):
            return True
        return any(goes_on(one, name) for one in patterns) and any(one.matches(sender.names) for one in patterns)

    def fault(self, event: WebhookEvent) -> str:
        """Expected these, got another, or one of nobody."""
        return f"event: expected {any_of(show(str(one)) for one in self.patterns)}, {self._got(event)}"

    def __str__(self) -> str:
        return any_of(map(str, self.patterns))

    def _got(self, event: WebhookEvent) -> str:
        sender = self.sender_of(event)
        if sender is None:
            return "but nothing tells who sent the event"
        known = sender.known_name
        if not isinstance(known, str) and not any(one.provider == sender.provider for one in self.patterns):
            return f"got one of {sender.provider}"
        name = _narrowest_name(sender)
        if name is None:
            return f"got one of {sender.provider} without a name"
        return f"got {show(f'{sender.provider}:{name}')}"


def _narrowest_name(sender: Sender) -> str | None:
    """The event's name with its action, where that can be told: the headers alone may have decided."""
    try:
        names = sender.names
    except DecodeError:
        known = sender.known_name
        names = (known,) if isinstance(known, str) else ()
    return names[-1] if names else None


def goes_on(pattern: Pattern, name: str) -> bool:
    """Whether the pattern may mean an action of the event: a name that starts with `name` and a dot."""
    if pattern.exact:
        return pattern.pattern.startswith(f"{name}.")
    start = pattern.pattern.partition(EVERY)[0]
    return start.startswith(f"{name}.") or f"{name}.".startswith(start)
