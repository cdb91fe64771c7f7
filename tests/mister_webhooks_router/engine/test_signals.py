from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mister_webhooks_router import App
from mister_webhooks_router.engine import Runner
from tests.mister_webhooks_router.memory_source import MemorySource, body
from tests.mister_webhooks_router.running import BURST

PROGRAM = Path(__file__).with_name("stopped_program.py")
ROOT = PROGRAM.parents[3]
INT, TERM = signal.SIGINT, signal.SIGTERM


@contextmanager
def program(kind: str, loop: str, drain: float = 30.0) -> Iterator[subprocess.Popen[str]]:
    """The program, inside the handler of its second event."""
    with subprocess.Popen(
        [sys.executable, PROGRAM, kind, str(drain), loop],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            while line.startswith("committed"):
                line = process.stdout.readline()
            assert line == "running\n", (line, process.stderr)
            yield process
        finally:
            process.kill()


def ended_soon(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "loop", "number"),
    [
        ("until_stop", "uvloop", INT),
        ("until_stop", "asyncio", TERM),
        ("until_stop_async", "uvloop", TERM),
        ("until_stop_async", "asyncio", INT),
    ],
)
def test_the_first_signal_lets_the_running_event_end(kind: str, loop: str, number: signal.Signals) -> None:
    """The running handler sees the stop and ends, its offset is committed, the third event is left, `run` returns."""
    with program(kind, loop) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=20)

    assert (process.returncode, out.splitlines()[-3:], err) == (0, ["saw the stop", "committed 2", "handled 2"], "")


@pytest.mark.parametrize(
    ("kind", "loop", "number"),
    [
        ("for_ever", "uvloop", INT),
        ("for_ever", "asyncio", TERM),
        ("for_ever_async", "uvloop", TERM),
        ("for_ever_async", "asyncio", INT),
        ("blocks_the_loop", "uvloop", TERM),
        ("blocks_the_loop", "asyncio", INT),
    ],
)
def test_the_second_signal_ends_the_process_at_once(kind: str, loop: str, number: signal.Signals) -> None:
    """Also where a handler blocks the loop. The exit code is 128 + the signal's number, nothing more is committed."""
    with program(kind, loop) as process:
        while not ended_soon(process):  # two signals that arrive together are one: send until a second was seen
            process.send_signal(number)
        out, err = process.communicate(timeout=20)

    assert process.returncode == 128 + number
    assert "committed 2" not in out
    assert err == f"{number.name} again: stopped at once, nothing more was committed.\n"


@pytest.mark.parametrize(("kind", "loop"), [("for_ever", "uvloop"), ("for_ever_async", "asyncio")])
def test_a_handler_that_outlasts_the_drain_does_not_hold_the_process(kind: str, loop: str) -> None:
    """Exit 75; what was finished is committed, the offset of the stuck one is kept."""
    with program(kind, loop, drain=0.05) as process:
        process.send_signal(TERM)
        out, _err = process.communicate(timeout=20)

    assert process.returncode == 75
    assert "committed 1" in out
    assert "committed 2" not in out
    assert f"{kind}, on incoming.acme.github:0:1, was still running" in out


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_handler_that_blocks_the_loop_does_not_hold_the_process(loop: str) -> None:
    """Exit 75 all the same, with the stack that shows where it is blocked."""
    with program("blocks_the_loop", loop, drain=0.05) as process:
        process.send_signal(TERM)
        out, err = process.communicate(timeout=20)

    assert process.returncode == 75
    assert ("committed 1" in out, "committed 2" in out) == (True, False)
    assert "blocks_the_loop, on incoming.acme.github:0:1, was still running" in err
    assert "It blocks the event loop" in err
    assert "in blocks_the_loop\n" in err


def test_signal_handlers_are_as_before_after_a_run() -> None:
    """The runner leaves no trace in a program that goes on."""
    before = [signal.getsignal(number) for number in (INT, TERM)]
    Runner(App(), MemorySource(body()), BURST).run()

    assert [signal.getsignal(number) for number in (INT, TERM)] == before


def test_a_runner_in_another_thread_leaves_signals_alone() -> None:
    """Only the main thread can handle them; elsewhere the runner runs without."""
    reports = list[int]()
    runner = Runner(App(), MemorySource(body()), BURST)
    thread = threading.Thread(target=lambda: reports.append(runner.run().events))
    thread.start()
    thread.join(10)

    assert reports == [1]
