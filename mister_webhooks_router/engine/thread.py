"""The thread on which `def` handlers run. A daemon: a handler that never returns does not keep the process alive."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class HandlerThread:
    """One thread that the loop hands calls to, one after the other.

    Args:
        loop: the loop that waits for the results.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._calls: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        threading.Thread(target=self._serve, name="mister-webhooks-handlers", daemon=True).start()

    async def call(self, function: Callable[[], T]) -> T:
        """Run the function on the thread; return or raise what it does."""
        future: asyncio.Future[T] = self.loop.create_future()
        self._calls.put((function, future))
        return await future

    def end(self) -> None:
        """End the thread after its present call."""
        self._calls.put(None)

    def _serve(self) -> None:
        while (work := self._calls.get()) is not None:
            self._run(*work)
            del work

    def _run(self, function: Callable[[], Any], future: asyncio.Future[Any]) -> None:
        result, error = None, None
        try:
            result = function()
        except BaseException as raised:  # noqa: BLE001  handed to the loop
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop was closed without waiting for this call
            self.loop.call_soon_threadsafe(_settle, future, result, error)


def _settle(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
