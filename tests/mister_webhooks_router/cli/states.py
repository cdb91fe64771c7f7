"""What the broker might say, made by hand."""

from __future__ import annotations

from datetime import datetime

from mister_webhooks_router.cli.kafka_state import GroupState, PartitionState, TopicState


def partition(
    number: int = 0,
    *,
    first: int = 0,
    end: int = 10,
    committed: int | None = None,
    start: int | None = None,
    oldest: datetime | None = None,
    newest: datetime | None = None,
) -> PartitionState:
    """One partition; it starts at what is committed, or at its first record."""
    begin = start if start is not None else first if committed is None else committed
    return PartitionState(number, first, end, committed, begin, oldest, newest)


def group(*topics: TopicState, members: tuple[str, ...] = ()) -> GroupState:
    """The state of the group `acme.hooks`."""
    return GroupState("acme.hooks", members, topics)


def topic(name: str, *partitions: PartitionState) -> TopicState:
    """One topic."""
    return TopicState(name, partitions)
