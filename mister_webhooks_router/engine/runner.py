"""The runner: takes events from a source and delivers them, one at a time, until there are no more or it is stopped.

    poll thread (Intake)  ->  loop, main thread: async handlers      commits
                              handlers' thread: `def` handlers

The work of a batch goes on wherever its last delivery ran: a row of `def` deliveries costs one hop, not one each.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from mister_webhooks.intake import Batch, Intake, IntakeEnded
from mister_webhooks.source import EventSource
from mister_webhooks_router import messages
from mister_webhooks_router.app import App
from mister_webhooks_router.delivery import Shutdown
from mister_webhooks_router.engine.driver import Driver
from mister_webhooks_router.engine.guard import DrainGuard
from mister_webhooks_router.engine.lifespan import Lifespans
from mister_webhooks_router.engine.loop import new_event_loop
from mister_webhooks_router.engine.results import EventResult, RunReport
from mister_webhooks_router.engine.signals import in_main_thread, stop_signals
from mister_webhooks_router.engine.steps import EventSteps
from mister_webhooks_router.engine.thread import HandlerThread
from mister_webhooks_router.errors import DrainTimeout, ExitCode

_CANCEL_SECONDS = 2.0
_BLOCKED_CLOSE_SECONDS = 5.0
_STDERR = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """How to run.

    Args:
        drain: seconds that the running delivery has after the stop.
        keep_going: a failed delivery is only shown, its event's offset is finished and the next event comes.
        burst: end when everything is handled that was there at the start.
    """

    drain: float = 30.0
    keep_going: bool = False
    burst: bool = False


class Runner:
    """Delivers the events of a source to the handlers of an app.

    Args:
        app: the handlers.
        source: where events come from and where finished offsets go; not yet open.
        options: how to run.
        on_event: called after each event with its deliveries, on the thread where the last of them ran, one at a time.
    """

    def __init__(
        self,
        app: App,
        source: EventSource,
        options: RunnerOptions | None = None,
        *,
        on_event: Callable[[EventResult], None] | None = None,
    ) -> None:
        self._app = app
        self._options = options or RunnerOptions()
        self._shutdown = Shutdown()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._guard: DrainGuard | None = None
        self._ready = asyncio.Event()
        self._stop_asked = asyncio.Event()
        self._lifespans = Lifespans(app.lifespans, self._options.drain)
        self._intake = Intake(source, burst=self._options.burst, on_ready=lambda: self._on_loop(self._ready.set))
        self._steps = EventSteps(
            app,
            self._intake,
            self._shutdown,
            keep_going=self._options.keep_going,
            on_event=on_event or _nobody,
        )

    @property
    def report(self) -> RunReport:
        """What has been done so far."""
        return self._steps.report

    def run(self) -> RunReport:
        """Run until the source is worked off (`burst`), `stop`, or SIGINT or SIGTERM; return what was done.

        To be called once. In the main thread it handles the two signals: the first lets the running event end, the
        second ends the process at once. In another thread it leaves signals alone.

        Raises:
            HandlerFailed: a handler raised. The offsets before its event are committed, its own is kept.
            MalformedRecord: a record breaks the protocol; the same.
            DrainTimeout: a delivery was still running `drain` seconds after the stop. Threads may be stuck: leave with
                `os._exit`, which waits for none.
            LifespanFailed: the app's lifespan raised: at the start, and nothing was read; or later, and everything that
                is finished is committed.
            BrokerError: what the source raised.
            SystemExit, KeyboardInterrupt: a handler raised it; the offset of its event is kept.
        """
        self._loop = new_event_loop()
        try:
            with stop_signals(self._loop, self.stop):
                self._run(self._loop)
        finally:
            self._loop.close()
        return self.report

    def stop(self) -> None:
        """Let the running event end and start no other. Safe in any thread, a signal handler and a handler."""
        self._shutdown.begun = True
        self._intake.stop()
        self._on_loop(self._stop_asked.set)
        if self._guard is not None:
            self._guard.drain()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        thread = HandlerThread(loop)
        driver = Driver(self._app, thread, contextvars.copy_context())
        end: BaseException | None = None
        try:
            if loop.run_until_complete(self._lifespans.enter(self._stop_asked)):
                self._intake.start()
                self._guard = DrainGuard(self._options.drain, self._end_blocked) if in_main_thread() else None
                end = loop.run_until_complete(self._until_end(driver))
        except BaseException as error:  # noqa: BLE001  raised again below
            end = error
        unclosed = self._close(loop, thread)
        if end is None:
            end = unclosed
        elif unclosed is not None:
            _log.error("%s", unclosed)
        if end is not None:
            raise end

    async def _until_end(self, driver: Driver) -> BaseException | None:
        """Work until there is nothing more to do; return what ended it."""
        work = asyncio.create_task(self._work(driver))
        ends = {asyncio.create_task(one.wait()) for one in (self._stop_asked, self._lifespans.ended)}
        await asyncio.wait({work, *ends}, return_when=asyncio.FIRST_COMPLETED)
        for one in ends:
            one.cancel()
        if self._lifespans.ended.is_set():
            self.stop()
        await asyncio.wait({work}, timeout=self._options.drain)
        if work.done():
            return work.result()
        driver.abandon()
        return DrainTimeout(messages.drain_timeout(self._what_runs(), self._options.drain))

    async def _work(self, driver: Driver) -> BaseException | None:
        """Batch after batch. An exception is returned, for the loop would take SystemExit as its own end."""
        try:
            while True:
                await driver.work(self._steps.of(await self._next_batch()))
        except IntakeEnded:
            return None
        except BaseException as error:  # noqa: BLE001  raised again outside of the loop
            return error

    async def _next_batch(self) -> Batch:
        while (batch := self._intake.take(timeout=0)) is None:
            await self._ready.wait()
            self._ready.clear()
        return batch

    def _close(self, loop: asyncio.AbstractEventLoop, thread: HandlerThread) -> BaseException | None:
        """Commit and leave the group, then leave the lifespans; return what went wrong with these."""
        if self._guard is not None:
            self._guard.end()
        thread.end()
        self._intake.release()
        self._intake.close()
        # What handlers left running may use what the lifespans have open.
        loop.run_until_complete(_cancel_all_but(self._lifespans.tasks))
        unclosed = loop.run_until_complete(self._lifespans.leave())
        loop.run_until_complete(_cancel_all_but(frozenset()))
        # Not sooner: a lifespan may be an asynchronous generator.
        loop.run_until_complete(loop.shutdown_asyncgens())
        return unclosed

    def _on_loop(self, call: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the run is over
                self._loop.call_soon_threadsafe(call)

    def _what_runs(self) -> str:
        running = self._steps.running
        return "a handler" if running is None else f"{running.handler.name}, on {running.event.position},"

    def _end_blocked(self) -> None:
        """On the guard's thread: commit what is finished and end the process, for the loop never will."""
        self._intake.release()
        self._intake.close(_BLOCKED_CLOSE_SECONDS)
        os.write(_STDERR, messages.loop_blocked(self._what_runs(), self._options.drain).encode() + b"\n\n")
        faulthandler.dump_traceback(_STDERR)
        flushing = threading.Thread(target=sys.stdout.flush, daemon=True)
        flushing.start()
        flushing.join(1.0)
        os._exit(ExitCode.STUCK)


async def _cancel_all_but(others: AbstractSet[asyncio.Task[object]]) -> None:
    """Cancel what handlers have left running, and give it a moment to end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()} - others
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_CANCEL_SECONDS)


def _nobody(_result: EventResult) -> None:
    pass
