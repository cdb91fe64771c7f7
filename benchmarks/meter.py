"""What every peer's handler calls: counts events, adds up one field of the payload, and notes first and last call."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter


class Meter:
    """The count of one run of `wanted` events: a few attribute writes, the same few for everybody."""

    __slots__ = ("count", "first", "last", "total", "wanted")

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.count = 0
        self.total = 0
        self.first = 0.0
        self.last = 0.0

    def see(self, number: int) -> None:
        """Count one event that carries `number`."""
        now = perf_counter()
        if not self.count:
            self.first = now
        self.last = now
        self.count += 1
        self.total += number

    @property
    def complete(self) -> bool:
        """Whether as many events were seen as there are."""
        return self.count >= self.wanted

    def write(self, path: Path) -> None:
        """Leave the figures for the bench."""
        figures = {"count": self.count, "total": self.total, "seconds": self.last - self.first}
        path.write_text(json.dumps(figures), encoding="utf-8")
