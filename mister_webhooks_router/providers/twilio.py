"""Twilio: `twilio:message.delivered`, `twilio:call.completed`, `twilio:com.twilio.messaging.*`.

Twilio's forms name no event. They go by what they report and its status: `message.` and `MessageStatus`, or `SmsStatus`
of an incoming message (`message.received`); `call.` and `CallStatus`; `recording.` and `RecordingStatus`; conferences
and video rooms by their `StatusCallbackEvent`; conversations by their `EventType`. Event Streams send lists of
CloudEvents, which go by the `type` of the first.

`I-Twilio-Idempotency-Token` comes again with a second attempt; Twilio's own libraries rely on it, its documentation of
webhooks does not describe it. Without it, a message is told by its id and status, and a call's status by the call, the
status and its number in the sequence. A request for instructions (TwiML) then has no id: the same call makes many.

A request for TwiML wants an answer, which a program that reads a topic cannot give.

Sources:
- https://www.twilio.com/docs/usage/webhooks
- https://www.twilio.com/docs/usage/webhooks/webhooks-security
- https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
- https://www.twilio.com/docs/voice/api/call-resource
- https://www.twilio.com/docs/events/webhook-quickstart
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES

_ACCOUNT: Final = Body("AccountSid")

PROVIDERS: Final = (
    Provider(
        name="twilio",
        title="Twilio",
        headers=("X-Twilio-Signature",),
        also=("I-Twilio-Idempotency-Token",),
        event_key=EventKey(
            name=(
                Body("type"),
                Body("MessageStatus", form="message.{}"),
                Body("SmsStatus", form="message.{}"),
                Body("RecordingStatus", form="recording.{}"),
                Body("StatusCallbackEvent"),
                Body("CallStatus", form="call.{}"),
                Body("EventType"),
            ),
        ),
        delivery_ids=(
            DeliveryId(parts=(Header("I-Twilio-Idempotency-Token"),), scope=(_ACCOUNT,)),
            DeliveryId(parts=(Body("id", every=True),)),
            DeliveryId(parts=(Body("MessageSid"), Body("MessageStatus")), scope=(_ACCOUNT,)),
            DeliveryId(parts=(Body("MessageSid"), Body("SmsStatus")), scope=(_ACCOUNT,)),
            DeliveryId(parts=(Body("CallSid"), Body("CallStatus"), Body("SequenceNumber")), scope=(_ACCOUNT,)),
        ),
        occurred_at=(Moment(Body("time"), "iso"), Moment(Body("Timestamp"), "mail")),
        signature=RECIPES["twilio"],
    ),
)
