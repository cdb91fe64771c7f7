"""What the contract tests need of each kind of event source. A new kind is one more kit in `KITS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from mister_webhooks.source import EventSource, TopicPartition
from mister_webhooks.start import StartFrom
from tests.broker.broker import Broker
from tests.broker.records import NewRecord
from tests.kafka.support import source_of


class Kit(Protocol):
    """One group that reads one topic from one kind of source."""

    @property
    def topic(self) -> str:
        """What the group reads."""

    @property
    def partitions(self) -> Sequence[TopicPartition]:
        """The topic's partitions."""

    def produce(self, records: Sequence[NewRecord]) -> list[int]:
        """Writes the records, each to its partition (0 where it has none); returns their offsets."""

    def new_source(self, start_from: StartFrom = "earliest") -> EventSource:
        """A source that is not yet open, for the kit's topic and group."""

    def committed(self) -> Mapping[TopicPartition, int]:
        """What the group has committed."""


class KafkaKit:
    """A `KafkaSource` on the real broker."""

    def __init__(self, broker: Broker, partitions: int) -> None:
        self._broker = broker
        self._consumer = broker.new_consumer()
        self.topic = broker.new_topic(partitions)
        self.partitions = [TopicPartition(self.topic, number) for number in range(partitions)]

    def produce(self, records: Sequence[NewRecord]) -> list[int]:
        return self._broker.produce(self.topic, records)

    def new_source(self, start_from: StartFrom = "earliest") -> EventSource:
        return source_of(self._broker, self._consumer, self.topic, start_from=start_from)

    def committed(self) -> Mapping[TopicPartition, int]:
        return self._broker.committed(self._consumer.name)


def _kafka(request: pytest.FixtureRequest, partitions: int, _: Path) -> Kit:
    return KafkaKit(request.getfixturevalue("broker"), partitions)


KITS: dict[str, Callable[[pytest.FixtureRequest, int, Path], Kit]] = {"kafka": _kafka}
"""For each kind of source, what makes its kit of a request, a number of partitions and a folder of the test's own."""
