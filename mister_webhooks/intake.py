"""The poll thread: it owns an event source, hands batches to a reader and commits what the reader has finished.

    poll thread:  source.poll    ->  batches
    reader:       take, begin, finish
    poll thread:  source.commit  <-  the offsets that are finished

Only the poll thread calls the source. It polls without pause, so that work of any length never costs the membership in
the group; when the reader is behind it pauses the partitions and polls on. An offset is committed when its record and
all before it in the partition are finished, never earlier.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping

from mister_webhooks.assignments import Assignments, Batch
from mister_webhooks.errors import CommitDeferred, CommitRefused
from mister_webhooks.source import EventSource, Record, TopicPartition

__all__ = ["Batch", "Intake", "IntakeEnded"]

POLL_SECONDS = 0.1
PAUSED_POLL_SECONDS = 0.05
POLL_RECORDS = 500
RETRY_SECONDS = 0.2
FINAL_COMMIT_SECONDS = 5.0
COMPLAIN_AFTER_SECONDS = 30.0

log = logging.getLogger("mister_webhooks")


class IntakeEnded(Exception):
    """There is nothing more to take: the intake was stopped, or a burst is worked off."""


class Intake:
    """The thread that owns an event source. The reader's calls come from one thread; `stop` from any.

    Args:
        source: where the records come from; opened by `start`, closed by `close`
        commit_interval: seconds between two commits
        commit_every: commit sooner when this many records are finished
        buffer_records: with this many records delivered and not finished, the source is paused until half are done
        buffer_bytes: the same in bytes of their values
        burst: end when everything is finished that was there at the start
        on_ready: called from the poll thread when a batch, or the end, can be taken
    """

    def __init__(
        self,
        source: EventSource,
        *,
        commit_interval: float = 1.0,
        commit_every: int = 1000,
        buffer_records: int = 4000,
        buffer_bytes: int = 16 * 1024 * 1024,
        burst: bool = False,
        on_ready: Callable[[], None] | None = None,
    ) -> None:
        self._source = source
        self._commit_interval = commit_interval
        self._commit_every = commit_every
        self._buffer_records = buffer_records
        self._buffer_bytes = buffer_bytes
        self._burst = burst
        self._on_ready = on_ready or _nothing

        self._assignments = Assignments()
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()  # None: look at `_verdict`
        self._opened: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._stopped = False
        self._verdict: BaseException | None = None  # why there is nothing more to take
        self._verdict_is_urgent = False  # also before what is still queued

        # Written by the reader.
        self._handled = 0
        self._late: Record | None = None

        # The poll thread's own.
        self._full = False
        self._failed = False  # the source has: its position may be past what it delivered
        self._held: tuple[int, frozenset[TopicPartition]] | None = None
        self._ends: Mapping[TopicPartition, int] = {}
        self._next_commit = 0.0
        self._handled_at_commit = 0
        self._deferred_since: float | None = None

    # The reader's side

    def start(self) -> None:
        """Opens the source on the poll thread. Raises what opening it raised."""
        self._thread = threading.Thread(target=self._run, name="mister-webhooks-poll", daemon=True)
        self._thread.start()
        try:
            error = self._opened.get()
        except BaseException:
            self._closing.set()
            raise
        if error is not None:
            raise error

    def take(self, timeout: float | None = None) -> Batch | None:
        """The next batch, or None after `timeout` seconds.

        Raises `IntakeEnded` once stopped or when a burst is worked off, and what the poll thread failed with: after
        the batches that came before the failure.
        """
        while not self._stopped:
            if self._verdict is not None and (self._verdict_is_urgent or self._queue.empty()):
                raise self._verdict
            try:
                batch = self._queue.get(timeout=timeout)
            except queue.Empty:
                return None
            if batch is not None and self._late is not None:
                self._pass_over_late(batch)
            if batch is not None and batch.records:
                return batch
        raise IntakeEnded

    def begin(self, batch: Batch, record: Record) -> bool:
        """Marks the record as running. False: the batch is no longer live, drop it."""
        self._assignments.running = (batch, record)
        if batch.live and not self._stopped:
            return True
        self._assignments.running = None
        return False

    def finish(self, batch: Batch, record: Record) -> None:
        """The record is done: its offset, and all before it in the partition, may be committed."""
        batch.finished = record.offset + 1
        self._handled += 1
        self._assignments.running = None
        if not batch.live:
            self._late = record

    def release(self) -> None:
        """The running record, if any, ended without being finished: nothing is committed from it on."""
        if (running := self._assignments.running) is not None:
            running[0].failed = True
            running[0].live = False
            self._assignments.running = None

    def stop(self) -> None:
        """No more records. From any thread, and from a signal handler: it takes no lock."""
        self._stopped = True
        self._queue.put(None)

    def close(self, timeout: float = 30.0) -> None:
        """Commits what is finished, leaves the group and ends the poll thread, within `timeout` seconds."""
        self._stopped = True
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                log.warning("the source did not close within %g seconds: left behind", timeout)

    def _pass_over_late(self, batch: Batch) -> None:
        """Takes out a first record that this reader was still finishing when its partition went and came back."""
        if _identity(batch.records[0]) == _identity(self._late):
            self.finish(batch, batch.records[0])
            batch.records = batch.records[1:]
            self._late = None

    # The poll thread

    def _run(self) -> None:
        try:
            self._source.open(self._assignments)
            if self._burst:
                self._ends = dict(self._source.end_offsets())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in start()
            self._close_source()
            self._opened.put(error)
            return
        self._opened.put(None)
        self._next_commit = time.monotonic() + self._commit_interval
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - handed to the reader: this thread never ends in silence
            self._end(error, urgent=True)
        else:
            self._commit_finally()
        self._close_source()

    def _work(self) -> None:
        while not self._closing.is_set():
            if self._failed:
                # A source that has failed is not polled again. What it gave before is worked off and committed.
                self._closing.wait(PAUSED_POLL_SECONDS)
            else:
                try:
                    self._poll(PAUSED_POLL_SECONDS if self._full else POLL_SECONDS)
                except Exception as error:  # noqa: BLE001 - handed to the reader, after what it was given before
                    self._failed = True
                    self._end(error)
                else:
                    self._end_when_done()
            self._commit_when_due()

    def _poll(self, timeout: float) -> None:
        self._hold_back()
        for partition, records in self._source.poll(timeout, POLL_RECORDS).items():
            if records:
                self._queue.put(self._assignments.deliver(partition, records))
                self._on_ready()

    def _end_when_done(self) -> None:
        if self._verdict is None and (self._stopped or (self._burst and self._worked_off())):
            self._end(IntakeEnded())

    def _end(self, verdict: BaseException, *, urgent: bool = False) -> None:
        self._verdict_is_urgent = urgent
        self._verdict = verdict
        self._queue.put(None)
        self._on_ready()

    def _hold_back(self) -> None:
        """Pauses what must not be delivered now, and resumes the rest."""
        records, size = self._assignments.waiting()
        share = max(records / self._buffer_records, size / self._buffer_bytes)
        self._full = share >= 1 or (self._full and share > 0.5)  # noqa: PLR2004 - half: it must not flap
        assigned = frozenset(self._assignments.by_partition)
        everything = self._full or self._stopped or self._verdict is not None
        held = assigned if everything else frozenset(filter(self._has_reached_its_end, assigned))
        # With the epoch: a new assignment knows nothing of an old pause.
        if (self._assignments.epoch, held) != self._held:
            self._source.pause(held)
            self._source.resume(assigned - held)
            self._held = (self._assignments.epoch, held)

    def _has_reached_its_end(self, partition: TopicPartition) -> bool:
        return self._burst and self._source.position(partition) >= self._ends.get(partition, 0)

    def _worked_off(self) -> bool:
        assignments = self._assignments
        assignments.collect()
        return (
            assignments.joined
            and assignments.running is None
            and self._source.assignment() == frozenset(assignments.by_partition)
            and assignments.waiting() == (0, 0)
            and all(map(self._has_reached_its_end, assignments.by_partition))
        )

    # Commits

    def _commit_when_due(self) -> None:
        self._assignments.collect()
        many = self._deferred_since is None and self._handled - self._handled_at_commit >= self._commit_every
        if many or time.monotonic() >= self._next_commit:
            self._commit()

    def _commit(self) -> bool:
        """Commits what is finished. False: it is to be tried again after the next poll."""
        self._next_commit = time.monotonic() + self._commit_interval
        position = None if self._failed else self._source.position
        handled, offsets = self._handled, self._assignments.offsets_to_commit(position)
        try:
            if offsets:
                self._source.commit(offsets)
        except CommitDeferred as error:
            self._next_commit = time.monotonic() + RETRY_SECONDS
            self._complain(error)
            return False
        except CommitRefused as error:
            self._assignments.freeze(offsets)
            log.warning("partitions went to another consumer, which will be given the last events again: %s", error)
        else:
            self._assignments.committed(offsets)
        self._handled_at_commit = handled
        self._deferred_since = None
        return True

    def _complain(self, error: CommitDeferred) -> None:
        now = time.monotonic()
        self._deferred_since = self._deferred_since or now
        if now - self._deferred_since >= COMPLAIN_AFTER_SECONDS:
            self._deferred_since = now
            log.warning("handled events wait for their commit; trying on: %s", error)

    def _commit_finally(self) -> None:
        deadline = time.monotonic() + FINAL_COMMIT_SECONDS
        try:
            while not self._commit() and time.monotonic() < deadline:
                self._poll(RETRY_SECONDS)
        except Exception as error:  # noqa: BLE001 - the reader is leaving: there is nobody to raise it to
            log.warning("the last handled events are not committed and will be delivered again: %s", error)

    def _close_source(self) -> None:
        try:
            self._source.close()
        except Exception:
            log.warning("closing the source failed", exc_info=True)


def _identity(record: Record | None) -> tuple[str, int, int, int] | None:
    return None if record is None else (record.topic, record.partition, record.offset, record.timestamp)


def _nothing() -> None:
    pass
