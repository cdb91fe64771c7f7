"""PagerDuty's webhooks of version 3: `pagerduty:incident.triggered`.

The id is the event's. A subscription is its scope: two of them each get the event.

Sources:
- https://developer.pagerduty.com/docs/webhooks-overview
- https://developer.pagerduty.com/docs/verifying-webhook-signatures
- https://support.pagerduty.com/main/docs/webhooks
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="pagerduty",
        title="PagerDuty",
        headers=("X-PagerDuty-Signature",),
        also=("X-Webhook-Id", "X-Webhook-Subscription"),
        event_key=EventKey(name=(Body("event.event_type"),)),
        delivery_ids=(DeliveryId(parts=(Body("event.id"),), scope=(Header("X-Webhook-Subscription"),)),),
        occurred_at=(Moment(Body("event.occurred_at"), "iso"),),
        handshakes=("pagey.ping",),
        events=words(
            """
            incident.acknowledged incident.action_invocation.created incident.action_invocation.terminated
            incident.action_invocation.updated incident.annotated incident.conference_bridge.updated
            incident.custom_field_values.updated incident.delegated incident.escalated incident.incident_type.changed
            incident.priority_updated incident.reassigned incident.reopened incident.resolved incident.responder.added
            incident.responder.replied incident.role.assigned incident.role.unassigned incident.service_updated
            incident.status_update_published incident.task.assigned incident.task.created incident.task.status_updated
            incident.task.unassigned incident.triggered incident.unacknowledged incident.workflow.completed
            incident.workflow.started pagey.ping service.created service.custom_field_values.updated service.deleted
            service.updated
            """
        ),
        signature=RECIPES["pagerduty"],
    ),
)
