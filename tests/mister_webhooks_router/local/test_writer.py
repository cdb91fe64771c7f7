from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from mister_webhooks.source import TopicPartition
from mister_webhooks_router.local import Entry, LocalLog, LogError, LogFull, Place
from mister_webhooks_router.local.writer import Writer
from tests.mister_webhooks_router.local.making import entry, limit_pages


def submit_together(log: LocalLog, *entries: Entry) -> list[Future[Place]]:
    """Append while the writer is kept busy, so that all of them come into one transaction."""
    gate = threading.Event()
    assert log._writer is not None
    log._writer.submit(lambda _: gate.wait(10))
    futures = [log.append(each) for each in entries]
    gate.set()
    return futures


def test_an_append_is_on_disk_when_its_future_is_done(log: LocalLog) -> None:
    """Another connection sees the record as soon as the future is done: the transaction has been committed."""
    for number in range(5):
        log.append(entry()).result()
        with closing(sqlite3.connect(log.path)) as other:
            assert other.execute("SELECT count(*) FROM records").fetchone() == (number + 1,)


def test_the_writer_waits_for_the_disk(log: LocalLog) -> None:
    """The write-ahead log is synced at each commit, so that a loss of power takes nothing that was acknowledged."""

    def pragmas(connection: sqlite3.Connection) -> list[str | int]:
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]

    assert log._writer is not None
    assert log._writer.submit(pragmas).result() == ["wal", 2]  # 2 is FULL


def test_appends_that_wait_share_a_transaction(log: LocalLog) -> None:
    """A hundred appends that come while the writer is busy are two or fewer transactions, not a hundred."""
    before = log.version
    futures = submit_together(log, *[entry() for _ in range(100)])

    assert [future.result().offset for future in futures] == list(range(100))
    assert log.version - before <= 2


def test_a_full_disk_fails_only_what_does_not_fit(log: LocalLog) -> None:
    """In one transaction, the record that is too large gets `LogFull`; its neighbours are kept."""
    limit_pages(log, 20)
    small, large, other = submit_together(log, entry(), entry(b"x" * 1_000_000), entry())

    assert small.result().offset == 0
    with pytest.raises(LogFull, match="no space is left on the disk; free some"):
        large.result()
    assert other.result().offset == 1


def test_the_log_works_again_when_there_is_space(log: LocalLog) -> None:
    """A full disk breaks nothing for good, and leaves no half record."""
    limit_pages(log, 5)
    with pytest.raises(LogFull):
        log.append(entry(b"x" * 1_000_000)).result()
    limit_pages(log, 10_000)

    assert log.append(entry(b"x" * 1_000_000)).result().offset == 0
    with closing(log.reader()) as reader:
        assert len(reader.read(TopicPartition("a", 0), 0, 10, 10_000_000)) == 1


def test_a_removed_file_is_noticed(log: LocalLog) -> None:
    """Nothing is acknowledged that would go into a file which no longer has a name."""
    log.append(entry()).result()
    log.path.unlink()

    with pytest.raises(LogError, match="removed or replaced while in use; start again"):
        log.append(entry()).result()


def test_a_job_that_raises_does_not_end_the_writer(log: LocalLog) -> None:
    """An unexpected error reaches who asked, and the next job runs."""
    assert log._writer is not None

    def fail(_: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        log._writer.submit(fail).result()
    assert log.append(entry()).result().offset == 0


def test_closing_finishes_what_is_queued(path: Path, log: LocalLog) -> None:
    """Appends that were accepted before `close` are written."""
    futures = submit_together(log, *[entry() for _ in range(1000)])
    log.close()

    assert all(future.result() for future in futures)


def test_a_cancelled_append_is_not_written(log: LocalLog) -> None:
    """A future that was cancelled while it waited leaves no record."""
    first, second = submit_together(log, entry(), entry())
    cancelled = first.cancel()

    assert second.result().offset == (0 if cancelled else 1)


def test_a_writer_of_a_missing_directory_says_so(tmp_path: Path) -> None:
    """A file that cannot be opened is a `LogError`, raised to who opens it."""
    with pytest.raises(LogError, match="it cannot be opened; check the directory"):
        Writer(tmp_path / "no" / "log.db", lambda: None)
