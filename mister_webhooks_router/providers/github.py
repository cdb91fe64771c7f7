"""GitHub and GitHub Enterprise: `github:push`, `github:pull_request.opened`.

The event is the one in the header; where the body has an `action`, the event also goes by the name with the action.
A webhook set to send forms carries the same JSON in the form's field `payload`.

The id is one per event, not per delivery: two webhooks or apps that get the same event get it with the same id, so the
webhook is its scope. A redelivery, which somebody asks for by hand or by the API, repeats the id.

No header and no field of all bodies says when the event happened.

Gitea and Forgejo send GitHub's headers too, and are taken for GitHub.

Sources:
- https://docs.github.com/en/webhooks/webhook-events-and-payloads
- https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
- https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

from typing import Final

from mister_webhooks_router.providers.lookup import Body, Header
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Provider, words
from mister_webhooks_router.providers.recipes import RECIPES

PROVIDERS: Final = (
    Provider(
        name="github",
        title="GitHub",
        headers=("X-GitHub-Event",),
        also=(
            "X-GitHub-Delivery",
            "X-GitHub-Hook-ID",
            "X-GitHub-Hook-Installation-Target-ID",
            "X-GitHub-Hook-Installation-Target-Type",
            "X-Hub-Signature",
            "X-Hub-Signature-256",
        ),
        event_key=EventKey(
            name=(Header("X-GitHub-Event"),),
            action=(Body("action"), Body("action", text="payload")),
        ),
        delivery_ids=(DeliveryId(parts=(Header("X-GitHub-Delivery"),), scope=(Header("X-GitHub-Hook-ID"),)),),
        handshakes=("ping",),
        events=words(
            """
            branch_protection_configuration branch_protection_rule check_run check_suite code_scanning_alert
            commit_comment create custom_property custom_property_values delete dependabot_alert deploy_key deployment
            deployment_protection_rule deployment_review deployment_status discussion discussion_comment fork
            github_app_authorization gollum installation installation_repositories installation_target issue_comment
            issue_dependencies issues label marketplace_purchase member membership merge_group meta milestone org_block
            organization package page_build personal_access_token_request ping project project_card project_column
            projects_v2 projects_v2_item projects_v2_status_update public pull_request pull_request_review
            pull_request_review_comment pull_request_review_thread push registry_package release repository
            repository_advisory repository_dispatch repository_import repository_ruleset
            repository_vulnerability_alert secret_scanning_alert secret_scanning_alert_location secret_scanning_scan
            security_advisory security_and_analysis sponsorship star status sub_issues team team_add watch
            workflow_dispatch workflow_job workflow_run
            """
        ),
        signature=RECIPES["github"],
    ),
)
