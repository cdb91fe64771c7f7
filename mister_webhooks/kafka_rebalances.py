"""What happens when the partitions of a group are shared anew."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kafka import AsyncConsumerRebalanceListener, OffsetAndMetadata
from kafka import TopicPartition as KafkaTopicPartition

from mister_webhooks.source import RebalanceListener, TopicPartition

COMMIT_SECONDS = 3.0

log = logging.getLogger("mister_webhooks")


class ChosenStart(NamedTuple):
    """Where we chose to start a partition, and whether that stands against what the group has committed."""

    offset: int
    is_reset: bool


class Rebalances(AsyncConsumerRebalanceListener):
    """Tells our listener what kafka-python tells, and commits what is finished before partitions go.

    It runs on kafka-python's own thread while the poll thread is inside `poll` or `close`, heartbeats going on.

    Args:
        kafka: the `KafkaConsumer`
        listener: who is told
        new: takes the partitions that are assigned, for the poll thread to place them; they are paused until then
        starts: where we chose to start, as far as the group does not have it; loses what is committed here
        drain: seconds for which what runs is waited for
    """

    def __init__(
        self,
        kafka: Any,  # noqa: ANN401 - a KafkaConsumer; kafka-python has no types
        listener: RebalanceListener,
        new: set[TopicPartition],
        starts: dict[TopicPartition, ChosenStart],
        drain: float,
    ) -> None:
        self._kafka = kafka
        self._listener = listener
        self._new = new
        self._starts = starts
        self._drain = drain

    async def on_partitions_assigned(self, assigned: Iterable[KafkaTopicPartition]) -> None:
        """These are ours: they wait for the poll thread to place them."""
        self._kafka.pause(*assigned)
        self._new.update(_ours(assigned))

    async def on_partitions_revoked(self, revoked: Iterable[KafkaTopicPartition]) -> None:
        """These are about to go: what runs is waited for, and what is finished committed."""
        partitions = self._forget(revoked)
        if not partitions:
            return
        self._listener.revoking(partitions)
        await self._settle(partitions)
        starts = {partition: self._starts[partition].offset for partition in partitions & self._starts.keys()}
        offsets = starts | dict(self._listener.finished(partitions))
        try:
            await self._commit(offsets)
        except Exception as error:  # noqa: BLE001 - kafka-python would raise it from poll()
            log.warning("the last handled events are not committed and will be delivered again: %r", error)
        else:
            for partition in offsets:
                self._starts.pop(partition, None)

    async def on_partitions_lost(self, lost: Iterable[KafkaTopicPartition]) -> None:
        """These were taken away: nothing of theirs is committed."""
        self._listener.lost(self._forget(lost))
        log.warning("the membership in the consumer group was lost; what is being handled will be delivered again")

    def _forget(self, gone: Iterable[KafkaTopicPartition]) -> set[TopicPartition]:
        """Returns those that our listener knows: they were placed."""
        partitions = _ours(gone)
        placed = partitions - self._new
        self._new -= partitions
        return placed

    async def _settle(self, partitions: set[TopicPartition]) -> None:
        deadline = time.monotonic() + self._drain
        while not self._listener.settled(partitions):
            if time.monotonic() >= deadline:
                log.warning("an event is handled for longer than a rebalance can wait; it will be delivered again")
                return
            await self._kafka._net.sleep(0.02)  # noqa: SLF001 - the loop has no public sleep

    async def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        # The public commit_async resolves on the coordinator's look-up, not on the commit, when it must look it up.
        commit = self._kafka._coordinator._commit_offsets_sync_async  # noqa: SLF001
        await commit(to_commit(offsets), timeout_ms=int(COMMIT_SECONDS * 1000))


def carry_on_joining(kafka: Any) -> None:  # noqa: ANN401
    """Lets the next poll finish a join that an earlier one began. To be called before each.

    kafka-python forgets a join whose reason is gone when the next poll comes, as new partitions are once it knows of
    them: no records, no heartbeats, no error, for ever. And it throws the result of one away that was completed between
    two polls, and makes the whole group join again.
    """
    coordinator = kafka._coordinator  # noqa: SLF001 - no public call knows of a join that is under way
    if not coordinator.rejoining:
        return
    coordinator.request_rejoin()
    join = coordinator._join_task  # noqa: SLF001
    if join is not None and not isinstance(join, _Join):
        coordinator._join_task = _Join(join)  # noqa: SLF001


class _Join:
    """A join under way, as a future that is not done before somebody has waited for its success."""

    def __init__(self, future: Any) -> None:  # noqa: ANN401 - a kafka.future.Future
        self._future = future
        self.add_callback = future.add_callback
        self.add_errback = future.add_errback

    @property
    def is_done(self) -> bool:
        return bool(self._future.failed())


def to_commit(offsets: Mapping[TopicPartition, int]) -> dict[KafkaTopicPartition, OffsetAndMetadata]:
    """The offsets as kafka-python wants them."""
    return {KafkaTopicPartition(*partition): OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}


def _ours(partitions: Iterable[KafkaTopicPartition]) -> set[TopicPartition]:
    return {TopicPartition(*partition) for partition in partitions}
