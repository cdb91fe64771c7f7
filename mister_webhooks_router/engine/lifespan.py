"""Enters the lifespans of an app before the first event, and leaves them after the last commit."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence

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
            await self._give_up(self._task)
            return False
        self.tasks = frozenset(asyncio.all_tasks()) - {asyncio.current_task(), *waiting}
        return True

    async def leave(self) -> AppError | DrainTimeout | None:
        """Leave them, the last first; return what went wrong."""
        if self._task is None or self._task.done():
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
        async with contextlib.AsyncExitStack() as stack:
            for app, lifespan in self._lifespans:
                await stack.enter_async_context(_told(app, lifespan))
            self._entered.set()
            await self._over.wait()

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
    except Exception as error:
        raise LifespanFailed(messages.lifespan_failed(lifespan, error, entered=False)) from error
    try:
        yield
    except BaseException:
        await manager.__aexit__(*sys.exc_info())
        raise
    try:
        await manager.__aexit__(None, None, None)
    except Exception as error:
        raise LifespanFailed(messages.lifespan_failed(lifespan, error, entered=True)) from error
