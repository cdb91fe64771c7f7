"""Standard output as a stream of events: whoever reads it gets each at once, and may go away."""

from __future__ import annotations

import select
from typing import BinaryIO


class Output:
    """Writes whole lines.

    Args:
        stream: where to
        encoding: of the text; what it lacks is written as an escape
    """

    def __init__(self, stream: BinaryIO, encoding: str = "utf-8") -> None:
        self._stream = stream
        self._encoding = encoding

    def line(self, text: str) -> None:
        """Write one line. Raises `BrokenPipeError` when nobody reads any more."""
        self._stream.write(f"{text}\n".encode(self._encoding, "backslashreplace"))

    def flush(self) -> None:
        """Hand over what was written. Raises `BrokenPipeError`."""
        self._stream.flush()

    @property
    def unread(self) -> bool:
        """Whether whoever read this has gone away, which a program that has nothing to write would not notice."""
        if not hasattr(select, "poll"):
            return False
        watched = select.poll()
        # No event is asked for: errors and hang-ups are always reported.
        watched.register(self._stream.fileno(), 0)
        return bool(watched.poll(0))
