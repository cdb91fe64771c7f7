"""Enters the lifespans of an app before the first event, and leaves them after the last commit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from mister_webhooks_router import messages
from mister_webhooks_router.app import App
from mister_webhooks_router.errors import AppError, DrainTimeout, LifespanFailed
from mister_webhooks_router.lifespan import Lifespan, open_lifespan


class Lifespans:
    """The lifespans of an app. One task enters and leaves them, as context managers that hold tasks want it.

    Args:
        lifespans: in the order in which they are entered; each with the app that it is given.
        stop_seconds: how long leaving may take.
    """

    def __init__(self, lifespans: Sequence[tuple[App, Lifespan]], stop_seconds: float) -> None:
        self._lifespans = lifespans
        self._stop_seconds = stop_seconds
        self._task: asyncio.Task[None] | None = None
        self._entered = asyncio.Event()
        self._over = asyncio.Event()
        self.tasks: frozenset[asyncio.Task[object]] = frozenset()
        """Those that run once all are entered: theirs."""
        self.ended = asyncio.Event()
        """Set once they are left, which one that breaks does by itself."""

    async def enter(self, stop_asked: asyncio.Event) -> bool:
        """Enter them. False: the program was asked to stop before that was done.

        Raises:
            LifespanFailed: one raised; those before it are left again.
            AppError: one is no async context manager.
            DrainTimeout: one could not be stopped.
        """
        if not self._lifespans:
            return True
        self._task = asyncio.create_task(self._live())
        waiting = [asyncio.create_task(one.wait()) for one in (self._entered, stop_asked)]
        await asyncio.wait({self._task, *waiting}, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        if not self._entered.is_set():
            task, self._task = self._task, None
            await self._give_up(task)
            return False
        self.tasks = frozenset(asyncio.all_tasks()) - {asyncio.current_task(), *waiting}
        return True

    async def leave(self) -> AppError | DrainTimeout | None:
        """Leave them, the last first; return what went wrong, also where one ended before."""
        if self._task is None:
            return None
        self._over.set()
        await asyncio.wait({self._task}, timeout=self._stop_seconds)
        if not self._task.done():
            return DrainTimeout(messages.lifespan_stuck(self._stop_seconds))
        try:
            self._task.result()
        except AppError as error:
            return error
        return None

    async def _live(self) -> None:
        try:
            async with contextlib.AsyncExitStack() as stack:
                for app, lifespan in self._lifespans:
                    await stack.enter_async_context(_told(app, lifespan))
                self._entered.set()
                await self._over.wait()
        finally:
            self.ended.set()

    async def _give_up(self, task: asyncio.Task[None]) -> None:
        """Entering has failed, or takes longer than anybody waits for."""
        task.cancel()
        await asyncio.wait({task}, timeout=self._stop_seconds)
        if not task.done():
            raise DrainTimeout(messages.lifespan_stuck(self._stop_seconds))
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


@contextlib.asynccontextmanager
async def _told(app: App, lifespan: Lifespan) -> AsyncIterator[None]:
    """The lifespan, whose exceptions say whose they are."""
    try:
        manager = open_lifespan(app, lifespan)
        await manager.__aenter__()
    except AppError:
        raise
    except (Exception, asyncio.CancelledError) as error:
        if _cancelled(error):
            raise
        raise LifespanFailed(messages.lifespan_failed(lifespan, error, entered=False)) from error
    try:
        yield
    except BaseException as thrown:
        await _leave_early(manager, lifespan, thrown)
        raise
    try:
        await manager.__aexit__(None, None, None)
    except (Exception, asyncio.CancelledError) as error:
        if _cancelled(error):
            raise
        raise LifespanFailed(messages.lifespan_failed(lifespan, error, entered=True)) from error


async def _leave_early(manager: AbstractAsyncContextManager[Any], lifespan: Lifespan, thrown: BaseException) -> None:
    """Leave it because of an exception. A cancellation that nobody asked for is its own doing, as of a task group."""
    cause: BaseException | None = None
    try:
        await manager.__aexit__(type(thrown), thrown, thrown.__traceback__)
    except (Exception, asyncio.CancelledError) as error:
        if _cancelled(error):
            raise
        cause = error if error is not thrown else None
    if isinstance(thrown, asyncio.CancelledError) and not _cancelled(thrown):
        raise LifespanFailed(messages.lifespan_ended(lifespan, cause)) from cause
    if cause is not None:
        raise LifespanFailed(messages.lifespan_failed(lifespan, cause, entered=True)) from cause


def _cancelled(error: BaseException) -> bool:
    """Whether somebody asked for the cancellation, which an awaited task's own is not."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
