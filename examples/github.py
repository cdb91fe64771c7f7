r"""What happens on GitHub, told on the terminal.

Run it without Kafka and without an account, and send it webhooks:

    mwh-run github:app --app-dir examples --local
    curl http://127.0.0.1:8008/in/incoming.acme.github -H 'X-GitHub-Event: fork' \
        -d '{"repository": {"full_name": "acme-tills/till"}}'
"""

from __future__ import annotations

import asyncio

from mister_webhooks_router import App, WebhookEvent

app = App()


@app.on(method="POST", header={"X-GitHub-Event": "push"})
def on_push(event: WebhookEvent) -> None:
    """Say what was pushed."""
    branch = event.payload["ref"].removeprefix("refs/heads/")
    print(f"  {event.payload['pusher']['name']} pushed to {branch}: {event.payload['head_commit']['message']}")


@app.on(method="POST", header={"X-GitHub-Event": ["issues", "issue_comment", "pull_request"]})
def on_talk(event: WebhookEvent) -> None:
    """Say what people talk about."""
    subject = event.payload.get("issue") or event.payload["pull_request"]
    print(f"  {event.payload['sender']['login']} {event.payload['action']}: #{subject['number']} {subject['title']}")


@app.on(method="POST", header={"X-GitHub-Event": "workflow_run"})
async def on_build(event: WebhookEvent) -> None:
    """Wait a moment, as for another service, and say how a build ended."""
    await asyncio.sleep(0.05)
    run = event.payload["workflow_run"]
    print(f"  {run['name']} on {run['head_branch']}: {run['conclusion']}")


@app.on(method="POST", header={"X-GitHub-Event": ["fork", "ping", "release", "star"]})
def on_the_rest(event: WebhookEvent) -> None:
    """Say what else there is."""
    print(f"  {event.headers.first('X-GitHub-Event')} of {event.payload['repository']['full_name']}")
