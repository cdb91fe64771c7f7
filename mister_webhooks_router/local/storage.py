"""The SQLite file under the local log: how it is opened, its tables, and the lock that keeps a second process out."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from mister_webhooks_router.local.errors import LogError, LogInUse, explained

APPLICATION_ID = 0x6D77686C  # "mwhl", so that no other program's database is taken for ours
SCHEMA_VERSION = 1

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE partitions (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE records (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    key BLOB, value BLOB, headers TEXT NOT NULL,
    UNIQUE (topic, partition, "offset")
);
CREATE TABLE group_offsets (
    "group" TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    PRIMARY KEY ("group", topic, partition)
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the database for one thread, made durable: a commit that has returned survives a loss of power."""
    connection = _open(path, timeout=5.0)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync leaves the data in the drive's cache
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def prepare(path: Path) -> None:
    """Make the file and its tables where they are missing. Raises `LogError` when it is not, or no longer, ours."""
    path.touch(mode=0o600)  # webhooks carry secrets
    with closing(_open(path, timeout=5.0)) as connection:
        is_new = _check(path, *_identity(connection))
    if is_new:
        with closing(connect(path)) as connection:
            connection.executescript(_SCHEMA)


def _open(path: Path, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)


def _check(path: Path, application: int, version: int, tables: int) -> bool:
    """Whether the file is new. Raises `LogError` when it is somebody else's, or of another version."""
    if not application and not tables:
        return True
    if application != APPLICATION_ID:
        raise LogError(f"local log {path}: this is another program's database; choose another path")
    if version != SCHEMA_VERSION:
        raise LogError(
            f"local log {path}: its schema is {version}, this package reads {SCHEMA_VERSION}; "
            "use the version that wrote it, or choose another path"
        )
    return False


def _identity(connection: sqlite3.Connection) -> tuple[int, int, int]:
    queries = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
    application, version, tables = (_number(connection.execute(query)) for query in queries)
    return application, version, tables


def _number(cursor: sqlite3.Cursor) -> int:
    row: tuple[Any] = cursor.fetchone()
    return int(row[0])


class Lock:
    """Holds a log for one process; the operating system frees it however that process ends.

    It is a reserved lock on a small database beside the log, which others can read to say who holds it.
    """

    def __init__(self, log: Path) -> None:
        path = Path(f"{log}-lock")
        with explained(path):
            path.touch(mode=0o600)
            self._connection = _open(path, timeout=0.0)
        try:
            self._take(log, path)
        except BaseException:
            self._connection.close()
            raise

    def release(self) -> None:
        """Let the next process in."""
        self._connection.close()

    def _take(self, log: Path, path: Path) -> None:
        with explained(path):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                # The holder's process id stands where a reader sees it while the lock is held.
                self._connection.execute(f"PRAGMA user_version = {os.getpid()}")
                self._connection.execute("COMMIT")
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                raise LogInUse(self._refusal(log)) from error

    def _refusal(self, log: Path) -> str:
        holder = _number(self._connection.execute("PRAGMA user_version"))
        return (
            f"local log {log}: in use by process {holder}. Stop that one, or start this one in another directory "
            "so that it has a log of its own"
        )
