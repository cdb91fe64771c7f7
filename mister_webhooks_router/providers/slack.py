"""Slack: `slack:app_mention`, `slack:/deploy`, `slack:block_actions.approve`.

An event of the Events API is called as in its body's `event.type`, without a subtype. A message in a channel, a group
or a direct message is `message` each time, whatever the subscription is called: `where={"event.channel_type": "im"}`.
A slash command is called by the command. What a user does in a message, a modal or a shortcut is called by its type,
and also by the type with the action's or the form's id: `block_actions.approve`, `view_submission.order`; it comes as a
form whose field `payload` is JSON text.

Slack gives ids to events of the Events API only. Three attempts at one event have the same id.

Slash commands and interactions wait for an answer within three seconds, and so does `url_verification`; the service
answers every request by itself, so only what needs no answer of your program's works.

Sources:
- https://docs.slack.dev/apis/events-api/
- https://docs.slack.dev/interactivity/handling-user-interaction
- https://docs.slack.dev/interactivity/implementing-slash-commands
- https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="slack",
        title="Slack",
        headers=("X-Slack-Signature", "X-Slack-Request-Timestamp"),
        also=("X-Slack-Retry-Num", "X-Slack-Retry-Reason"),
        event_key=EventKey(
            name=(Body("event.type"), Body("type"), Body("type", text="payload"), Body("command")),
            action=(
                Body("actions.0.action_id", text="payload"),
                Body("view.callback_id", text="payload"),
                Body("callback_id", text="payload"),
            ),
        ),
        delivery_ids=(DeliveryId(parts=(Body("event_id"),), scope=(Body("api_app_id"),)),),
        occurred_at=(
            Moment(Body("event_time"), "seconds"),
            Moment(Body("actions.0.action_ts", text="payload"), "seconds"),
            Moment(Body("action_ts", text="payload"), "seconds"),
        ),
        handshakes=("url_verification",),
        signature=RECIPES["slack"],
    ),
)
