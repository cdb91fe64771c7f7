"""What is asked of the broker beside reading.

Everything here works with the right to READ the topics and the consumer's own group, which is all that a Mister
Webhooks credential has.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self, TypeVar

from kafka import TopicPartition as KafkaTopicPartition
from kafka import errors as kafka_errors
from kafka.protocol.admin import DescribeGroupsRequest
from kafka.protocol.consumer import OffsetSpec
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment
from kafka.protocol.metadata import MetadataRequest

from mister_webhooks import refusals
from mister_webhooks.connection_profile import Address, ConnectionProfile
from mister_webhooks.errors import AuthorizationFailed, MisterWebhooksError, TopicNotFound
from mister_webhooks.kafka_connection import new_kafka_consumer, translate
from mister_webhooks.probe import probe
from mister_webhooks.source import TopicPartition
from mister_webhooks.ssl_cert import new_ssl_client_context

__all__ = ["GroupMember", "KafkaAdmin", "new_kafka_consumer", "translate"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


class GroupMember(NamedTuple):
    """One program that reads as this consumer group."""

    member_id: str
    client_id: str
    host: str
    partitions: frozenset[TopicPartition]


class KafkaAdmin:
    """Asks the broker about topics, offsets and the consumer's group. Joins no group and changes nothing.

    Args:
        profile: who asks, and whom
        ssl_context: whom to trust; by default as `new_ssl_client_context`
        group: the consumer group to ask about; by default the consumer's own, the only one that the service allows it
        timeout: seconds for each question, and for connecting
        consumer: a `KafkaConsumer` of that group to ask through, left open by `close`; by default a new one

    Raises `BrokerUnreachable`, `BrokerNotTrusted` or `AuthenticationFailed` when it cannot connect. Every method raises
    a `BrokerError` when the broker does not answer or refuses.
    """

    def __init__(
        self,
        profile: ConnectionProfile,
        ssl_context: ssl.SSLContext | None = None,
        *,
        group: str | None = None,
        timeout: float = 10.0,
        consumer: Any = None,  # noqa: ANN401 - a KafkaConsumer; kafka-python has no types
    ) -> None:
        self._profile = profile
        self._group = group or profile.consumer_name
        self._timeout = timeout
        self._owns_consumer = consumer is None
        self._ssl_context = ssl_context or new_ssl_client_context()
        self._consumer = consumer or new_kafka_consumer(profile, self._ssl_context, group=self._group, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        if self._owns_consumer:
            self._consumer.close(autocommit=False)

    def topics(self) -> list[str]:
        """The topics that this consumer may see."""
        return sorted(topic.name for topic in self._metadata(None) if not topic.error_code and not topic.is_internal)

    def topic_partitions(self, topics: Collection[str]) -> dict[str, list[TopicPartition]]:
        """The partitions of each topic. Raises `TopicNotFound`, `AuthorizationFailed`."""
        for name in topics:
            if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", name):
                raise refusals.invalid_topic(name)
        found = self._patiently(lambda: self._described(topics))
        return {
            topic.name: sorted(TopicPartition(topic.name, part.partition_index) for part in topic.partitions)
            for topic in found
        }

    def group_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The next offset to read that the group has committed; partitions without a commit are left out."""
        wanted = set(map(_kafka, partitions))
        fetch = self._consumer._coordinator.fetch_committed_offsets  # noqa: SLF001 - the public call takes one partition
        found = self._patiently(lambda: fetch(wanted, timeout_ms=self._milliseconds))
        return {TopicPartition(*partition): committed.offset for partition, committed in found.items()}

    def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset of the oldest record of each partition."""
        return self._offsets(self._consumer.beginning_offsets, partitions)

    def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the newest record of each partition."""
        return self._offsets(self._consumer.end_offsets, partitions)

    def offsets_at(self, partitions: Iterable[TopicPartition], moment: datetime) -> dict[TopicPartition, int]:
        """The offset of the first record of each partition that is not older than `moment`; the end where none is."""
        partitions = list(partitions)
        found = self._first_since(partitions, max(0, (moment - EPOCH) // timedelta(milliseconds=1)))
        ends = self.end_offsets(partitions)
        return {partition: place.offset if (place := found[partition]) else ends[partition] for partition in partitions}

    def oldest_timestamps(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, datetime | None]:
        """When the oldest record of each partition was written; None for an empty partition."""
        found = self._first_since(list(partitions), 0)
        return {
            partition: EPOCH + timedelta(milliseconds=place.timestamp) if place else None
            for partition, place in found.items()
        }

    def newest_timestamps(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, datetime | None]:
        """The highest time of a record of each partition; None for an empty partition."""
        # The public call refuses the negative numbers that stand for something else than a time.
        ask = self._consumer._fetcher.offsets_by_times  # noqa: SLF001
        wanted = {_kafka(partition): OffsetSpec.MAX_TIMESTAMP for partition in partitions}
        found = self._patiently(lambda: ask(dict(wanted), self._milliseconds)) if wanted else {}
        return {
            TopicPartition(*partition): EPOCH + timedelta(milliseconds=place.timestamp) if place else None
            for partition, place in found.items()
        }

    def group_members(self) -> list[GroupMember]:
        """The members of the consumer's group now. A killed one is counted until its session times out."""
        return self._patiently(self._described_members)

    # Asking

    @property
    def _milliseconds(self) -> int:
        return int(self._timeout * 1000)

    def _patiently(self, question: Callable[[], T]) -> T:
        """The answer, asked for again while Kafka says that trying again may help."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return question()
            except MisterWebhooksError:
                raise
            except kafka_errors.RetriableError as error:
                if time.monotonic() >= deadline:
                    self._probe_brokers()
                    raise translate(error, self._profile, self._group) from None
                time.sleep(0.1)
            except Exception as error:
                raise translate(error, self._profile, self._group) from error

    def _probe_brokers(self) -> None:
        """Raises what is wrong with the addresses that the brokers give of themselves, if they are the reason."""
        brokers = [Address(broker.host, broker.port) for broker in self._consumer._cluster.brokers()]  # noqa: SLF001
        if brokers:
            probe(brokers, self._ssl_context, self._timeout)

    def _send(self, request: object, node_id: object = None) -> Any:  # noqa: ANN401 - a response of kafka-python
        manager = self._consumer._manager  # noqa: SLF001 - the consumer has no call for these requests

        async def exchange() -> object:
            return await manager.wait_for(manager.send(request, node_id=node_id), self._milliseconds)

        return manager.run(exchange)

    def _metadata(self, topics: Iterable[str] | None) -> list[Any]:
        wanted = None if topics is None else [MetadataRequest.MetadataRequestTopic(name=name) for name in topics]
        make = MetadataRequest
        return list(self._patiently(lambda: self._send(make(topics=wanted, allow_auto_topic_creation=False))).topics)

    def _described(self, topics: Collection[str]) -> list[Any]:
        found = self._metadata(topics)
        for topic in found:
            error = kafka_errors.for_code(topic.error_code)
            if error is kafka_errors.TopicAuthorizationFailedError:
                refusal = refusals.no_right_on_topics([topic.name], self._profile)
                near = refusals.near_topics(topic.name, self.topics())
                raise AuthorizationFailed(f"{refusal}, or there is no such topic{near}")
            if error is kafka_errors.UnknownTopicOrPartitionError:
                raise TopicNotFound(
                    f"there is no topic {topic.name!r}{refusals.near_topics(topic.name, self.topics())}"
                )
            if error is not kafka_errors.NoError:
                raise error(topic.name)
        return found

    def _offsets(
        self, ask: Callable[..., Mapping[Any, int]], partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, int]:
        wanted = list(map(_kafka, partitions))
        found = self._patiently(lambda: ask(wanted, timeout_ms=self._milliseconds)) if wanted else {}
        return {TopicPartition(*partition): offset for partition, offset in found.items()}

    def _first_since(self, partitions: Iterable[TopicPartition], timestamp: int) -> dict[TopicPartition, Any]:
        wanted = {_kafka(partition): timestamp for partition in partitions}
        ask = self._consumer.offsets_for_times
        found = self._patiently(lambda: ask(dict(wanted), timeout_ms=self._milliseconds)) if wanted else {}
        return {TopicPartition(*partition): place for partition, place in found.items()}

    def _described_members(self) -> list[GroupMember]:
        coordinator = self._consumer._coordinator  # noqa: SLF001 - knows the group's broker
        if not coordinator.ensure_coordinator_ready(timeout_ms=self._milliseconds):
            raise kafka_errors.CoordinatorNotAvailableError
        request = DescribeGroupsRequest(groups=[self._group])
        [group] = self._send(request, coordinator.coordinator()).groups
        error = kafka_errors.for_code(group.error_code)
        if error is kafka_errors.NotCoordinatorError:
            coordinator.coordinator_dead(error())
        if error not in (kafka_errors.NoError, kafka_errors.GroupIdNotFoundError):
            raise error(self._group)
        return [_member(member) for member in group.members]


def _member(found: Any) -> GroupMember:  # noqa: ANN401 - a part of a response of kafka-python
    raw = found.member_assignment
    owned = ConsumerProtocolAssignment.decode(raw).partitions() if raw else ()
    partitions = frozenset(TopicPartition(*partition) for partition in owned)
    return GroupMember(found.member_id, found.client_id, found.client_host.removeprefix("/"), partitions)


def _kafka(partition: TopicPartition) -> KafkaTopicPartition:
    return KafkaTopicPartition(*partition)
