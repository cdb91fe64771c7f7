"""One event by its place in Kafka."""

from __future__ import annotations

from typing import NamedTuple

import click

from mister_webhooks.source import TopicPartition
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.cli.access import Access
from mister_webhooks_router.errors import UsageError


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


class PlaceType(click.ParamType[Place]):
    """`TOPIC:PARTITION:OFFSET`, as messages name events."""

    name = "TOPIC:PARTITION:OFFSET"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Take it apart."""
        if isinstance(value, Place):
            return value
        topic, *numbers = str(value).rsplit(":", 2)
        if not topic or len(numbers) != 2 or not all(one.isdecimal() for one in numbers):  # noqa: PLR2004  partition and offset
            self.fail(f"{value!r} is not TOPIC:PARTITION:OFFSET, for example incoming.acme.github:0:41", param, ctx)
        return Place(topic, *map(int, numbers))


def read_event_at(place: Place, access: Access) -> WebhookEvent:
    """The event at a place, read without a consumer group.

    Raises `UsageError` where there is none; `FormatError`, `UnsupportedEnvelope` or `EnvelopeDecodeError` for a record
    that breaks the protocol or is newer; `BrokerError`.
    """
    from mister_webhooks.kafka_tail import KafkaTail  # noqa: PLC0415  kafka-python loads slowly

    with KafkaTail(place.topic, *access) as tail:
        partition = TopicPartition(place.topic, place.partition)
        _check_place(place, tail.extents().get(partition), len(tail.partitions))
        record = tail.record(partition, place.offset)
    if record is None:
        raise UsageError(f"{place}: the log has no record at this offset; take one of those beside it")
    event = WebhookEvent.from_record(record)
    if event is None:
        raise UsageError(f"{place}: this record is a message of the service itself, which no handler gets")
    return event


def _check_place(place: Place, extent: range | None, partitions: int) -> None:
    if extent is None:
        raise UsageError(f"{place}: there is no such partition; {place.topic} has {_numbers(range(partitions))}")
    if place.offset in extent:
        return
    if not extent:
        raise UsageError(f"{place}: the partition holds no records; the next one gets offset {extent.stop}")
    raise UsageError(f"{place}: there is no such offset; the partition has {_numbers(extent)}")


def _numbers(present: range) -> str:
    first, last = present[0], present[-1]
    return str(first) if first == last else f"{first} to {last}"
