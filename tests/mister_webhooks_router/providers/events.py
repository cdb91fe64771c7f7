"""Events for these tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from mister_webhooks import ConsumerRecord, Envelope, Headers, HTTPMethod, WebhookEvent, encode_envelope
from mister_webhooks.payload import JSON
from mister_webhooks_router.providers import Providers, builtin_providers

BUILTIN = Providers(builtin_providers())


def event(
    headers: Mapping[str, str] | None = None, payload: JSON = None, *, topic: str | None = "incoming.acme.mixed"
) -> WebhookEvent:
    """An event with these headers and this body."""
    values = Headers({name: [value] for name, value in (headers or {}).items()})
    return WebhookEvent(HTTPMethod.POST, datetime(2026, 11, 20, tzinfo=UTC), values, payload, topic=topic)


def broken(headers: Mapping[str, str]) -> WebhookEvent:
    """An event that was read from a record and whose body is no JSON."""
    envelope = Envelope("POST", {name: [value] for name, value in headers.items()}, b'{"type":', "JSON")
    record = ConsumerRecord(
        "incoming.acme.mixed",
        0,
        -1,
        7,
        1_795_000_000_000,
        0,
        None,
        encode_envelope(envelope),
        [("envelope", b"\x80")],
        None,
        -1,
        -1,
        -1,
    )
    found = WebhookEvent.from_record(record)
    assert found is not None
    return found
