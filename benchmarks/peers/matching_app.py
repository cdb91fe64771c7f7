"""Our app: `app.match`, with handlers that say what they want in one of four ways."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.matching import Job, headers_of, measure, payload_of
from mister_webhooks_router import App, Headers, HTTPMethod, WebhookEvent

NOW = datetime.now(UTC)


def make(kind: str) -> WebhookEvent:
    """An event as the client hands it on, with its body decoded."""
    headers = Headers({name: [value] for name, value in headers_of(kind).items()})
    return WebhookEvent(HTTPMethod.POST, NOW, headers, payload_of(kind), topic="incoming.acme.github")


def handle(event: WebhookEvent) -> None:
    """Never called: matching is measured."""


def app_for(job: Job) -> App:
    """An app with one handler for each kind."""
    app = App()
    conditions: dict[str, Callable[[str], Any]] = {
        "header": lambda kind: app.on(method="POST", header={"X-GitHub-Event": kind}, name=kind),
        "event": lambda kind: app.on(f"github:{kind}", name=kind),
        "where": lambda kind: app.on(where={"ref": kind}, name=kind),
        "path": lambda kind: app.on(where={"repository.full_name": kind}, name=kind),
    }
    for kind in job.kinds:
        conditions[job.form](kind)(functools.partial(handle))
    return app


def main() -> None:
    """Print what matching an event costs."""
    job = Job.from_arguments()
    app = app_for(job)

    def run(events: Sequence[WebhookEvent]) -> list[str]:
        return [app.match(event)[0].name for event in events]

    print(measure(job, make, run))


if __name__ == "__main__":
    main()
