"""What the broker says about the topics and the group before the program joins it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mister_webhooks.source import TopicPartition
from mister_webhooks.start import StartFrom

if TYPE_CHECKING:
    from mister_webhooks.kafka_admin import KafkaAdmin


@dataclass(frozen=True, slots=True)
class PartitionState:
    """One partition.

    Parameters
    ----------
        number: which
        first: offset of the oldest record
        end: offset after the newest record
        committed: the group's offset, None where it has none
        start: the offset that this program would start from
        oldest, newest: times of the records that are there; None for an empty partition
    """

    number: int
    first: int
    end: int
    committed: int | None
    start: int
    oldest: datetime | None
    newest: datetime | None

    @property
    def lag(self) -> int:
        """How many records wait to be handled."""
        return max(0, self.end - self.start)


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic: its partitions in order."""

    name: str
    partitions: tuple[PartitionState, ...]

    @property
    def lag(self) -> int:
        """How many records wait to be handled."""
        return sum(partition.lag for partition in self.partitions)

    @property
    def held(self) -> int:
        """How many records there are."""
        return sum(partition.end - partition.first for partition in self.partitions)

    @property
    def is_new(self) -> bool:
        """Whether the group has never read it, or so long ago that the broker forgot."""
        return all(partition.committed is None for partition in self.partitions)

    @property
    def has_gaps(self) -> bool:
        """Whether there are partitions of which the group has committed nothing."""
        return any(partition.committed is None for partition in self.partitions)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest record was written."""
        return min((one.oldest for one in self.partitions if one.oldest), default=None)

    @property
    def newest(self) -> datetime | None:
        """When the newest record was written."""
        return max((one.newest for one in self.partitions if one.newest), default=None)


@dataclass(frozen=True, slots=True)
class GroupState:
    """The group and the topics that are to be read. `members` are the hosts of those who are in the group now."""

    name: str
    members: tuple[str, ...]
    topics: tuple[TopicState, ...]


def read_state(admin: KafkaAdmin, group: str, topics: Iterable[str], start_from: StartFrom | None) -> GroupState:
    """Ask the broker. Raises `BrokerError`: the topic is not there, a right is missing, nobody answers."""
    by_topic = admin.topic_partitions(list(topics))
    partitions = [partition for found in by_topic.values() for partition in found]
    committed = admin.group_offsets(partitions)
    first, end = admin.beginning_offsets(partitions), admin.end_offsets(partitions)
    starts = _starts(admin, partitions, start_from or "earliest", first, end)
    oldest, newest = admin.oldest_timestamps(partitions), admin.newest_timestamps(partitions)

    def state(one: TopicPartition) -> PartitionState:
        offset = committed.get(one)
        # A committed offset before the oldest record is out of range: reading goes on from the oldest.
        start = starts[one] if offset is None else max(offset, first[one])
        return PartitionState(one.partition, first[one], end[one], offset, start, oldest[one], newest[one])

    found = tuple(TopicState(name, tuple(map(state, by_topic[name]))) for name in sorted(by_topic))
    return GroupState(group, tuple(member.host for member in admin.group_members()), found)


def _starts(
    admin: KafkaAdmin,
    partitions: Iterable[TopicPartition],
    start_from: StartFrom,
    first: Mapping[TopicPartition, int],
    end: Mapping[TopicPartition, int],
) -> Mapping[TopicPartition, int]:
    """Where reading starts in partitions without a committed offset."""
    if isinstance(start_from, datetime):
        return admin.offsets_at(partitions, start_from)
    return first if start_from == "earliest" else end
