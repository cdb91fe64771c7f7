"""The one seam between event sources and everything that reads events.

A source is synchronous and belongs to one thread, the poll thread: whoever drives it calls every method from there.
`KafkaSource` and the router's `LocalSource` implement it; one suite of contract tests runs over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol


class TopicPartition(NamedTuple):
    """One partition of a topic. Equal to kafka-python's tuple of the same name."""

    topic: str
    partition: int


class Record(Protocol):
    """What a source delivers: the fields of `types.ConsumerRecord` that readers use."""

    @property
    def topic(self) -> str:
        """Name of the topic."""

    @property
    def partition(self) -> int:
        """Number of the partition."""

    @property
    def offset(self) -> int:
        """Place in the partition; growing, not always by one."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch."""

    @property
    def key(self) -> bytes | None:
        """The record's key."""

    @property
    def value(self) -> bytes | None:
        """The envelope's bytes."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Kafka headers, in order; a name may stand twice."""


class RebalanceListener(Protocol):
    """What a source tells its reader when partitions come and go.

    All four are called between two polls or during one, possibly on a thread of the source's own. They must not block
    and must not call the source.
    """

    def assigned(self, starts: Mapping[TopicPartition, int]) -> None:
        """These partitions are ours from now on; each is delivered from the given offset.

        Told with none where the group gave us none.
        """

    def revoking(self, partitions: Iterable[TopicPartition]) -> None:
        """These partitions are about to go: start no more work of theirs."""

    def settled(self, partitions: Iterable[TopicPartition]) -> bool:
        """Whether no work of these partitions is running. Asked repeatedly after `revoking`, for a bounded time."""

    def finished(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offsets to commit for partitions that go, the next one to read for each. Then they are gone."""

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        """These partitions were taken away: nothing of theirs may be committed any more."""


class EventSource(Protocol):
    """Where records come from and where finished offsets go."""

    def open(self, listener: RebalanceListener) -> None:
        """Start delivering. Raises `BrokerError` when the source cannot be reached or refuses us."""

    def poll(self, timeout: float, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        """Wait up to `timeout` seconds for records. Also what keeps the membership alive: call it without pause."""

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit, for each partition, the next offset to read.

        Returns after the acknowledgement. Raises `CommitDeferred` when it may be tried again after the next poll,
        `CommitRefused` when the partitions are no longer ours, `BrokerError` when it will never succeed.
        """

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Deliver nothing of these until `resume`. Partitions that are not assigned are passed over."""

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Undo `pause`. Partitions that are not assigned are passed over."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Deliver this partition from `offset` on."""

    def position(self, partition: TopicPartition) -> int:
        """The next offset that `poll` would deliver, gaps passed over."""

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that are ours now."""

    def end_offsets(self) -> Mapping[TopicPartition, int]:
        """For every partition of the topics that are read, the offset after the last record."""

    def close(self) -> None:
        """Leave the group and free everything. Calls `revoking` and `finished` where partitions are still held."""
