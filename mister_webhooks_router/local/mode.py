"""Local mode: the log, its receiver and its source put together, for a program that runs without a broker."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mister_webhooks_router.http import HttpServer
from mister_webhooks_router.local.log import DEFAULT_PATH, LocalLog
from mister_webhooks_router.local.receiver import Receiver
from mister_webhooks_router.local.source import LocalSource

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8008


class LocalMode:
    """Receives webhooks over HTTP from `start()` to `close()`; `source` delivers them, also those of earlier runs.

    Args:
        path: the log's file; made where it is missing
        topics: the topics to receive and to read; None is all
        host, port: where to listen; port 0 takes any free one
    """

    def __init__(
        self,
        path: Path | str = DEFAULT_PATH,
        topics: Collection[str] | None = None,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
    ) -> None:
        self._log = LocalLog(path)
        self._server = HttpServer(Receiver(self._log, topics).routes(), host, port)
        self.source = LocalSource(self._log, topics)

    def start(self) -> None:
        """Open the log and listen. Raises `LogError` or, where the address cannot be had, `UsageError`."""
        self._log.open()
        try:
            self._server.start()
        except BaseException:
            self._log.close()
            raise

    @property
    def url(self) -> str:
        """Where webhooks are received: the address to which a topic's name is appended."""
        return f"{self._server.url}/in/"

    def close(self) -> None:
        """Stop listening, within seconds, and free the log. Close the source first. May be called twice."""
        self._server.close()
        self._log.close()
