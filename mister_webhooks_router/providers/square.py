"""Square: `square:payment.updated`, `square:order.*`.

The id is the event's and the same for all attempts; Square says to bypass an event whose id was seen. The merchant is
its scope.

Sources:
- https://developer.squareup.com/docs/webhooks/overview
- https://developer.squareup.com/docs/webhooks/step3validate
- https://developer.squareup.com/reference/square/webhooks
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="square",
        title="Square",
        headers=("x-square-hmacsha256-signature",),
        also=(
            "square-environment",
            "square-initial-delivery-timestamp",
            "square-retry-number",
            "square-retry-reason",
            "square-subscription-id",
            "x-square-signature",
        ),
        event_key=EventKey(name=(Body("type"),)),
        delivery_ids=(DeliveryId(parts=(Body("event_id"),), scope=(Body("merchant_id"),)),),
        occurred_at=(Moment(Body("created_at"), "iso"),),
        signature=RECIPES["square"],
    ),
)
