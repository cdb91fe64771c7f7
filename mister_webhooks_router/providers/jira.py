"""Jira Cloud and Data Center: `jira:issue_updated`, `jira:comment_created`.

The event is the body's `webhookEvent`, without the `jira:` that some of them start with: both `jira:issue_updated` and
`comment_created` are written with one `jira:`. An updated issue also goes by what happened to it, from
`issue_event_type_name`: `jira:issue_updated.issue_assigned`.

The id is the same for all attempts and unique within one site of Jira Cloud, so the site is its scope, taken from the
address of whatever the event is about.

Only webhooks that were given a secret are signed.

Sources:
- https://developer.atlassian.com/cloud/jira/platform/webhooks/
- https://developer.atlassian.com/server/jira/platform/webhooks/
- https://community.developer.atlassian.com/t/new-jira-cloud-webhook-retry-policy/30554
"""

from __future__ import annotations

import re
from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header, OneOf
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

_SITE: Final = re.compile(r"^https?://[^/]+")
_THINGS: Final = ("issue", "comment", "worklog", "project", "version", "sprint", "board", "user")

PROVIDERS: Final = (
    Provider(
        name="jira",
        title="Jira",
        headers=("X-Atlassian-Webhook-Identifier",),
        also=("X-Atlassian-Webhook-Flow", "X-Atlassian-Webhook-Retry", "X-Hub-Signature"),
        event_key=EventKey(
            name=(Body("webhookEvent", pattern=re.compile(r"^(?:jira:)?(.+)")),),
            action=(Body("issue_event_type_name"),),
        ),
        delivery_ids=(
            DeliveryId(
                parts=(Header("X-Atlassian-Webhook-Identifier"),),
                scope=(OneOf(*(Body(f"{thing}.self", pattern=_SITE) for thing in _THINGS)),),
            ),
        ),
        occurred_at=(Moment(Body("timestamp"), "milliseconds"),),
        events=words(
            """
            attachment_created attachment_deleted board_configuration_changed board_created board_deleted board_updated
            comment_created comment_deleted comment_updated issue_created issue_deleted issue_property_deleted
            issue_property_set issue_updated issuelink_created issuelink_deleted jira_expression_evaluation_failed
            option_attachments_changed option_issuelinks_changed option_subtasks_changed option_timetracking_changed
            option_unassigned_issues_changed option_voting_changed option_watching_changed project_archived
            project_created project_deleted project_restored_archived project_restored_deleted project_soft_deleted
            project_updated sprint_closed sprint_created sprint_deleted sprint_started sprint_updated user_created
            user_deleted user_updated version_created version_deleted version_moved version_released version_unreleased
            version_updated worklog_created worklog_deleted worklog_updated
            """
        ),
        signature=RECIPES["jira"],
    ),
)
