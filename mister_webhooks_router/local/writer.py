"""The one thread that writes to the log. It puts all that waits into one transaction, so that many share one sync."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from mister_webhooks_router.local.errors import LogError, explained
from mister_webhooks_router.local.storage import connect

T = TypeVar("T")

_MAX_GROUP = 256


class _Job(NamedTuple):
    run: Callable[[sqlite3.Connection], Any]
    future: Future[Any]


class Writer:
    """Runs jobs on the log's database; the future of a job is done once its transaction is on disk.

    `on_commit` is called from the writer's thread after each transaction, before the futures are done.
    """

    def __init__(self, path: Path, on_commit: Callable[[], None]) -> None:
        self._path = path
        self._on_commit = on_commit
        with explained(path):
            self._connection = connect(path)
            self._inode = path.stat().st_ino
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="mwh-log-writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Queue a job. Its future fails with a `LogError` when it could not be made durable."""
        future: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise LogError(f"local log {self._path}: closed")
            self._jobs.put(_Job(run, future))
        return future

    def close(self) -> None:
        """Finish what is queued and close the database."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        going = True
        while going:
            jobs, going = self._collect()
            if jobs:
                self._write(jobs)
        self._connection.close()

    def _collect(self) -> tuple[list[_Job], bool]:
        """Wait for a job and take what else is there. The second value is False once there is nothing to come."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            if job.future.set_running_or_notify_cancel():
                jobs.append(job)
            if len(jobs) == _MAX_GROUP:
                return jobs, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _write(self, jobs: list[_Job]) -> None:
        try:
            results = self._transaction(jobs)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to who asked; this thread must go on
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
            else:
                # One of them may be to blame (too large for what is left of the disk): each by itself.
                for job in jobs:
                    self._write([job])
            return
        self._on_commit()
        for job, result in zip(jobs, results, strict=True):
            job.future.set_result(result)

    def _transaction(self, jobs: list[_Job]) -> list[Any]:
        with explained(self._path):
            self._check_file()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                results = [job.run(self._connection) for job in jobs]
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return results

    def _check_file(self) -> None:
        """A removed file still takes writes, which nobody would ever see again."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            inode = None
        if inode != self._inode:
            raise LogError(f"local log {self._path}: the file was removed or replaced while in use; start again")
