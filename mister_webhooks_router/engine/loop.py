"""The event loop: uvloop's where it is installed (the extra `speed`), else Python's own."""

from __future__ import annotations

import asyncio


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop that is not yet running."""
    try:
        import uvloop  # noqa: PLC0415  it may be missing
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
