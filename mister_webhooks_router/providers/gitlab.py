"""GitLab: `gitlab:push`, `gitlab:merge_request.open`.

The event is the body's `object_kind`, and where there is none (members, subgroups, projects) its `event_name`. The
header `X-Gitlab-Event` says the same in other words: `Push Hook` is `push`, `Merge Request Hook` is `merge_request`,
`Job Hook` is `build`, and every `System Hook` goes by what stands in its body. Where the body has an action, the event
also goes by the name with the action. A pipeline has a status instead:
`where={"object_attributes.status": "failed"}`.

`Idempotency-Key` is the same for all attempts at one delivery; GitLab before 17.4 does not send it, and its duplicates
are not recognised. `X-Gitlab-Event-UUID` does not tell events apart: an event that a webhook caused has that of its
cause.

A webhook with a signing token also sends the three headers of Standard Webhooks. Of one without, only the shared secret
`X-Gitlab-Token` shows who it is from.

No header and no field of all bodies says when the event happened.

Sources:
- https://docs.gitlab.com/user/project/integrations/webhooks/
- https://docs.gitlab.com/user/project/integrations/webhook_events/
- https://docs.gitlab.com/administration/system_hooks/
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="gitlab",
        title="GitLab",
        headers=("X-Gitlab-Event",),
        also=(
            "Idempotency-Key",
            "X-Gitlab-Event-UUID",
            "X-Gitlab-Instance",
            "X-Gitlab-Token",
            "X-Gitlab-Webhook-UUID",
            # Those of Standard Webhooks: a signed event must be GitLab's all the same.
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp",
        ),
        event_key=EventKey(
            name=(Body("object_kind"), Body("event_name")),
            action=(Body("object_attributes.action"), Body("action")),
        ),
        delivery_ids=(DeliveryId(parts=(Header("Idempotency-Key"),), scope=(Header("X-Gitlab-Webhook-UUID"),)),),
        events=words(
            """
            access_token build deployment emoji feature_flag issue merge_request milestone note pipeline project_create
            project_destroy push release repository_update subgroup_create subgroup_destroy tag_push
            user_access_request_denied_for_group user_access_request_to_group user_add_to_group user_add_to_team
            user_create user_destroy user_remove_from_group user_remove_from_team user_update_for_group
            user_update_for_team vulnerability wiki_page work_item
            """
        ),
        signature=RECIPES["gitlab"],
    ),
)
