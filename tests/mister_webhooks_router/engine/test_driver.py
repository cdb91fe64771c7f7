from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from mister_webhooks_router import (
    App,
    Delivery,
    HandlerFailed,
    Middleware,
    MiddlewareError,
    Next,
    Outcome,
    Phase,
)
from mister_webhooks_router.engine import EventResult, Runner, RunnerOptions
from tests.mister_webhooks_router.memory_source import MemorySource, body
from tests.mister_webhooks_router.running import BURST, run

_who: contextvars.ContextVar[str] = contextvars.ContextVar("_who", default="nobody")


def test_def_handlers_run_on_a_thread_and_async_handlers_on_the_loop() -> None:
    """Whoever is `async def` runs where `run` was called; a `def` runs on a daemon thread of ours."""
    app, threads = App(), dict[str, threading.Thread]()

    @app.on()
    def plain() -> None:
        threads["plain"] = threading.current_thread()

    @app.on()
    async def coroutine() -> None:
        threads["coroutine"] = threading.current_thread()

    run(app, MemorySource(body()))

    assert threads["coroutine"] is threading.current_thread()
    assert threads["plain"] is not threading.current_thread()
    assert threads["plain"].daemon


@pytest.mark.parametrize("kind", ["lambda", "object", "method"])
def test_whatever_is_awaitable_is_awaited(kind: str) -> None:
    """A lambda that returns a coroutine, an object with an async `__call__` and a bound method are handlers."""
    seen = list[object]()

    class Counter:
        async def __call__(self, payload: object) -> None:
            await asyncio.sleep(0)
            seen.append(payload)

    counter = Counter()
    handlers: dict[str, Callable[[object], Awaitable[None]]] = {
        "lambda": lambda payload: counter(payload),  # noqa: PLW0108  a lambda is the point
        "object": counter,
        "method": counter.__call__,
    }
    app = App()
    app.on(name="counter")(handlers[kind])
    run(app, MemorySource(body("x")))

    assert seen == ["x"]


def test_each_delivery_has_a_copy_of_the_context() -> None:
    """What a handler sets in a context variable is gone in the next delivery; what was set before `run` is there."""
    app, seen = App(), list[str]()

    @app.on()
    def plain(payload: str) -> None:
        seen.append(_who.get())
        _who.set(payload)

    @app.on()
    async def coroutine(payload: str) -> None:
        seen.append(_who.get())
        _who.set(payload)

    token = _who.set("caller")
    run(app, MemorySource(body("one"), body("two")))
    _who.reset(token)

    assert seen == ["caller"] * 4


def test_background_tasks_go_on_while_a_def_handler_runs() -> None:
    """A `def` handler may wait for what a task of an async handler does: it does not block the loop."""
    app, proceed, background = App(), threading.Event(), set[asyncio.Task[None]]()

    async def signal_soon() -> None:
        await asyncio.sleep(0.01)
        proceed.set()

    @app.on()
    async def starts() -> None:
        background.add(asyncio.create_task(signal_soon()))

    @app.on()
    def waits() -> None:
        assert proceed.wait(10)

    assert run(app, MemorySource(body())).handled == 2


def test_what_a_handler_does_to_its_task_does_not_reach_the_next() -> None:
    """A handler that cancels its own task fails alone."""
    app, seen = App(), list[int]()

    @app.on()
    async def handler(payload: int) -> None:
        if payload == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        await asyncio.sleep(0)
        seen.append(payload)

    report = run(app, MemorySource(body(0), body(1)), RunnerOptions(burst=True, keep_going=True))

    assert (seen, report.failed, report.handled) == ([1], 1, 1)


def test_a_loop_full_of_unwanted_events_still_gives_tasks_their_turn() -> None:
    """Events that no handler wants are passed over on the loop, which breathes in between."""
    app, ticks, background, seen = App(), list[int](), set[asyncio.Task[None]](), list[int]()

    async def tick() -> None:
        while True:
            ticks.append(1)
            await asyncio.sleep(0)

    def observe(result: EventResult) -> None:
        time.sleep(0.002)
        seen.append(len(ticks))

    @app.on(method="PUT")
    async def starts() -> None:
        background.add(asyncio.create_task(tick()))

    Runner(app, MemorySource(body(method="PUT"), *[body()] * 20), BURST, on_event=observe).run()

    assert len(set(seen[1:])) > 3, "the batch was passed over in one go"


async def waits(delivery: Delivery, call_next: Next) -> Outcome:
    """A layer that needs the loop."""
    await asyncio.sleep(0)
    return await call_next(delivery)


def with_layer(app: App, *layers: Middleware) -> App:
    app.__dict__["_middleware"] = layers
    return app


@pytest.mark.parametrize("is_async", [False, True])
def test_layers_that_wait_are_run_on_the_loop(*, is_async: bool) -> None:
    """Below such a layer a `def` handler still runs on the handlers' thread, under the delivery's context."""
    app, seen = App(), list[str]()

    async def sets(delivery: Delivery, call_next: Next) -> Outcome:
        _who.set("layer")
        return await call_next(delivery)

    def plain() -> None:
        seen.append(f"{_who.get()} {threading.current_thread().name}")

    async def coroutine() -> None:
        plain()

    app.on(name="handler")(coroutine if is_async else plain)
    app.on(name="lazy")(lambda: coroutine())  # noqa: PLW0108  a plain function is the point
    run(
        with_layer(app, Middleware("waits", waits, Phase.RETRY), Middleware("sets", sets, Phase.OBSERVE)),
        MemorySource(body()),
    )

    main = threading.current_thread().name
    assert seen == [f"layer {main if is_async else 'mister-webhooks-handlers'}", f"layer {main}"]


def test_a_layer_that_lies_about_being_inline_is_named() -> None:
    """It would hold up the thread: the delivery fails and the message tells why."""
    app = App()
    app.on(name="handler")(lambda: None)
    with_layer(app, Middleware("liar", waits, Phase.ATTEMPT, inline=True))
    with pytest.raises(HandlerFailed, match=r"inline=True.*liar") as failure:
        run(app, MemorySource(body()))

    assert isinstance(failure.value.__cause__, MiddlewareError)
