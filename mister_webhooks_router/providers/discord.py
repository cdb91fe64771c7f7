"""Discord's webhook events: `discord:APPLICATION_AUTHORIZED`.

The event is `event.type` in the body; the check of an address, whose outer `type` is 0, goes by `PING`. Discord's
interactions have the same headers but want an answer, and have no name here.

Discord documents no id of an event, so duplicates are not recognised, and says that events may come out of order.

Sources:
- https://docs.discord.com/developers/events/webhook-events
"""

from __future__ import annotations

import re
from typing import Final

from mister_webhooks_router.providers.lookup import Body
from mister_webhooks_router.providers.provider import EventKey, Moment, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="discord",
        title="Discord",
        headers=("X-Signature-Ed25519", "X-Signature-Timestamp"),
        event_key=EventKey(name=(Body("event.type"), Body("type", pattern=re.compile("^0$"), form="PING"))),
        occurred_at=(Moment(Body("event.timestamp"), "iso"),),
        handshakes=("PING",),
        events=words(
            """
            APPLICATION_AUTHORIZED APPLICATION_DEAUTHORIZED ENTITLEMENT_CREATE ENTITLEMENT_DELETE ENTITLEMENT_UPDATE
            GAME_DIRECT_MESSAGE_CREATE GAME_DIRECT_MESSAGE_DELETE GAME_DIRECT_MESSAGE_UPDATE LOBBY_MESSAGE_CREATE
            LOBBY_MESSAGE_DELETE LOBBY_MESSAGE_UPDATE PING QUEST_USER_ENROLLMENT
            """
        ),
        signature=RECIPES["discord"],
    ),
)
