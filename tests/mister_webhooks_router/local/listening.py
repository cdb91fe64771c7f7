from __future__ import annotations

from collections.abc import Iterable, Mapping

from mister_webhooks.source import TopicPartition


class Listener:
    """A reader that is always settled, and remembers what it was told."""

    def __init__(self, finished: Mapping[TopicPartition, int] | None = None) -> None:
        self.starts: dict[TopicPartition, int] = {}
        self.calls: list[str] = []
        self._finished = finished or {}

    def assigned(self, starts: Mapping[TopicPartition, int]) -> None:
        self.starts.update(starts)

    def revoking(self, partitions: Iterable[TopicPartition]) -> None:
        self.calls.append("revoking")

    def settled(self, partitions: Iterable[TopicPartition]) -> bool:
        self.calls.append("settled")
        return self.calls.count("settled") > 2

    def finished(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.calls.append("finished")
        return self._finished

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        raise AssertionError("a local partition is never lost")
