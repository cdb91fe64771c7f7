"""Standard Webhooks, and Svix: `standard-webhooks:invoice.paid`, `svix:user.created`.

Many senders sign this way (OpenAI and Clerk among them), some of them with `webhook-id`, others, through Svix, with
`svix-id`. Their headers do not say who they are: the events of all of them are called by one of these two names.

The specification recommends a `type` and a `timestamp` in the body and demands neither, so an event may have no name or
no time. `webhook-timestamp` is the time of the attempt, not of the event, and is not taken for it.

The id is the message's and the same for all attempts. It says nothing of the endpoint: where one message goes to two
addresses, both deliveries have it.

Sources:
- https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
- https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES

_EVENT_KEY: Final = EventKey(name=(Body("type"),))
_OCCURRED_AT: Final = (Moment(Body("timestamp"), "iso"),)

PROVIDERS: Final = (
    Provider(
        name="standard-webhooks",
        title="Standard Webhooks",
        headers=("webhook-id", "webhook-timestamp", "webhook-signature"),
        event_key=_EVENT_KEY,
        delivery_ids=(DeliveryId(parts=(Header("webhook-id"),)),),
        occurred_at=_OCCURRED_AT,
        signature=RECIPES["standard-webhooks"],
    ),
    Provider(
        name="svix",
        title="Svix",
        headers=("svix-id", "svix-timestamp", "svix-signature"),
        event_key=_EVENT_KEY,
        delivery_ids=(DeliveryId(parts=(Header("svix-id"),)),),
        occurred_at=_OCCURRED_AT,
        signature=RECIPES["svix"],
    ),
)
