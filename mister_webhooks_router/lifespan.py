"""The lifespan of an app: what is opened before the first event and closed after the last."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError

Lifespan: TypeAlias = Callable[[Any], AbstractAsyncContextManager[Any]]
"""Given the `App`, makes what is entered before the first event and left after the last commit."""


def check_lifespan(lifespan: object) -> None:
    """Refuse what cannot work, as far as it can be seen without a call. Raises `AppError`."""
    if not callable(lifespan):
        raise AppError(messages.lifespan_no_function(lifespan))
    if inspect.isasyncgenfunction(lifespan) or inspect.iscoroutinefunction(lifespan):
        raise AppError(messages.lifespan_undecorated(lifespan))
    if inspect.isgeneratorfunction(inspect.unwrap(lifespan)):
        raise AppError(messages.lifespan_sync(lifespan))


def open_lifespan(app: object, lifespan: Lifespan) -> AbstractAsyncContextManager[Any]:
    """The context manager, not yet entered. Raises `AppError` for what is none, and what the function raises."""
    made = lifespan(app)
    if hasattr(type(made), "__aenter__") and hasattr(type(made), "__aexit__"):
        return made
    if inspect.iscoroutine(made):
        made.close()
    sync = hasattr(type(made), "__enter__")
    raise AppError(messages.lifespan_sync(lifespan) if sync else messages.lifespan_undecorated(lifespan))
