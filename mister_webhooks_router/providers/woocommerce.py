"""WooCommerce: `woocommerce:order.created`, `woocommerce:product.*`.

`X-WC-Webhook-Delivery-ID` is no id: it is made of the webhook and the second, so different events that one second
brings have the same one. WooCommerce does not repeat a delivery by itself, so there are no duplicates to recognise.

When a webhook is saved, WooCommerce sends the form `webhook_id=…` without any header of its own; it is nobody's event.

No header and no field of all bodies says when the event happened.

Sources:
- https://developer.woocommerce.com/docs/best-practices/urls-and-routing/webhooks/
- https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Header
from mister_webhooks_router.providers.provider import EventKey, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="woocommerce",
        title="WooCommerce",
        headers=("X-WC-Webhook-Topic",),
        also=(
            "X-WC-Webhook-Delivery-ID",
            "X-WC-Webhook-Event",
            "X-WC-Webhook-ID",
            "X-WC-Webhook-Resource",
            "X-WC-Webhook-Signature",
            "X-WC-Webhook-Source",
        ),
        event_key=EventKey(name=(Header("X-WC-Webhook-Topic"),)),
        events=words(
            """
            coupon.created coupon.deleted coupon.restored coupon.updated customer.created customer.deleted
            customer.updated order.created order.deleted order.restored order.updated product.created product.deleted
            product.restored product.updated
            """
        ),
        signature=RECIPES["woocommerce"],
    ),
)
