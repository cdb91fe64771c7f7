"""SIGINT and SIGTERM, for as long as the program runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

from mister_webhooks_router import messages

_STDERR = 2


def in_main_thread() -> bool:
    """Whether signals can be handled here."""
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def stop_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first SIGINT or SIGTERM; at the second end the process at once, with 128 + its number.

    Does nothing in a thread that is not the main one.
    """
    if not in_main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    _install(loop, _Receiver(stop), previous)
    try:
        yield
    finally:
        for number, handler in previous.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)


def _install(loop: asyncio.AbstractEventLoop, receiver: _Receiver, numbers: Iterable[signal.Signals]) -> None:
    for number in numbers:
        # The loop's own handler only wakes it, whichever thread the signal reaches. Ours must run even while a handler
        # blocks the loop, so it replaces the one that would wait for its turn there.
        loop.add_signal_handler(number, _nothing)
        signal.signal(number, receiver)


class _Receiver:
    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._seen = False

    def __call__(self, number: int, _frame: object) -> None:
        if self._seen:
            force_exit(number)
        self._seen = True
        self._stop()


def force_exit(number: int) -> NoReturn:
    """End the process without any cleaning up: what runs may be stuck, and what holds a lock may hold it for ever."""
    os.write(_STDERR, messages.forced(signal.Signals(number).name).encode())
    os._exit(128 + number)


def _nothing() -> None:
    pass
