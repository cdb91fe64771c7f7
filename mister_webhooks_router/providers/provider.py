"""A provider: what one sender of webhooks puts where. Data, no code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mister_webhooks_router.providers.lookup import Lookup
from mister_webhooks_router.providers.recipe import Recipe


def words(text: str) -> tuple[str, ...]:
    """The words of a text, as the names of events."""
    return tuple(text.split())


@dataclass(frozen=True, slots=True)
class EventKey:
    """How an event is called, in the sender's own words.

    Args:
        name: where the name stands, as `push` or `invoice.paid`; the first place where there is one.
        action: where a further word stands that makes the name narrower; the first place where there is one.
            `pull_request` with the action `opened` is both `pull_request` and `pull_request.opened`.
    """

    name: tuple[Lookup, ...]
    action: tuple[Lookup, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryId:
    """What makes two deliveries one event: the sender's id, within its scope.

    Args:
        parts: all of them together are the id; where one is missing, there is no id.
        scope: within what the id is unique, as the hook, the account or the shop; what is missing counts as empty.
    """

    parts: tuple[Lookup, ...]
    scope: tuple[Lookup, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the time of the event stands, and how it is written.

    Args:
        at: the place.
        form: `seconds` or `milliseconds` since 1970 (UTC); `iso` for ISO 8601 and RFC 3339, in UTC where it says no
            offset; `mail` for the dates of mail and HTTP headers (RFC 5322, RFC 9110).
    """

    at: Lookup
    form: Literal["seconds", "milliseconds", "iso", "mail"]


@dataclass(frozen=True, slots=True)
class Provider:
    """One sender of webhooks.

    Args:
        name: as handlers write it before the colon: `github` in `"github:push"`.
        title: its name for people.
        headers: an event with all of these headers is recognised; none: only the setting for its topic says so.
        also: headers that it sends besides, maybe not always. Where several providers recognise an event, the one that
            names most of its headers here and in `headers` gets it.
        event_key: how the event is called.
        delivery_ids: how duplicates are recognised; the first that is complete counts. None: not at all.
        occurred_at: the time of the event, the first place where there is one that can be read.
        handshakes: names of events that only check that the address works.
        events: names that it is known to send, for hints on typing errors; others are as good.
        signature: how the sender signs, for whoever has the raw bytes.
    """

    name: str
    title: str
    headers: tuple[str, ...]
    event_key: EventKey
    also: tuple[str, ...] = ()
    delivery_ids: tuple[DeliveryId, ...] = ()
    occurred_at: tuple[Moment, ...] = ()
    handshakes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    signature: Recipe | None = None
