"""Adyen: `adyen:AUTHORISATION`, `adyen:REPORT_AVAILABLE`.

A standard webhook has no header of its own: the setting for its topic must say that it is Adyen's. Its body is a list
of notifications, `notificationItems`, which as JSON always has one item. The webhooks of Adyen's platforms go by the
`type` of their body (`balancePlatform.transfer.updated`), and have no id here.

Adyen says that duplicates have the same `eventCode` and `pspReference`, while other fields may differ. A payment that
first failed may be reported again as a success under both, so `success` is a part of the id; the merchant account is
its scope.

The signature stands in the body and covers some of its fields, not the bytes.

Sources:
- https://docs.adyen.com/development-resources/webhooks/
- https://docs.adyen.com/development-resources/webhooks/webhook-types/
- https://docs.adyen.com/development-resources/webhooks/handle-webhook-events/
- https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures/
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES


def _field(name: str) -> Body:
    return Body(f"notificationItems.0.NotificationRequestItem.{name}")


PROVIDERS: Final = (
    Provider(
        name="adyen",
        title="Adyen",
        headers=(),
        event_key=EventKey(name=(_field("eventCode"), Body("type"))),
        delivery_ids=(
            DeliveryId(
                parts=(_field("pspReference"), _field("eventCode"), _field("success")),
                scope=(_field("merchantAccountCode"),),
            ),
        ),
        occurred_at=(Moment(_field("eventDate"), "iso"),),
        signature=RECIPES["adyen"],
    ),
)
