"""The local log: topics, partitions, offsets and group offsets in one SQLite file, as a broker would keep them."""

from __future__ import annotations

import base64
import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from mister_webhooks.source import TopicPartition
from mister_webhooks_router.local.errors import LogError, explained
from mister_webhooks_router.local.reader import Reader
from mister_webhooks_router.local.storage import Lock, prepare
from mister_webhooks_router.local.writer import Writer

DEFAULT_PATH = Path(".mwh/log.db")


class Entry(NamedTuple):
    """A record to append; `timestamp` in milliseconds since the epoch."""

    topic: str
    timestamp: int
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    key: bytes | None = None
    partition: int = 0


class Place(NamedTuple):
    """Where an appended record stands."""

    topic: str
    partition: int
    offset: int


class LocalLog:
    """One log file, held by one process from `open()` to `close()`.

    Appends and commits go through one writer thread and return futures; reading is done with `reader()`, one for each
    thread that reads. All raise `LogError`, which names the file and what to do.
    """

    def __init__(self, path: Path | str = DEFAULT_PATH) -> None:
        self.path = Path(path)
        self._changed = threading.Condition()
        self._version = 0
        self._lock: Lock | None = None
        self._writer: Writer | None = None

    def open(self) -> None:
        """Lock the file and make it where it is missing. Raises `LogInUse` when another process has it."""
        with explained(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = Lock(self.path)
        try:
            with explained(self.path):
                prepare(self.path)
            self._writer = Writer(self.path, self._tell)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Finish what is being written and free the file. May be called twice, and before `open`."""
        if self._writer is not None:
            self._writer.close()
        if self._lock is not None:
            self._lock.release()

    def append(self, entry: Entry) -> Future[Place]:
        """Append a record. The future is done when it is on disk, and fails with `LogFull` or `LogError`."""
        return self._open_writer().submit(lambda connection: _append(connection, entry))

    def create(self, partitions: Sequence[TopicPartition]) -> Future[None]:
        """Make these partitions, empty, where they do not exist."""
        return self._open_writer().submit(lambda connection: _create(connection, partitions))

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> Future[None]:
        """Keep, for each partition, the next offset that the group is to read."""
        rows = [(group, *partition, offset) for partition, offset in offsets.items()]
        return self._open_writer().submit(lambda connection: _commit(connection, rows))

    def reader(self) -> Reader:
        """A reader for the calling thread. Close it."""
        return Reader(self.path)

    @property
    def version(self) -> int:
        """Grows with every write; for `wait`."""
        with self._changed:
            return self._version

    def wait(self, seen: int, timeout: float) -> None:
        """Return once `version` is not `seen` any more, at the latest after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, timeout)

    def _tell(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise LogError(f"local log {self.path}: not open")
        return self._writer


def _append(connection: sqlite3.Connection, entry: Entry) -> Place:
    partition = (entry.topic, entry.partition)
    connection.execute("INSERT OR IGNORE INTO partitions VALUES (?, ?, 0)", partition)
    row = connection.execute(
        "SELECT next_offset FROM partitions WHERE topic = ? AND partition = ?", partition
    ).fetchone()
    offset: int = row[0]
    connection.execute(
        "UPDATE partitions SET next_offset = next_offset + 1 WHERE topic = ? AND partition = ?", partition
    )
    headers = json.dumps([(name, base64.b64encode(value).decode()) for name, value in entry.headers])
    connection.execute(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*partition, offset, entry.timestamp, entry.key, entry.value, headers),
    )
    return Place(entry.topic, entry.partition, offset)


def _create(connection: sqlite3.Connection, partitions: Sequence[TopicPartition]) -> None:
    connection.executemany("INSERT OR IGNORE INTO partitions VALUES (?, ?, 0)", partitions)


def _commit(connection: sqlite3.Connection, rows: list[tuple[str, str, int, int]]) -> None:
    connection.executemany("INSERT OR REPLACE INTO group_offsets VALUES (?, ?, ?, ?)", rows)
