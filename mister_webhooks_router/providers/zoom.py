"""Zoom: `zoom:meeting.started`, `zoom:recording.*`.

Zoom documents no id of an event or a delivery, so the duplicates that its attempts may make are not recognised.

`endpoint.url_validation` wants an answer of the address itself.

Sources:
- https://developers.zoom.us/docs/api/webhooks/
- https://developers.zoom.us/docs/api/references/webhooks/
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import EventKey, Moment, Provider
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="zoom",
        title="Zoom",
        headers=("x-zm-signature", "x-zm-request-timestamp"),
        event_key=EventKey(name=(Body("event"),)),
        occurred_at=(Moment(Body("event_ts"), "milliseconds"),),
        handshakes=("endpoint.url_validation",),
        signature=RECIPES["zoom"],
    ),
)
