from __future__ import annotations

import asyncio
import threading
import time

import pytest

from mister_webhooks_router import (
    App,
    Delivery,
    DrainTimeout,
)
from mister_webhooks_router.engine import EventResult, Runner, RunnerOptions
from tests.mister_webhooks_router.memory_source import TOPIC, MemorySource, body
from tests.mister_webhooks_router.running import ended, in_background


def test_stop_before_run_handles_nothing() -> None:
    """A program that was told to stop while it was starting stops."""
    source = MemorySource(body())
    runner = Runner(App(), source)
    runner.stop()

    assert (runner.run().events, source.closed) == (0, True)


@pytest.mark.parametrize("is_async", [False, True])
def test_stop_lets_the_running_event_end_and_starts_no_other(*, is_async: bool) -> None:
    """All handlers of the running event run, the handler can see the stop, and the rest of the batch stays."""
    app, seen, started, go = App(), list[bool](), threading.Event(), threading.Event()

    def plain(delivery: Delivery) -> None:
        seen.append(delivery.shutting_down)
        started.set()
        go.wait(10)
        seen.append(delivery.shutting_down)

    async def coroutine(delivery: Delivery) -> None:
        await asyncio.to_thread(plain, delivery)

    app.on(name="first")(coroutine if is_async else plain)
    app.on(name="second")(lambda: None)
    source = MemorySource(*map(body, range(3)))
    runner = Runner(app, source)
    thread, raised = in_background(runner)
    assert started.wait(10)
    runner.stop()
    go.set()

    assert ended(thread)
    assert (raised, seen, source.offset, runner.report.handled) == ([], [False, True], 1, 2)


def test_a_handler_may_stop_the_run() -> None:
    """Its own event is finished first."""
    app, source = App(), MemorySource(body(0), body(1))
    runner = Runner(app, source)
    app.on(name="stops")(runner.stop)

    assert (runner.run().handled, source.offset) == (1, 1)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_drain_that_takes_too_long_is_given_up(*, is_async: bool) -> None:
    """Exit 75: the handler is named, its offset is kept, what it does later changes nothing."""
    app, started, go, results = App(), threading.Event(), threading.Event(), list[EventResult]()

    def plain(payload: int) -> None:
        if payload == 1:
            started.set()
            go.wait(10)

    async def coroutine(payload: int) -> None:
        if payload == 1:
            started.set()
            await asyncio.sleep(10)

    app.on(name="stuck")(coroutine if is_async else plain)
    source = MemorySource(body(0), body(1), body(2))
    runner = Runner(app, source, RunnerOptions(drain=0.05), on_event=results.append)
    thread, raised = in_background(runner)
    assert started.wait(10)
    runner.stop()

    assert ended(thread)
    assert isinstance(raised[0], DrainTimeout)
    assert "stuck" in str(raised[0])
    assert f"{TOPIC}:0:1" in str(raised[0])
    assert (raised[0].exit_code, source.offset) == (75, 1)
    go.set()
    time.sleep(0.05)  # gives the abandoned thread the chance to do harm
    assert (len(results), source.offset, runner.report.events) == (1, 1, 1)
