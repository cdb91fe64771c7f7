"""One topic that several senders write to: each event reaches its own handlers, with the real runner."""

from __future__ import annotations

from collections import defaultdict

from mister_webhooks.types import Encoding
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import App, Delivery
from mister_webhooks_router.samples import samples
from tests.mister_webhooks_router.memory_source import TOPIC, MemorySource
from tests.mister_webhooks_router.running import run

SENDERS = ("github", "stripe", "gitlab", "standard-webhooks", "svix")


def mixed() -> MemorySource:
    """The samples of all senders, taking turns, half of them in each encoding."""
    source = MemorySource()
    waiting = [samples(sender) for sender in SENDERS]
    while any(waiting):
        for number, events in enumerate(filter(None, waiting)):
            source.add(events.pop(0).envelope(Encoding.CBOR if number % 2 else Encoding.JSON))
    return source


def test_each_event_reaches_its_own_handlers_only() -> None:
    """By sender, by event with an action in the body, by glob, and by event in the body; all others get nothing."""
    app, seen = App(), defaultdict[str, list[str]](list)

    def note(name: str, *events: str) -> None:
        @app.on(*events, name=name)
        def handler(delivery: Delivery) -> None:
            assert delivery.origin is not None
            seen[name].append(f"{delivery.origin.provider.name}:{delivery.origin.event}")

    for sender in SENDERS:
        note(sender, f"{sender}:*")
    note("opened", "github:pull_request.opened", "github:issues.opened")
    note("pull requests", "github:pull_request")
    note("paid", "stripe:invoice.paid", "standard-webhooks:invoice.paid")
    note("users", "svix:user.*")
    note("nobody", "github:release.deleted", "stripe:charge.*.x", "gitlab:wiki", "svix:invoice.paid")
    report = run(app, mixed())

    assert {name: len(seen[name]) for name in SENDERS} == {name: len(samples(name)) for name in SENDERS}
    assert all(one.startswith(f"{name}:") for name in SENDERS for one in seen[name])
    assert seen["opened"] == ["github:pull_request.opened", "github:issues.opened"]
    assert seen["pull requests"] == ["github:pull_request.opened", "github:pull_request.closed"]
    assert seen["paid"] == ["stripe:invoice.paid", "standard-webhooks:invoice.paid"]
    assert seen["users"] == ["svix:user.created", "svix:user.deleted"]
    assert "nobody" not in seen
    assert (report.unmatched, report.failed, report.events) == (0, 0, sum(len(samples(name)) for name in SENDERS))


def test_a_delivery_tells_where_its_event_comes_from() -> None:
    """Sender, event, the sender's id and time; of an unknown sender nothing."""
    app, seen = App(), list[object]()

    @app.on(name="all")
    def handler(delivery: Delivery, event: WebhookEvent) -> None:
        origin = delivery.origin
        seen.append(origin and (origin.provider.name, origin.event, origin.delivery_id, origin.occurred_at is None))

    one = samples("github")[1]
    source = MemorySource(one.envelope())
    source.add(type(one)(TOPIC, one.timestamp, one.method, {}, {}).envelope())
    run(app, source)
    ids = ("github", one.headers["X-GitHub-Hook-ID"][0], one.headers["X-GitHub-Delivery"][0])

    assert seen == [("github", "push", ids, True), None]
