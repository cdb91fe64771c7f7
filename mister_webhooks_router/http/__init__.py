"""The one HTTP server, and what guards it. Needs the extra `http`."""

from __future__ import annotations

from mister_webhooks_router.http.extra import needs_http_extra

with needs_http_extra():
    from mister_webhooks_router.http.guard import HostGuard, refuse_foreign_origin
    from mister_webhooks_router.http.problem import problem
    from mister_webhooks_router.http.server import HttpServer

__all__ = ["HostGuard", "HttpServer", "needs_http_extra", "problem", "refuse_foreign_origin"]
