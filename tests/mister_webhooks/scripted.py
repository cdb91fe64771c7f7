"""An event source that a test holds in its hands."""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mister_webhooks.source import RebalanceListener, Record, TopicPartition

TP = TopicPartition("t", 0)
OTHER = TopicPartition("t", 1)


@dataclass(frozen=True)
class Made:
    """A record of a test."""

    offset: int
    partition: int = 0
    topic: str = "t"
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = b"v"
    headers: Sequence[tuple[str, bytes]] = ()


def made(*offsets: int, partition: int = 0, value: bytes = b"v") -> list[Record]:
    return [Made(offset, partition, value=value) for offset in offsets]


@dataclass
class ScriptedSource:
    """Delivers what `feed` was given, at most a poll's worth at a time, and notes what is asked of it."""

    starts: Mapping[TopicPartition, int] = field(default_factory=lambda: {TP: 0})
    ends: Mapping[TopicPartition, int] = field(default_factory=dict)
    commits: list[dict[TopicPartition, int]] = field(default_factory=list)
    refusals: list[BaseException] = field(default_factory=list)  # raised by the next commits
    polls: int = 0
    closed: bool = False
    held: set[TopicPartition] = field(default_factory=set)
    threads: set[int] = field(default_factory=set)
    open_error: Exception | None = None
    close_delay: float = 0.0

    def __post_init__(self) -> None:
        self._listener: RebalanceListener | None = None
        self._log: dict[TopicPartition, list[Record]] = defaultdict(list)
        self._position: dict[TopicPartition, int] = {}
        self._inside: queue.SimpleQueue[Callable[[RebalanceListener], object]] = queue.SimpleQueue()
        self._news = threading.Event()

    # The test's side

    @property
    def committed(self) -> dict[TopicPartition, int]:
        """What the group has committed in the end."""
        result: dict[TopicPartition, int] = {}
        for offsets in self.commits:
            result |= offsets
        return result

    def feed(self, records: Iterable[Record]) -> None:
        for record in records:
            self._log[TopicPartition(record.topic, record.partition)].append(record)
        self._news.set()

    def inside(self, call: Callable[[RebalanceListener], object]) -> None:
        """Run this inside a poll, where rebalances happen, and return when it is done."""
        done: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

        def guarded(listener: RebalanceListener) -> None:
            try:
                call(listener)
            except Exception as error:
                done.put(error)
                raise
            done.put(None)

        self._inside.put(guarded)
        self._news.set()
        if (error := done.get(timeout=5)) is not None:
            raise error

    def assign(self, starts: Mapping[TopicPartition, int]) -> None:
        """Hand these partitions over, each from the given offset."""
        self.inside(lambda listener: self._assign(listener, starts))

    def take_away(self, *partitions: TopicPartition) -> Mapping[TopicPartition, int]:
        """Revoke as Kafka does: wait for what is running, then commit. Returns what was committed."""
        committed: dict[TopicPartition, int] = {}

        def revoke(listener: RebalanceListener) -> None:
            listener.revoking(partitions)
            while not listener.settled(partitions):
                time.sleep(0.001)
            committed.update(listener.finished(partitions))
            self._forget(partitions)

        self.inside(revoke)
        return committed

    def lose(self, *partitions: TopicPartition) -> None:
        """The membership is gone."""

        def lose(listener: RebalanceListener) -> None:
            self._forget(partitions)
            listener.lost(partitions)

        self.inside(lose)

    def _assign(self, listener: RebalanceListener, starts: Mapping[TopicPartition, int]) -> None:
        self._position |= starts
        self.held -= starts.keys()
        listener.assigned(starts)

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            self._position.pop(partition, None)

    # EventSource

    def open(self, listener: RebalanceListener) -> None:
        self.threads.add(threading.get_ident())
        if self.open_error is not None:
            raise self.open_error
        self._listener = listener

    def poll(self, timeout: float, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        self.threads.add(threading.get_ident())
        assert self._listener is not None
        self.polls += 1
        if self.polls == 1 and self.starts:
            self._assign(self._listener, self.starts)
        while not self._inside.empty():
            self._inside.get()(self._listener)
        found = {tp: records for tp in list(self._position) if (records := self._next(tp, max_records))}
        if not found:
            self._news.wait(timeout)
            self._news.clear()
        return found

    def _next(self, partition: TopicPartition, limit: int) -> list[Record]:
        if partition in self.held:
            return []
        start = self._position[partition]
        records = [record for record in self._log[partition] if record.offset >= start][:limit]
        if records:
            self._position[partition] = records[-1].offset + 1
        return records

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.threads.add(threading.get_ident())
        if self.refusals:
            raise self.refusals.pop(0)
        self.commits.append(dict(offsets))

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self.held |= set(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self.held -= set(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._position[partition] = offset

    def position(self, partition: TopicPartition) -> int:
        return self._position[partition]

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self._position)

    def end_offsets(self) -> Mapping[TopicPartition, int]:
        return self.ends

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        time.sleep(self.close_delay)
        partitions = tuple(self._position)
        if self._listener is not None and partitions:
            self._listener.revoking(partitions)
            if offsets := self._listener.finished(partitions):
                self.commit(offsets)
        self.closed = True
