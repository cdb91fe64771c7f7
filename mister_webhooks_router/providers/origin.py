"""The origin of an event: who sent it, how they call it, and what makes it the same event when it comes again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mister_webhooks import WebhookEvent
from mister_webhooks_router.providers.lookup import first_found
from mister_webhooks_router.providers.provider import DeliveryId, Moment, Provider

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"seconds": timedelta(seconds=1), "milliseconds": timedelta(milliseconds=1)}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a provider's record says of one event. Everything is looked up when asked for.

    All but `provider` may need the body, and raise `PayloadDecodeError` where it is broken.
    """

    provider: Provider
    source: WebhookEvent

    @property
    def name(self) -> str | None:
        """What the sender calls the event, without its action: `pull_request`. Of many senders it is a header."""
        return first_found(self.provider.event_key.name, self.source)

    @property
    def names(self) -> tuple[str, ...]:
        """All that the sender calls the event, widest first: `pull_request`, `pull_request.opened`. Empty: nothing."""
        name = self.name
        if name is None:
            return ()
        action = first_found(self.provider.event_key.action, self.source)
        return (name,) if action is None else (name, f"{name}.{action}")

    @property
    def event(self) -> str | None:
        """The narrowest of `names`."""
        names = self.names
        return names[-1] if names else None

    @property
    def delivery_id(self) -> tuple[str, ...] | None:
        """The sender's id of the event, in its scope: equal for two deliveries of one event. None: there is none.

        The provider's name, the values of the scope, then those of the id.
        """
        found = (_identify(one, self.source) for one in self.provider.delivery_ids)
        values = next((one for one in found if one is not None), None)
        return None if values is None else (self.provider.name, *values)

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, as the sender says, in UTC. None: the sender does not say, or not readably."""
        found = (_moment(one, self.source) for one in self.provider.occurred_at)
        return next((one for one in found if one is not None), None)

    @property
    def handshake(self) -> bool:
        """Whether the event only checks that the address works."""
        handshakes = self.provider.handshakes
        return bool(handshakes) and self.name in handshakes


def _identify(recipe: DeliveryId, event: WebhookEvent) -> tuple[str, ...] | None:
    parts = [lookup.find(event) for lookup in recipe.parts]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    return (*(lookup.find(event) or "" for lookup in recipe.scope), *found)


def _moment(recipe: Moment, event: WebhookEvent) -> datetime | None:
    text = recipe.at.find(event)
    try:
        return None if text is None else _read(text, recipe.form)
    except (ValueError, OverflowError):
        return None


def _read(text: str, form: str) -> datetime:
    if form in _UNITS:
        return _EPOCH + float(text) * _UNITS[form]
    moment = parsedate_to_datetime(text) if form == "mail" else datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
