from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from mister_webhooks.source import TopicPartition
from mister_webhooks_router import App, AppError, DrainTimeout, HandlerFailed, LifespanFailed
from mister_webhooks_router.engine import Runner, RunnerOptions
from tests.mister_webhooks_router.memory_source import MemorySource, body
from tests.mister_webhooks_router.running import BURST, ended, in_background, run


class Seen(list[str]):
    """What happened, in order."""

    def lifespan(self, name: str = "", *, enter: Exception | None = None, leave: Exception | None = None) -> Any:  # noqa: ANN401  a lifespan
        @asynccontextmanager
        async def lifespan(app: App) -> AsyncIterator[None]:
            assert isinstance(app, App)
            if enter is not None:
                raise enter
            self.append(f"enter{name}")
            try:
                yield
            finally:
                await asyncio.sleep(0)
                self.append(f"leave{name}")
            if leave is not None:
                raise leave

        return lifespan

    def source(self, *values: bytes) -> MemorySource:
        seen = self

        class Source(MemorySource):
            def open(self, listener: Any) -> None:  # noqa: ANN401  the protocol's
                seen.append("open")
                super().open(listener)

            def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
                seen.append("commit")
                super().commit(offsets)

            def close(self) -> None:
                super().close()
                seen.append("close")

        return Source(*values)


def test_it_is_entered_before_the_first_event_and_left_after_the_last_commit() -> None:
    """So nothing is read that cannot be handled, and nothing is closed that a handler may still need."""
    seen = Seen()
    app = App(lifespan=seen.lifespan())
    app.on(name="plain")(lambda: seen.append("plain"))
    run(app, seen.source(body()))

    assert seen == ["enter", "open", "plain", "commit", "close", "leave"]


def test_those_of_included_apps_are_entered_after_it_and_left_before() -> None:
    """Each is given the app that it was made for."""
    seen = Seen()
    app, other = App(lifespan=seen.lifespan("1")), App(lifespan=seen.lifespan("2"))
    app.include(other)
    run(app, MemorySource(body()))

    assert seen == ["enter1", "enter2", "leave2", "leave1"]


def test_handlers_share_its_loop() -> None:
    """What it opens on the loop is used there by `async def` handlers; a task group of its own works too."""
    seen = Seen()

    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            queue: asyncio.Queue[str] = asyncio.Queue()
            vars(app)["queue"] = queue

            async def serve() -> None:
                while (text := await queue.get()) != "end":
                    seen.append(text)

            task = group.create_task(serve())
            yield
            assert not task.cancelled()
            await queue.put("end")

    app = App(lifespan=lifespan)

    @app.on()
    async def handle(payload: Any) -> None:  # noqa: ANN401  JSON
        await vars(app)["queue"].put(payload)

    run(app, MemorySource(body("a"), body("b")))

    assert seen == ["a", "b"]


def test_what_handlers_left_running_ends_before_it_is_left() -> None:
    """A task in the background may use what the lifespan closes."""
    seen = Seen()
    app = App(lifespan=seen.lifespan())
    tasks = list[asyncio.Task[None]]()

    async def background() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("background ended")

    @app.on()
    async def start() -> None:
        tasks.append(asyncio.create_task(background()))
        await asyncio.sleep(0)

    run(app, MemorySource(body()))

    assert seen == ["enter", "background ended", "leave"]


def test_a_failure_at_the_start_reads_nothing() -> None:
    """Exit 3 with the user's own frames; those that were entered are left, the source stays closed."""
    seen = Seen()
    app, other = App(lifespan=seen.lifespan("1")), App(lifespan=seen.lifespan(enter=OSError("no database")))
    app.include(other)
    with pytest.raises(
        LifespanFailed, match="failed at the start, before the first event: OSError: no database"
    ) as failure:
        run(app, seen.source(body()))

    assert seen == ["enter1", "leave1"]
    assert failure.value.exit_code == 3
    assert isinstance(failure.value.__cause__, OSError)
    frames = [line for line in str(failure.value).splitlines() if line.startswith("  File")]
    assert [line.rpartition(" in ")[2] for line in frames] == ["lifespan"]


def test_a_failure_at_the_end_comes_after_the_last_commit() -> None:
    """What is finished stays finished; the others are left all the same."""
    seen = Seen()
    app, other = App(lifespan=seen.lifespan("1")), App(lifespan=seen.lifespan("2", leave=OSError("boom")))
    app.include(other)
    source = seen.source(body())
    with pytest.raises(LifespanFailed, match="failed at the end, after the last commit: OSError: boom") as failure:
        run(app, source)

    assert (source.offset, failure.value.exit_code) == (1, 3)
    assert seen[-3:] == ["close", "leave2", "leave1"]


def test_the_failure_of_a_handler_comes_first(caplog: pytest.LogCaptureFixture) -> None:
    """It says why the run ended; what failed on the way out is logged."""
    seen = Seen()
    app = App(lifespan=seen.lifespan(leave=OSError("boom")))
    app.on(name="fragile")(lambda: 1 / 0)
    with caplog.at_level(logging.ERROR), pytest.raises(HandlerFailed, match="fragile failed"):
        run(app, MemorySource(body()))

    assert seen == ["enter", "leave"]
    assert "failed at the end, after the last commit: OSError: boom" in caplog.text


