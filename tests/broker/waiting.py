"""Waiting for a condition, never for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from kafka.errors import RetriableError

T = TypeVar("T")


def wait_until(condition: Callable[[], object], what: str, *, limit: float = 30.0, pause: float = 0.02) -> None:
    """Return as soon as `condition()` is true.

    Raises `TimeoutError`, naming `what` was waited for, after `limit` seconds.
    """
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {limit:g} s: {what}")
        time.sleep(pause)


def patiently(call: Callable[[], T], *, limit: float = 30.0, pause: float = 0.05) -> T:
    """What `call` returns, once Kafka no longer asks to try again; after `limit` seconds its error is raised."""
    deadline = time.monotonic() + limit
    while True:
        try:
            return call()
        except RetriableError:
            if time.monotonic() > deadline:
                raise
        time.sleep(pause)
