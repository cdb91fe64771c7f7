"""Without a broker: webhooks received over HTTP, in a log of the same records. Needs the extra `http`."""

from __future__ import annotations

from mister_webhooks_router.http import needs_http_extra
from mister_webhooks_router.local.errors import LogError, LogFull, LogInUse
from mister_webhooks_router.local.log import DEFAULT_PATH, Entry, LocalLog, Place
from mister_webhooks_router.local.reader import LocalRecord
from mister_webhooks_router.local.source import LocalSource

with needs_http_extra():
    from mister_webhooks_router.local.mode import DEFAULT_HOST, DEFAULT_PORT, LocalMode
    from mister_webhooks_router.local.receiver import MAX_BODY_BYTES, Receiver

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PATH",
    "DEFAULT_PORT",
    "MAX_BODY_BYTES",
    "Entry",
    "LocalLog",
    "LocalMode",
    "LocalRecord",
    "LocalSource",
    "LogError",
    "LogFull",
    "LogInUse",
    "Place",
    "Receiver",
]
