"""SendGrid's Event Webhook: `sendgrid:delivered`, `sendgrid:bounce`.

The body is a list of events of any kinds. The name and the time are those of the first; `where={"event": "bounce"}`
reaches the others. The id is made of the ids of all. SendGrid does not say whether a second attempt sends the same
list; where it sends another one, the duplicates in it are not recognised.

A webhook is recognised when it is signed (the setting "Signed Event Webhook Requests"). Without, it has no header of
its own, and the setting for its topic must say whose it is.

Sources:
- https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
- https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="sendgrid",
        title="SendGrid",
        headers=("X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"),
        event_key=EventKey(name=(Body("event"),)),
        delivery_ids=(DeliveryId(parts=(Body("sg_event_id", every=True),)),),
        occurred_at=(Moment(Body("timestamp"), "seconds"),),
        events=words(
            """
            account_status_change bounce click deferred delivered dropped group_resubscribe group_unsubscribe open
            processed spamreport unsubscribe
            """
        ),
        signature=RECIPES["sendgrid"],
    ),
)
