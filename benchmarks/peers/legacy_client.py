"""`mister-webhooks` 1.0.0 from its own environment, over events without HTTP headers: it can read no others.

It trusts the service's CA alone, so that one name is replaced. It starts at the latest offset: the bench commits the
earliest for its group beforehand.
"""

from __future__ import annotations

import ssl
import sys

from benchmarks.job import Job
from mister_webhooks.client import MisterWebhooksConsumer
from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.webhook_event import WebhookEvent


class Done(Exception):
    """All events were seen and committed."""


def main() -> None:
    """Work off the topic."""
    job = Job.from_env()
    meter = job.meter()
    trust = ssl.create_default_context(cafile=job.ca_file)
    vars(sys.modules[MisterWebhooksConsumer.__module__])["new_ssl_client_context"] = lambda: trust

    def handle(event: WebhookEvent) -> None:
        meter.see(event.payload["serial"])
        if meter.complete:
            raise Done

    consumer = MisterWebhooksConsumer(job.topic, ConnectionProfile(job.group, "plain", job.secret, job.bootstrap))
    try:
        consumer.run(handle)
    except Done:
        consumer.kafkaConsumer.commit()
        consumer.kafkaConsumer.close()


if __name__ == "__main__":
    main()
