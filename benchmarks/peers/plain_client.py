"""Our plain client: `MisterWebhooksConsumer(topic, profile).run(callback)`."""

from __future__ import annotations

from benchmarks.job import Job
from mister_webhooks.client import MisterWebhooksConsumer
from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.webhook_event import WebhookEvent


def main() -> None:
    """Work off the topic."""
    job = Job.from_env()
    meter = job.meter()
    profile = ConnectionProfile(job.group, "plain", job.secret, job.bootstrap)
    consumer = MisterWebhooksConsumer(job.topic, profile, ca_file=job.ca_file)

    def handle(event: WebhookEvent) -> None:
        meter.see(event.payload["serial"])
        if meter.complete:
            consumer.stop()

    consumer.run(handle)


if __name__ == "__main__":
    main()