def test_a_source_that_does_not_open_leaves_it() -> None:
    """The lifespan is closed however the run ends."""
    seen = Seen()

    class Source(MemorySource):
        def open(self, listener: Any) -> None:  # noqa: ANN401  the protocol's
            raise ConnectionError("no broker")

    with pytest.raises(ConnectionError):
        run(App(lifespan=seen.lifespan()), Source())

    assert seen == ["enter", "leave"]


def test_a_stop_while_it_is_entered_ends_the_run() -> None:
    """Nothing is read; what was entered is left."""
    seen = Seen()

    @asynccontextmanager
    async def slow(app: App) -> AsyncIterator[None]:
        runner.stop()
        await asyncio.sleep(60)
        yield

    app, other = App(lifespan=seen.lifespan()), App(lifespan=slow)
    app.include(other)
    runner = Runner(app, seen.source(body()))
    report = runner.run()

    assert (seen, report.events) == (["enter", "leave"], 0)


def test_one_that_does_not_close_is_not_waited_for_for_ever() -> None:
    """The drain limits it; exit 75, the offsets are committed."""

    @asynccontextmanager
    async def stubborn(app: App) -> AsyncIterator[None]:
        yield
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
                if freed:
                    return

    freed = list[bool]()
    source = MemorySource(body())
    runner = Runner(App(lifespan=stubborn), source, RunnerOptions(burst=True, drain=0.05))
    with pytest.raises(DrainTimeout, match=r"still closing 0\.05 s after the last commit") as error:
        runner.run()

    assert (source.offset, error.value.exit_code) == (1, 75)


@pytest.mark.parametrize("caught", [False, True])
def test_one_that_ends_while_events_are_handled_ends_the_run(*, caught: bool) -> None:
    """What handlers use is closed then: the next event must not be handled, nor the failure be lost."""
    handled, broken = list[int](), asyncio.Event()

    @asynccontextmanager
    async def fragile(app: App) -> AsyncIterator[None]:
        async def refresh() -> None:
            await broken.wait()
            raise OSError("no database")

        with contextlib.suppress(*[ExceptionGroup] * caught):
            async with asyncio.TaskGroup() as group:
                group.create_task(refresh())
                yield

    app = App(lifespan=fragile)

    @app.on()
    async def handle(payload: int) -> None:
        broken.set()
        await asyncio.sleep(0.05)
        handled.append(payload)

    source = MemorySource(*(body(number) for number in range(50)))
    with pytest.raises(LifespanFailed, match="ended while events were handled") as failure:
        run(app, source)

    assert 1 <= source.offset == len(handled) < 50
    assert caught or isinstance(failure.value.__cause__, ExceptionGroup)


@pytest.mark.parametrize("entered", [False, True])
def test_a_cancellation_of_its_own_is_a_failure(*, entered: bool) -> None:
    """As awaiting a task that was cancelled raises it: nobody has asked the program to stop."""

    @asynccontextmanager
    async def cancels(app: App) -> AsyncIterator[None]:
        if entered:
            yield
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task
        yield

    with pytest.raises(LifespanFailed, match="failed at the " + ("end" if entered else "start")):
        run(App(lifespan=cancels), MemorySource(body()))


def test_it_works_in_another_thread() -> None:
    """A runner does not need the main thread."""
    seen = Seen()
    thread, raised = in_background(Runner(App(lifespan=seen.lifespan()), MemorySource(body()), BURST))

    assert ended(thread)
    assert (raised, seen) == ([], ["enter", "leave"])


@contextmanager
def synchronous(app: App) -> Iterator[None]:
    yield


async def undecorated(app: App) -> AsyncIterator[None]:
    yield


async def coroutine(app: App) -> None: ...


class Synchronous:
    def __init__(self, app: App) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


@pytest.mark.parametrize(
    ("lifespan", "said"),
    [
        (3, "lifespan=3 is no function."),
        (synchronous, "synchronous makes a context manager for `with`, not for `async with`."),
        (undecorated, "undecorated makes no context manager."),
        (coroutine, "coroutine makes no context manager."),
    ],
)
def test_what_cannot_be_one_is_refused(lifespan: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """When the app is made, with what to write."""
    with pytest.raises(AppError) as error:
        App(lifespan=lifespan)

    assert said in str(error.value)
    assert "Write @contextlib.asynccontextmanager" in str(error.value)


@pytest.mark.parametrize(
    ("lifespan", "said"),
    [
        (Synchronous, "Synchronous makes a context manager for `with`"),
        (lambda app: None, "makes no context manager"),
        (lambda app: coroutine(app), "makes no context manager"),  # noqa: PLW0108  a plain function is the point
    ],
)
def test_what_turns_out_to_be_none_stops_the_start(lifespan: Callable[[App], Any], said: str) -> None:
    """What it makes is seen when it is called; nothing is read."""
    seen = Seen()
    with pytest.raises(AppError, match=said):
        run(App(lifespan=lifespan), seen.source(body()))

    assert seen == []
