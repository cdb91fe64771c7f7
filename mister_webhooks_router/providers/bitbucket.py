"""Bitbucket Cloud and Bitbucket Data Center: `bitbucket:repo:push`, `bitbucket:pr:opened`.

Both put the event into `X-Event-Key`, whose names have a colon of their own: `repo:push` is Cloud's and
`repo:refs_changed` Data Center's.

The id is that of the request, `X-Request-UUID` in Cloud and `X-Request-Id` in Data Center. Atlassian does not say
whether a second attempt repeats it; where it does not, a duplicate is not recognised.

The time is `X-Event-Time` in Cloud, which is sent but not documented, and `date` in the body of Data Center.

Data Center's button "Test connection" sends `diagnostics:ping`.

Sources:
- https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
- https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
- https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="bitbucket",
        title="Bitbucket",
        headers=("X-Event-Key",),
        also=(
            "X-Attempt-Number",
            "X-Event-Time",
            "X-Hook-UUID",
            "X-Hub-Signature",
            "X-Request-Id",
            "X-Request-UUID",
        ),
        event_key=EventKey(name=(Header("X-Event-Key"),)),
        delivery_ids=(
            DeliveryId(parts=(Header("X-Request-UUID"),), scope=(Header("X-Hook-UUID"),)),
            DeliveryId(parts=(Header("X-Request-Id"),)),
        ),
        occurred_at=(Moment(Header("X-Event-Time"), "mail"), Moment(Body("date"), "iso")),
        handshakes=("diagnostics:ping",),
        events=words(
            """
            diagnostics:ping issue:comment_created issue:created issue:updated mirror:repo_synchronized pr:comment:added
            pr:comment:deleted pr:comment:edited pr:declined pr:deleted pr:from_ref_updated pr:merged pr:modified
            pr:opened pr:reviewer:approved pr:reviewer:changes_requested pr:reviewer:needs_work pr:reviewer:unapproved
            pr:reviewer:updated pr:to_ref_updated project:modified project:updated pullrequest:approved
            pullrequest:changes_request_created pullrequest:changes_request_removed pullrequest:comment_created
            pullrequest:comment_deleted pullrequest:comment_reopened pullrequest:comment_resolved
            pullrequest:comment_updated pullrequest:created pullrequest:fulfilled pullrequest:push pullrequest:rejected
            pullrequest:unapproved pullrequest:updated repo:comment:added repo:comment:deleted repo:comment:edited
            repo:commit_comment_created repo:commit_status_created repo:commit_status_updated repo:deleted repo:fork
            repo:forked repo:imported repo:modified repo:push repo:refs_changed repo:secret_detected repo:transfer
            repo:updated
            """
        ),
        signature=RECIPES["bitbucket"],
    ),
)
