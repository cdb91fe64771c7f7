"""What was committed in this run, for the report at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mister_webhooks.source import EventSource, RebalanceListener, Record, TopicPartition


class CommitWatch:
    """An event source as it is, which remembers the offsets that it has committed."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self.committed: dict[TopicPartition, int] = {}
        """For each partition the next offset to read, as last acknowledged."""

    def open(self, listener: RebalanceListener) -> None:
        """See `EventSource.open`."""
        self._source.open(listener)

    def poll(self, timeout: float, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        """See `EventSource.poll`."""
        return self._source.poll(timeout, max_records)

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `EventSource.commit`."""
        self._source.commit(offsets)
        self.committed.update(offsets)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """See `EventSource.pause`."""
        self._source.pause(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """See `EventSource.resume`."""
        self._source.resume(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """See `EventSource.seek`."""
        self._source.seek(partition, offset)

    def position(self, partition: TopicPartition) -> int:
        """See `EventSource.position`."""
        return self._source.position(partition)

    def assignment(self) -> frozenset[TopicPartition]:
        """See `EventSource.assignment`."""
        return self._source.assignment()

    def end_offsets(self) -> Mapping[TopicPartition, int]:
        """See `EventSource.end_offsets`."""
        return self._source.end_offsets()

    def close(self) -> None:
        """See `EventSource.close`."""
        self._source.close()
