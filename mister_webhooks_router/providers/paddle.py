"""Paddle Billing: `paddle:transaction.completed`, `paddle:subscription.*`.

The id is the event's. `notification_id` is another one: that of one destination's notification of the event.

Sources:
- https://developer.paddle.com/webhooks/overview
- https://developer.paddle.com/webhooks/signature-verification
- https://developer.paddle.com/api-reference/events/overview
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="paddle",
        title="Paddle",
        headers=("Paddle-Signature",),
        event_key=EventKey(name=(Body("event_type"),)),
        delivery_ids=(DeliveryId(parts=(Body("event_id"),)),),
        occurred_at=(Moment(Body("occurred_at"), "iso"),),
        events=words(
            """
            address.created address.imported address.updated adjustment.created adjustment.updated api_key.created
            api_key.expired api_key.expiring api_key.revoked api_key.updated api_key_exposure.created business.created
            business.imported business.updated client_token.created client_token.revoked client_token.updated
            customer.created customer.imported customer.updated discount.created discount.imported discount.updated
            discount_group.created discount_group.updated payment_method.deleted payment_method.saved payout.created
            payout.paid price.created price.imported price.updated product.created product.imported product.updated
            report.created report.updated subscription.activated subscription.canceled subscription.created
            subscription.imported subscription.past_due subscription.paused subscription.resumed subscription.trialing
            subscription.updated transaction.billed transaction.canceled transaction.completed transaction.created
            transaction.paid transaction.past_due transaction.payment_failed transaction.ready transaction.revised
            transaction.updated
            """
        ),
        signature=RECIPES["paddle"],
    ),
)
