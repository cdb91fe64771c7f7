"""Shopify: `shopify:orders/create`, `shopify:products/*`.

The event is the topic in the header.

Shopify says that an `X-Shopify-Event-Id` that comes again marks a duplicate. It does not say whether what one action of
a merchant does to several resources shares it, so the shop, the topic and the resource are its scope. Where the header
is missing, as in webhooks of older API versions, the id is `X-Shopify-Webhook-Id`, which is documented as one per
delivery.

Sources:
- https://shopify.dev/docs/apps/build/webhooks
- https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates
- https://shopify.dev/docs/apps/build/webhooks/subscribe/https
- https://shopify.dev/docs/api/webhooks
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES

_SHOP: Final = Header("X-Shopify-Shop-Domain")
_TOPIC: Final = Header("X-Shopify-Topic")

PROVIDERS: Final = (
    Provider(
        name="shopify",
        title="Shopify",
        headers=("X-Shopify-Topic",),
        also=(
            "X-Shopify-API-Version",
            "X-Shopify-Event-Id",
            "X-Shopify-Hmac-Sha256",
            "X-Shopify-Shop-Domain",
            "X-Shopify-Triggered-At",
            "X-Shopify-Webhook-Id",
        ),
        event_key=EventKey(name=(_TOPIC,)),
        delivery_ids=(
            DeliveryId(
                parts=(Header("X-Shopify-Event-Id"),),
                scope=(_SHOP, _TOPIC, Body("id"), Body("inventory_item_id"), Body("location_id")),
            ),
            DeliveryId(parts=(Header("X-Shopify-Webhook-Id"),), scope=(_SHOP, _TOPIC)),
        ),
        occurred_at=(Moment(Header("X-Shopify-Triggered-At"), "iso"),),
        signature=RECIPES["shopify"],
    ),
)
