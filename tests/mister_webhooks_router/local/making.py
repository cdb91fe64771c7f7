from __future__ import annotations

import sqlite3
from typing import Any

from mister_webhooks_router.local import Entry, LocalLog


def entry(value: bytes = b"envelope", *, topic: str = "a", timestamp: int = 1_700_000_000_000, **more: Any) -> Entry:  # noqa: ANN401 - any field
    return Entry(topic, timestamp, value, [("envelope", b"\x80")])._replace(**more)


def limit_pages(log: LocalLog, more: int) -> None:
    """Let the database grow by so many pages of 4 kB, as a disk that runs full would."""

    def limit(connection: sqlite3.Connection) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + more}")

    assert log._writer is not None
    log._writer.submit(limit).result()
