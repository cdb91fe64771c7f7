"""PayPal: `paypal:PAYMENT.CAPTURE.COMPLETED`, `paypal:BILLING.SUBSCRIPTION.*`.

The id is the event's, `id` in the body; `PAYPAL-TRANSMISSION-ID` is one of the delivery. PayPal does not say within
what the event's id is unique.

Sources:
- https://developer.paypal.com/api/rest/webhooks/
- https://developer.paypal.com/api/rest/webhooks/rest/
- https://developer.paypal.com/api/rest/webhooks/event-names/
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="paypal",
        title="PayPal",
        headers=("PAYPAL-TRANSMISSION-ID", "PAYPAL-TRANSMISSION-SIG"),
        also=("PAYPAL-AUTH-ALGO", "PAYPAL-AUTH-VERSION", "PAYPAL-CERT-URL", "PAYPAL-TRANSMISSION-TIME"),
        event_key=EventKey(name=(Body("event_type"),)),
        delivery_ids=(DeliveryId(parts=(Body("id"),)),),
        occurred_at=(Moment(Body("create_time"), "iso"),),
        signature=RECIPES["paypal"],
    ),
)
