"""What to say where the packages of the extra `http` are not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mister_webhooks.errors import MissingExtra

_PACKAGES = frozenset({"anyio", "h11", "python_multipart", "starlette", "uvicorn"})


@contextmanager
def needs_http_extra() -> Iterator[None]:
    """Turn the failed import of a package of the extra into `MissingExtra`, which names the pip command."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        raise MissingExtra("http", "receiving webhooks over HTTP") from error
