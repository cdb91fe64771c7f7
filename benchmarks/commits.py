"""When a loop commits: every second or every 1,000 events, whichever comes first."""

from __future__ import annotations

from time import monotonic

INTERVAL = 1.0
EVENTS = 1000


class CommitClock:
    """Says when the next commit is due; `pending` events are handled and not committed."""

    __slots__ = ("_due", "pending")

    def __init__(self) -> None:
        self.pending = 0
        self._due = monotonic() + INTERVAL

    def due(self, handled: int) -> bool:
        """Whether to commit now that `handled` more events are done. Starts over when it says yes."""
        self.pending += handled
        if not self.pending or (self.pending < EVENTS and monotonic() < self._due):
            return False
        self.pending = 0
        self._due = monotonic() + INTERVAL
        return True
