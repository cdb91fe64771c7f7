from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from mister_webhooks.errors import BrokerUnreachable
from mister_webhooks.source import RebalanceListener
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import (
    App,
    Delivery,
)
from mister_webhooks_router.engine import EventResult, Runner
from tests.mister_webhooks_router.memory_source import MemorySource, body
from tests.mister_webhooks_router.running import BURST, ended, in_background, run


def test_events_are_handled_in_order_and_committed_to_the_end() -> None:
    """A burst works off what is there, one event after the other, and commits it."""
    app, seen = App(), list[int]()
    app.on(name="collect")(lambda payload: seen.append(payload))  # noqa: PLW0108  its argument has the name
    source = MemorySource(*map(body, range(1200)))
    report = run(app, source)

    assert (seen, source.offset, source.closed) == (list(range(1200)), 1200, True)
    assert (report.events, report.handled, report.unmatched, report.handlers["collect"].handled) == (
        1200,
        1200,
        0,
        1200,
    )


def test_all_matching_handlers_run_in_the_order_of_registration() -> None:
    """`def` and `async def` take turns without changing the order, and those that do not match stay out."""
    app, seen = App(), list[tuple[str, int]]()

    @app.on(method="POST")
    def first(payload: int) -> None:
        seen.append(("first", payload))

    @app.on(method="GET")
    def never(payload: int) -> None:
        seen.append(("never", payload))

    @app.on(method=["POST", "PUT"])
    async def second(payload: int) -> None:
        await asyncio.sleep(0)
        seen.append(("second", payload))

    @app.on()
    def third(payload: int) -> None:
        seen.append(("third", payload))

    report = run(app, MemorySource(body(1), body(2)))

    assert seen == [(name, number) for number in (1, 2) for name in ("first", "second", "third")]
    assert (report.events, report.handled) == (2, 6)


def test_arguments_are_given_by_name() -> None:
    """A handler gets those of event, payload, headers, delivery and log that it names; `**` gets the rest."""
    app, seen = App(), dict[str, Any]()

    @app.on()
    def handler(headers: object, event: WebhookEvent, delivery: Delivery, **rest: object) -> None:
        seen.update(rest, headers=headers, event=event, delivery=delivery)

    run(app, MemorySource(body({"a": 1}, headers={"X-One": ["1"]})))

    assert seen["payload"] == {"a": 1} == seen["event"].payload
    assert seen["headers"] is seen["event"].headers
    assert seen["headers"]["x-one"] == ["1"]
    assert (seen["delivery"].handler.name, seen["delivery"].attempt) == (app.handlers[0].name, 1)
    assert seen["log"] is seen["delivery"].log


def test_the_observer_is_told_of_unmatched_events() -> None:
    """An event that no handler wants has a result without deliveries, and its offset is finished."""
    app, results = App(), list[EventResult]()
    app.on(method="GET", name="never")(lambda: None)
    source = MemorySource(body())
    report = Runner(app, source, BURST, on_event=results.append).run()

    assert [result.deliveries for result in results] == [[]]
    assert (report.events, report.unmatched, source.offset) == (1, 1, 1)


def test_an_observer_that_fails_stops_the_run() -> None:
    """Its error comes out as it is, and the event's offset is kept."""

    def observe(result: EventResult) -> None:
        raise LookupError("observer")

    source = MemorySource(body())
    with pytest.raises(LookupError, match="observer"):
        Runner(App(), source, BURST, on_event=observe).run()

    assert source.offset == 0


def test_events_that_come_later_are_handled() -> None:
    """Without `burst` the runner waits for more, without polling for it."""
    app, seen = App(), list[int]()
    arrived = threading.Event()

    @app.on()
    def handler(payload: int) -> None:
        seen.append(payload)
        arrived.set()

    source = MemorySource()
    runner = Runner(app, source)
    thread, raised = in_background(runner)
    for number in range(3):
        arrived.clear()
        source.add(body(number))
        assert arrived.wait(10)
    runner.stop()

    assert ended(thread)
    assert (seen, raised, source.offset) == ([0, 1, 2], [], 3)


def test_what_the_source_raises_comes_out() -> None:
    """A broker's refusal ends the run as itself."""
    with pytest.raises(BrokerUnreachable):
        run(App(), MemorySource(failing_poll=BrokerUnreachable("gone")))


def test_a_source_that_does_not_open_ends_the_run() -> None:
    """Its error comes out, and it is closed."""

    class Shut(MemorySource):
        def open(self, listener: RebalanceListener) -> None:
            raise BrokerUnreachable("nobody listens")

    source = Shut()
    with pytest.raises(BrokerUnreachable, match="nobody listens"):
        Runner(App(), source).run()

    assert source.closed


def test_background_tasks_are_cancelled_at_the_end() -> None:
    """What a handler left running is told that it is over."""
    app, ends, background = App(), list[str](), set[asyncio.Task[None]]()

    async def for_ever() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ends.append("cancelled")

    @app.on()
    async def starts() -> None:
        background.add(asyncio.create_task(for_ever()))
        await asyncio.sleep(0)

    run(app, MemorySource(body()))

    assert ends == ["cancelled"]
