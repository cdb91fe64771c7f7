"""Which partitions are ours, what was delivered of each, and how far it is finished. No I/O, no thread, no lock.

Two threads meet here without a lock, because each attribute has one writer:

- the reader writes `Assignments.running`, `Batch.finished` and `Batch.failed`;
- everything else is written by the poll thread, or by the source's listener calls while that thread is inside the
  source.

`running` is set before the reader looks at `Batch.live`, and `revoking` clears `live` before `settled` looks at
`running`: whichever comes first, no record starts after its partition was found settled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mister_webhooks.source import Record, TopicPartition


@dataclass(slots=True, eq=False)
class Batch:
    """Records of one partition, in order.

    Args:
        partition: whose records these are
        epoch: number of the assignment that they came with
        records: at least one
        live: False once the partition was revoked or lost, or the reader gave up in it: drop the rest
    """

    partition: TopicPartition
    epoch: int
    records: Sequence[Record]
    live: bool = True
    end: int = field(default=0, repr=False)  # the offset after the last record
    size: int = field(default=0, repr=False)  # bytes of the values
    finished: int = field(default=0, repr=False)  # the offset after the last finished record
    failed: bool = field(default=False, repr=False)  # nothing after `finished` may be committed


@dataclass(slots=True, eq=False)
class Assignment:
    """One partition from its assignment to its end: offsets are the next to read."""

    epoch: int
    finished: int
    committed: int
    batches: deque[Batch] = field(default_factory=deque)  # delivered and not finished, oldest first
    frozen: bool = False  # a commit was refused: never commit again

    def collect(self) -> int:
        """Takes over what the reader has finished; returns the offset that may be committed."""
        for batch in self.batches:
            self.finished = max(self.finished, batch.finished)
            if batch.failed:
                break
        while self.batches and self.batches[0].end <= self.finished:
            self.batches.popleft()
        return self.finished

    def drop(self) -> None:
        """Nothing more of what was delivered is to start."""
        for batch in self.batches:
            batch.live = False


class Assignments:
    """The partitions that are ours. It is the source's `RebalanceListener`."""

    def __init__(self) -> None:
        self.running: tuple[Batch, Record] | None = None
        self.by_partition: dict[TopicPartition, Assignment] = {}
        self.epoch = 0
        self.joined = False  # the group has given us partitions, or told us that there are none, and we are still in it

    # RebalanceListener

    def assigned(self, starts: Mapping[TopicPartition, int]) -> None:
        """These partitions are ours, each from the given offset."""
        self.joined = True
        self.epoch += 1
        self._remove(starts)
        for partition, start in starts.items():
            self.by_partition[partition] = Assignment(self.epoch, finished=start, committed=start)

    def revoking(self, partitions: Iterable[TopicPartition]) -> None:
        """These are about to go: nothing more of theirs starts."""
        for partition in partitions:
            if (assignment := self.by_partition.get(partition)) is not None:
                assignment.drop()

    def settled(self, partitions: Iterable[TopicPartition]) -> bool:
        """Whether no record of these is running."""
        running = self.running
        return running is None or running[0].partition not in frozenset(partitions)

    def finished(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """What is to be committed of these. Then they are gone."""
        gone = frozenset(partitions)
        offsets = {tp: offset for tp, offset in self.offsets_to_commit().items() if tp in gone}
        self._remove(gone)
        return offsets

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        """These are no longer ours: the group has put us out."""
        self.joined = False
        self._remove(partitions)

    def _remove(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            if (assignment := self.by_partition.pop(partition, None)) is not None:
                assignment.drop()

    # The poll thread's side

    def deliver(self, partition: TopicPartition, records: Sequence[Record]) -> Batch:
        """Makes a batch of records that were polled and remembers it until it is finished."""
        assignment = self.by_partition[partition]
        size = sum([len(record.value or b"") for record in records])
        batch = Batch(
            partition, assignment.epoch, records, not assignment.frozen, end=records[-1].offset + 1, size=size
        )
        assignment.batches.append(batch)
        return batch

    def waiting(self) -> tuple[int, int]:
        """Records and bytes that were delivered in batches not yet finished."""
        batches = [batch for assignment in self.by_partition.values() for batch in assignment.batches]
        return sum([len(batch.records) for batch in batches]), sum([batch.size for batch in batches])

    def collect(self) -> None:
        """Forgets the batches that are finished."""
        for assignment in self.by_partition.values():
            assignment.collect()

    def offsets_to_commit(self, position: Callable[[TopicPartition], int] | None = None) -> dict[TopicPartition, int]:
        """For each partition with news, the next offset to read.

        Where all that was delivered is finished, `position` says how far the source got: it steps over what is never
        delivered, as the markers of transactions.
        """
        offsets: dict[TopicPartition, int] = {}
        for partition, assignment in self.by_partition.items():
            offset = assignment.collect()
            if position is not None and not assignment.batches:
                offset = max(offset, position(partition))
            if offset > assignment.committed and not assignment.frozen:
                offsets[partition] = offset
        return offsets

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """These offsets were acknowledged."""
        for partition, offset in offsets.items():
            self.by_partition[partition].committed = offset

    def freeze(self, partitions: Iterable[TopicPartition]) -> None:
        """A commit of these was refused: none of theirs is committed or started any more."""
        for partition in partitions:
            self.by_partition[partition].frozen = True
            self.by_partition[partition].drop()
