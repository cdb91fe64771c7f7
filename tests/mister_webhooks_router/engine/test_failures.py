from __future__ import annotations

import asyncio
import gc

import pytest

from mister_webhooks_router import (
    App,
    Handled,
    HandlerFailed,
)
from mister_webhooks_router.engine import EventResult, Runner, RunnerOptions
from tests.mister_webhooks_router.memory_source import TOPIC, MemorySource, body
from tests.mister_webhooks_router.running import BURST, run


def test_a_failure_keeps_its_offset_and_commits_what_was_before() -> None:
    """The other handlers of the event run, then the run stops; the next start gives the event again."""
    app, seen = App(), list[tuple[str, int]]()

    @app.on()
    def fragile(payload: int) -> None:
        if payload == 2:
            raise ValueError("boom")

    @app.on()
    def sturdy(payload: int) -> None:
        seen.append(("sturdy", payload))

    source = MemorySource(*map(body, range(5)))
    runner = Runner(app, source, BURST)
    with pytest.raises(HandlerFailed) as failure:
        runner.run()

    assert (source.offset, seen) == (2, [("sturdy", 0), ("sturdy", 1), ("sturdy", 2)])
    assert (runner.report.events, runner.report.failed, runner.report.handled) == (3, 1, 5)
    assert failure.value.position == f"{TOPIC}:0:2"
    assert source.settled_at_close, "a source waits at its end for what still runs"
    assert [name.rpartition(".")[2] for name in failure.value.handlers] == ["fragile"]
    assert isinstance(failure.value.__cause__, ValueError)


def test_the_text_of_a_failure_shows_the_users_code_alone() -> None:
    """Handler, position, class, message and the user's own frames; no frame of the machinery, kept offset."""
    app = App()

    @app.on(name="deploy")
    def deploy() -> None:
        helper()

    def helper() -> None:
        raise ValueError("boom")

    with pytest.raises(HandlerFailed) as failure:
        run(app, MemorySource(body()))
    text = str(failure.value)

    assert text.startswith(f"deploy failed on {TOPIC}:0:0: ValueError: boom\n")
    assert [line.rpartition(" in ")[2] for line in text.splitlines() if line.startswith("  File")] == [
        "deploy",
        "helper",
    ]
    assert "the event comes again" in text


def test_the_frames_of_an_awaitable_from_a_def_handler_are_the_users_too() -> None:
    """The way over the loop and back leaves no frame."""

    async def later() -> None:
        raise ValueError("boom")

    app = App()
    app.on(name="lazy")(lambda: later())  # noqa: PLW0108  a plain function is the point
    with pytest.raises(HandlerFailed) as failure:
        run(app, MemorySource(body()))

    frames = [line for line in str(failure.value).splitlines() if line.startswith("  File")]
    assert [line.rpartition(" in ")[2] for line in frames] == ["later"]


def test_a_failure_of_two_handlers_names_both() -> None:
    """Nothing is hidden behind the first failure."""
    app = App()

    @app.on(name="one")
    def one() -> None:
        raise ValueError("first")

    @app.on(name="two")
    async def two() -> None:
        raise ConnectionError("second")

    with pytest.raises(HandlerFailed) as failure:
        run(app, MemorySource(body()))

    assert failure.value.handlers == ("one", "two")
    assert "ValueError: first" in str(failure.value)
    assert "ConnectionError: second" in str(failure.value)


def test_keep_going_shows_the_failure_and_goes_on() -> None:
    """Locally the observer is told, the offset is finished and the next event comes."""
    app, results = App(), list[EventResult]()

    @app.on(name="fragile")
    def fragile(payload: int) -> None:
        if payload == 0:
            raise ValueError("boom")

    source = MemorySource(body(0), body(1))
    report = Runner(app, source, RunnerOptions(burst=True, keep_going=True), on_event=results.append).run()

    assert (source.offset, report.failed, report.handled) == (2, 1, 1)
    assert [type(one.error) for result in results for one in result.deliveries] == [ValueError, type(None)]
    assert results[1].deliveries[0].outcome == Handled()
    assert results[1].deliveries[0].seconds >= 0


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("is_async", [False, True])
def test_the_wish_to_end_comes_out_of_a_handler(
    error: BaseException, caplog: pytest.LogCaptureFixture, *, is_async: bool
) -> None:
    """SystemExit and KeyboardInterrupt stop the run as they are: no other handler runs, the offset is kept.

    The loop has nothing to complain about.
    """
    app, seen = App(), list[str]()

    def plain(payload: int) -> None:
        if payload == 1:
            raise error

    async def coroutine(payload: int) -> None:
        plain(payload)

    app.on(name="ends")(coroutine if is_async else plain)
    app.on(name="after")(lambda: seen.append("after"))
    source = MemorySource(body(0), body(1))
    with pytest.raises(type(error)) as raised:
        run(app, source)

    gc.collect()

    assert (raised.value, source.offset, seen) == (error, 1, ["after"])
    assert "never retrieved" not in caplog.text


def test_a_handler_that_is_cancelled_has_failed() -> None:
    """A `CancelledError` of the handler's own making is a failure, not the end of the program."""
    app = App()

    @app.on(name="cancels")
    async def cancels() -> None:
        raise asyncio.CancelledError

    with pytest.raises(HandlerFailed, match=r"cancels failed on .* CancelledError"):
        run(app, MemorySource(body()))


def test_a_generator_out_of_a_plain_function_is_a_failure() -> None:
    """Nobody would run its body: it must not count as handled."""
    app = App()
    app.on(name="sly")(lambda payload: (item for item in payload))
    with pytest.raises(HandlerFailed, match="sly returned a generator"):
        run(app, MemorySource(body([1])))


class Doom(BaseException):
    """What a library of the user's might end its own loops with."""


@pytest.mark.parametrize("error", [Doom("no way"), GeneratorExit()], ids=repr)
@pytest.mark.parametrize("is_async", [False, True])
def test_any_other_exception_is_the_handlers_failure(error: BaseException, *, is_async: bool) -> None:
    """What is neither an Exception nor the wish to end fails the delivery, and no more than that."""
    app, seen = App(), list[int]()

    def plain(payload: int) -> None:
        if payload == 1:
            raise error
        seen.append(payload)

    async def coroutine(payload: int) -> None:
        plain(payload)

    app.on(name="doomed")(coroutine if is_async else plain)
    going_on = MemorySource(*map(body, range(3)))
    report = run(app, going_on, RunnerOptions(burst=True, keep_going=True))

    assert (report.failed, report.handled, going_on.offset) == (1, 2, 3)
    with pytest.raises(HandlerFailed):
        run(app, MemorySource(*map(body, range(3))))
