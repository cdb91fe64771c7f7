"""What can be wrong with the local log. All are `BrokerError`: under `--local` the log stands in the broker's place."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mister_webhooks.errors import BrokerError


class LogError(BrokerError):
    """The log cannot be opened, read or written. The message names the file and what to do."""


class LogInUse(LogError):
    """Another process has the log open for receiving."""


class LogFull(LogError):
    """There is no space left for the log; it works again once there is."""


_ADVICE = {
    sqlite3.SQLITE_READONLY: "it is read-only; make it writable, or choose another file",
    sqlite3.SQLITE_PERM: "no right to it; make it writable, or choose another file",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the directory and its rights",
    sqlite3.SQLITE_CORRUPT: "it is damaged; move it away to start with an empty one",
    sqlite3.SQLITE_NOTADB: "it is no log of ours but some other file; choose another path, or move it away",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; close that program",
}
_FULL = "no space is left on the disk; free some"


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise about the log at `path` into a `LogError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _from_sqlite(path, error) from error
    except OSError as error:
        kind = LogFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else LogError
        raise kind(f"local log {path}: {error.strerror}; choose another file, or mend this one's directory") from error


def _from_sqlite(path: Path, error: sqlite3.Error) -> LogError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF  # the upper bytes only refine it: https://www.sqlite.org/rescode.html
    if primary == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return LogFull(f"local log {path}: {_FULL}")
    return LogError(f"local log {path}: {_ADVICE.get(primary, f'SQLite says: {error}')}")
