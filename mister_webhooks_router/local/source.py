"""The local log as an event source: what `KafkaSource` is to a broker, for a group of one member."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from mister_webhooks.errors import CommitDeferred, CommitRefused
from mister_webhooks.source import RebalanceListener, Record, TopicPartition
from mister_webhooks_router.local.errors import LogError, LogFull
from mister_webhooks_router.local.log import LocalLog
from mister_webhooks_router.local.reader import LocalRecord, Reader

StartFrom: TypeAlias = Literal["earliest", "latest"] | datetime

DEFAULT_GROUP = "local"
_MAX_POLL_BYTES = 16_000_000
_SETTLE_SECONDS = 30.0
_SETTLE_STEP = 0.01

log = logging.getLogger("mister_webhooks")


class LocalSource:
    """Implements `EventSource` over an open `LocalLog`.

    `topics` are the topics to read; None reads all there are, also those that come later. `start_from` says where
    reading starts on a partition without a committed offset: at the oldest record, at the end, or at the first record
    not older than a time; with `reset` also where there is one. Partitions that appear while it runs are always read
    from their first record.
    """

    def __init__(
        self,
        log: LocalLog,
        topics: Collection[str] | None = None,
        *,
        group: str = DEFAULT_GROUP,
        start_from: StartFrom = "earliest",
        reset: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._topics = None if topics is None else frozenset(topics)
        self._group = group
        self._start_from = start_from
        self._reset = reset
        self._clock = clock
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._reader: Reader | None = None
        self._listener: RebalanceListener | None = None

    def open(self, listener: RebalanceListener) -> None:
        """See `EventSource.open`. Raises `LogError`."""
        if self._topics is not None:
            self._log.create([TopicPartition(topic, 0) for topic in sorted(self._topics)]).result()
        self._reader = self._log.reader()
        self._listener = listener
        committed = {} if self._reset else self._reader.committed(self._group)
        ends = self.end_offsets()
        chosen = {each: self._start(each, end) for each, end in ends.items() if each not in committed}
        if chosen:
            # A crash before the first commit must not lead to another choice.
            self._log.commit(self._group, chosen).result()
        self._reset = False
        self._assign({each: chosen.get(each, committed.get(each, 0)) for each in ends})

    def poll(self, timeout: float, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        """See `EventSource.poll`. Returns at once when there is something, and wakes up when it is appended."""
        deadline = self._clock() + timeout
        while True:
            version = self._log.version
            records = self._fetch(max_records)
            remaining = deadline - self._clock()
            if records or remaining <= 0:
                return records
            self._log.wait(version, remaining)

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `EventSource.commit`. A full disk is `CommitDeferred`; any other trouble with the file is `LogError`."""
        strange = offsets.keys() - self._positions.keys()
        if strange:
            raise CommitRefused(f"not assigned: {', '.join(f'{topic}:{number}' for topic, number in sorted(strange))}")
        try:
            self._log.commit(self._group, offsets).result()
        except LogFull as error:
            raise CommitDeferred(str(error)) from error

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """See `EventSource.pause`."""
        self._paused.update(self._positions.keys() & set(partitions))

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """See `EventSource.resume`."""
        self._paused.difference_update(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """See `EventSource.seek`. Raises `KeyError` for a partition that is not assigned."""
        if partition not in self._positions:
            raise KeyError(partition)
        self._positions[partition] = offset

    def position(self, partition: TopicPartition) -> int:
        """See `EventSource.position`."""
        start = self._positions[partition]
        end = self.end_offsets().get(partition, start)  # before reading, so that no new record falls between
        records = self._open_reader().read(partition, start, 1, 0)
        return records[0].offset if records else max(start, end)

    def assignment(self) -> frozenset[TopicPartition]:
        """See `EventSource.assignment`."""
        return frozenset(self._positions)

    def end_offsets(self) -> Mapping[TopicPartition, int]:
        """See `EventSource.end_offsets`."""
        ends = self._open_reader().ends()
        return {each: end for each, end in ends.items() if self._topics is None or each.topic in self._topics}

    def close(self) -> None:
        """See `EventSource.close`. Running work may take 30 seconds to settle. It may be opened again."""
        reader, self._reader = self._reader, None
        if reader is None:
            return
        try:
            self._hand_over()
        finally:
            self._positions.clear()
            self._paused.clear()
            reader.close()

    def _start(self, partition: TopicPartition, end: int) -> int:
        if self._start_from == "latest":
            return end
        oldest = None if self._start_from == "earliest" else _milliseconds(self._start_from)
        first = self._open_reader().first(partition, oldest)
        return end if first is None else first

    def _assign(self, starts: Mapping[TopicPartition, int]) -> None:
        self._positions.update(starts)
        if self._listener is not None:
            self._listener.assigned(starts)

    def _fetch(self, max_records: int) -> dict[TopicPartition, list[LocalRecord]]:
        ends = self.end_offsets()
        new = {each: 0 for each in ends if each not in self._positions}
        if new:
            self._assign(new)
        ready = [each for each, at in self._positions.items() if each not in self._paused and at < ends.get(each, 0)]
        found: dict[TopicPartition, list[LocalRecord]] = {}
        budget = _MAX_POLL_BYTES
        for partition in ready:
            records = self._open_reader().read(partition, self._positions[partition], max_records, budget)
            # Put back last, so that the partition which has waited longest is the next poll's first.
            del self._positions[partition]
            self._positions[partition] = records[-1].offset + 1 if records else ends[partition]
            if records:
                found[partition] = records
            max_records -= len(records)
            budget -= sum(len(record.value or b"") for record in records)
            if max_records <= 0 or budget <= 0:
                break
        return found

    def _hand_over(self) -> None:
        held = self.assignment()
        if self._listener is None or not held:
            return
        self._listener.revoking(held)
        deadline = self._clock() + _SETTLE_SECONDS
        while not self._listener.settled(held) and self._clock() < deadline:
            time.sleep(_SETTLE_STEP)
        offsets = self._listener.finished(held)
        try:
            if offsets:
                self.commit(offsets)
        except (CommitDeferred, LogError) as error:
            log.warning("events that were handled are not committed and will be delivered again: %s", error)

    def _open_reader(self) -> Reader:
        if self._reader is None:
            raise LogError(f"local log {self._log.path}: the source is not open")
        return self._reader


def _milliseconds(moment: datetime) -> int:
    return math.ceil(moment.timestamp() * 1000)
