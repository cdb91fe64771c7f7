"""The one HTTP server, and what guards it. Needs the extra `http`."""

from __future__ import annotations

from mister_webhooks.errors import MissingExtra

try:
    from mister_webhooks_router.http.guard import HostGuard, refuse_foreign_origin
    from mister_webhooks_router.http.server import HttpServer, problem
except ModuleNotFoundError as error:
    if error.name not in {"python_multipart", "starlette", "uvicorn"}:
        raise
    raise MissingExtra("http", "receiving webhooks over HTTP") from error

__all__ = ["HostGuard", "HttpServer", "problem", "refuse_foreign_origin"]
