"""An app with one `async def` handler, for `mwh-run --burst`."""

from __future__ import annotations

from benchmarks.job import Job
from mister_webhooks_router import App, WebhookEvent

METER = Job.from_env().meter()

app = App()


@app.on(method="POST")
async def handle(event: WebhookEvent) -> None:
    """Read one field."""
    METER.see(event.payload["serial"])
