"""The end of a drain when the loop cannot see it: a handler that blocks the loop blocks its timers too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

GRACE = 2.0


class DrainGuard:
    """A thread that calls `on_blocked` when a drain is not over in time.

    Args:
        seconds: how long a drain may take; `GRACE` seconds more are the loop's, to end it in the proper way.
        on_blocked: called on the guard's thread.
    """

    def __init__(self, seconds: float, on_blocked: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_blocked = on_blocked
        self._over: SimpleQueue[bool] = SimpleQueue()  # its put is safe in signal handlers
        threading.Thread(target=self._watch, name="mister-webhooks-drain", daemon=True).start()

    def drain(self) -> None:
        """The drain begins."""
        self._over.put(False)

    def end(self) -> None:
        """The run is over, drained or not."""
        self._over.put(True)

    def _watch(self) -> None:
        if self._over.get():
            return
        try:
            while not self._over.get(timeout=self._seconds + GRACE):
                pass
        except Empty:
            self._on_blocked()
