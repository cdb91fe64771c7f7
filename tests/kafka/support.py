"""What the tests of the client do with the broker again and again."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mister_webhooks import ConnectionProfile, Envelope, KafkaSource, MisterWebhooksConsumer, WebhookEvent
from mister_webhooks.kafka_source import Assignor
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks.start import StartFrom
from tests.broker.broker import Broker, Consumer


def profile_of(consumer: Consumer, *, bootstrap: str | None = None, secret: str | None = None) -> ConnectionProfile:
    """The consumer's profile, with another address or secret where one is given."""
    profile = ConnectionProfile.from_json(consumer.profile_json)
    if bootstrap is not None:
        profile.kafka_bootstrap = bootstrap
    if secret is not None:
        profile.auth_secret = secret
    return profile


def source_of(broker: Broker, consumer: Consumer, *topics: str, **options: Any) -> KafkaSource:  # noqa: ANN401
    return KafkaSource(topics, profile_of(consumer), ssl_context=new_ssl_client_context(broker.ca_file), **options)


def client_of(broker: Broker, consumer: Consumer, topic: str, **options: Any) -> MisterWebhooksConsumer:  # noqa: ANN401
    return MisterWebhooksConsumer(topic, profile_of(consumer), ca_file=broker.ca_file, **options)


def webhooks(count: int, start: int = 0) -> Iterator[Envelope]:
    """Small webhooks with the payload `{"n": n}`."""
    for number in range(start, start + count):
        yield Envelope("POST", {"X-Number": [str(number)]}, json.dumps({"n": number}).encode(), "JSON")


def numbers(events: Iterable[WebhookEvent]) -> list[int]:
    return [event.payload["n"] for event in events]


def run_until(client: MisterWebhooksConsumer, count: int, limit: float = 30.0) -> list[WebhookEvent]:
    """Run the client until it has handled `count` events."""
    events: list[WebhookEvent] = []

    def handle(event: WebhookEvent) -> None:
        events.append(event)
        if len(events) == count:
            client.stop()

    with stopping(client, limit):
        client.run(handle)
    return events


@contextlib.contextmanager
def stopping(client: MisterWebhooksConsumer, limit: float = 30.0) -> Iterator[None]:
    """The client is stopped when the block takes too long, which then is an error."""
    timer = threading.Timer(limit, client.stop)
    timer.start()
    try:
        yield
        assert timer.is_alive(), f"not done within {limit:g} s"
    finally:
        timer.cancel()


@contextlib.contextmanager
def in_time(limit: float) -> Iterator[None]:
    """The block must not take longer than `limit` seconds."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < limit, f"took {took:.1f} s"


__all__ = [
    "Assignor",
    "Callable",
    "StartFrom",
    "client_of",
    "in_time",
    "numbers",
    "profile_of",
    "run_until",
    "source_of",
    "stopping",
    "webhooks",
]
