from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mister_webhooks_router.local import LocalLog, LogError, LogInUse
from tests.mister_webhooks_router.local.making import entry

OPEN = "import os, sys; from mister_webhooks_router.local import LocalLog; {0}; LocalLog(sys.argv[1]).open(); {1}"
HOLD = OPEN.format("pass", "print(1, flush=True); sys.stdin.read()")
UNPRIVILEGED = OPEN.format("os.geteuid() or os.seteuid(65534)", "pass")


def test_a_second_process_is_refused_at_once(path: Path) -> None:
    """The second one on a log gets an error that names the first one's process id."""
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LogInUse, match=rf"in use by process {holder.pid}\. Stop that one"):
            LocalLog(path).open()
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    log = LocalLog(path)
    log.open()  # the killed holder has left no lock behind
    log.close()


def test_a_second_log_in_the_same_process_is_refused(log: LocalLog, path: Path) -> None:
    """The lock holds within one process too, and the first log goes on working."""
    with pytest.raises(LogInUse, match=f"in use by process {os.getpid()}"):
        LocalLog(path).open()

    assert log.append(entry()).result().offset == 0


def test_a_file_of_another_kind_is_left_alone(path: Path) -> None:
    """Neither a text nor another program's database is written to."""
    path.parent.mkdir()
    path.write_text("my diary, " * 100)
    with pytest.raises(LogError, match=r"log\.db: it is no log of ours"):
        LocalLog(path).open()
    assert path.read_text() == "my diary, " * 100
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE diary (day, text)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LogError, match="another program's database"):
        LocalLog(path).open()
    assert path.read_bytes() == before


def test_a_log_of_another_version_is_refused(path: Path) -> None:
    """A schema that this package does not know is not touched."""
    log = LocalLog(path)
    log.open()
    log.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LogError, match="its schema is 99, this package reads 1"):
        log.open()


def test_a_damaged_log_is_a_clear_error(path: Path) -> None:
    """Garbage in the middle of the file is found when it is read, and the message says what to do."""
    log = LocalLog(path)
    log.open()
    for _ in range(50):
        log.append(entry(b"x" * 4000)).result()
    log.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 4096 * 5)
    log.open()
    with pytest.raises(LogError, match="it is damaged; move it away"):
        log.append(entry()).result()
    log.close()


def test_a_place_that_is_no_directory_is_a_clear_error(tmp_path: Path) -> None:
    """A file where the log's directory should be is named in the error."""
    (tmp_path / "mwh").write_text("")
    with pytest.raises(LogError, match=r"mwh/log\.db: .*; choose another file"):
        LocalLog(tmp_path / "mwh" / "log.db").open()


def test_a_read_only_directory_is_a_clear_error(tmp_path: Path) -> None:
    """A process without the right to write gets a `LogError` that says so."""
    tmp_path.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, tmp_path / "log.db"], stderr=subprocess.PIPE, text=True, check=False
    )

    assert "LogError" in done.stderr
    assert "Permission denied; choose another file" in done.stderr
