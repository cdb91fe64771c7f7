"""Events that no handler asks for: what they are, and one line in the log for each shape of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from enum import Enum

from mister_webhooks.errors import DecodeError
from mister_webhooks.headers import is_secret_header
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.providers import EventPattern
from mister_webhooks_router.routing import EventCondition
from mister_webhooks_router.sender import OriginSender

log = logging.getLogger(__name__)

MOST_LINES = 200
"""Shapes that get a line in one run."""

_LONGEST_NAME = 100
_KIND_HEADER = re.compile(
    r"(?!content-type$)(?:[a-z0-9]+[-_])*(?:events?|kind|topic|trigger|action|type|event[-_]?(?:type|name|key))",
    re.IGNORECASE | re.ASCII,
)
_NO_KIND = re.compile(r"[^\x21-\x7e]|.{65}|[0-9a-f]{8}-[0-9a-f]{4}-|\d{6}", re.IGNORECASE)


class Fate(Enum):
    """What an event is to the app as a whole."""

    MATCHED = "matched"
    """Some handler asks for it, or nobody knows because a condition raised or its body cannot be decoded."""

    UNMATCHED = "unmatched"
    """No handler asks for it."""

    HANDSHAKE = "handshake"
    """No handler asks for it, and its sender only checks that the address works."""

    IGNORED = "ignored"
    """No handler asks for it, and the app says that this is meant."""


def fate_of_unwanted(sender: OriginSender | None, ignored: Iterable[EventPattern], *, may_decode: bool) -> Fate:
    """What an event is that no handler asks for.

    Args:
        sender: who sent it.
        ignored: what the app ignores.
        may_decode: whether to decode the body where the event's name stands there. It is decoded too where the app
            ignores something of this sender. A body that cannot be decoded has no name.
    """
    if sender is None:
        return Fate.UNMATCHED
    asked = EventCondition(tuple(one for one in ignored if one.provider == sender.provider), lambda _: sender)
    handshakes = sender.origin.provider.handshakes
    try:
        if asked.patterns and asked.fits(sender):
            return Fate.IGNORED
        name = sender.name if handshakes and may_decode else sender.known_name
    except DecodeError:
        return Fate.UNMATCHED
    return Fate.HANDSHAKE if name in handshakes else Fate.UNMATCHED


class UnmatchedLog:
    """Logs unmatched events and handshakes, each shape once.

    A shape is what the suggested `@app.on(...)` says: the sender's event; of an unknown sender topic, method and those
    headers that look as if they told the kind of event.
    """

    def __init__(self) -> None:
        self._told: set[tuple[Fate, str]] = set()
        self._full = False

    def note(self, event: WebhookEvent, fate: Fate, sender: OriginSender | None) -> None:
        """Take note of an event that no handler asked for."""
        if self._full or fate not in _TEXTS:
            return
        suggested = suggestion(event, sender)
        shape = (fate, suggested)
        if shape in self._told:
            return
        if len(self._told) >= MOST_LINES:
            self._full = True
            log.info("%d kinds of unmatched events have been logged; no more will be", MOST_LINES)
            return
        self._told.add(shape)
        log.info("%s: %s %s", event.position or "an event", _TEXTS[fate], suggested)


_TEXTS = {
    Fate.UNMATCHED: "no handler takes this and others like it. One would with",
    Fate.HANDSHAKE: "a handshake, which only checks the address. A handler would take it with",
}


def suggestion(event: WebhookEvent, sender: OriginSender | None) -> str:
    """The line that would make a handler match the event, ready to paste. Decodes nothing, shows no secret."""
    if sender is not None:
        return f'@app.on("{sender.provider}:{_event_name(sender)}")'
    arguments = [f'method="{event.method.name}"']
    headers = [f'"{name}": {_value(values)}' for name, values in event.headers.items() if _tells_kind(name, values)]
    if headers:
        arguments.append(f"header={{{', '.join(sorted(headers))}}}")
    if event.topic is not None:
        arguments.append(f'topic="{event.topic}"')
    return f"@app.on({', '.join(arguments)})"


def _event_name(sender: OriginSender) -> str:
    """The narrowest name that is known; `*` where there is none, or one that nobody could paste."""
    name = sender.known_names[-1] if sender.known_names else "*"
    pasted = name == name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME and not {'"', "\\"} & set(name)
    return name if pasted else "*"


def _tells_kind(name: str, values: list[str]) -> bool:
    return bool(values) and _KIND_HEADER.fullmatch(name) is not None and not is_secret_header(name)


def _value(values: list[str]) -> str:
    """The header's value where it can be the name of a kind, else that there is one."""
    value = values[0]
    unfit = not value or _NO_KIND.search(value) or {'"', "\\"} & set(value)
    return "ANY" if unfit else f'"{value}"'
