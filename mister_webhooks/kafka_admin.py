"""Connections to the broker, what is asked of it beside reading, and its errors in our words.

Everything here works with the right to READ the topics and the consumer's own group, which is all that a Mister
Webhooks credential has. Private parts of kafka-python are used in this module and in `kafka_source`, nowhere else.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Self, TypeVar

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaTopicPartition
from kafka import errors as kafka_errors
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.protocol.admin import DescribeGroupsRequest
from kafka.protocol.consumer import OffsetSpec
from kafka.protocol.consumer.metadata import ConsumerProtocolAssignment
from kafka.protocol.metadata import MetadataRequest

from mister_webhooks import refusals
from mister_webhooks.connection_profile import Address, ConnectionProfile
from mister_webhooks.errors import AuthorizationFailed, MisterWebhooksError, TopicNotFound
from mister_webhooks.log_secrets import keep_out_of_logs
from mister_webhooks.probe import probe
from mister_webhooks.source import TopicPartition
from mister_webhooks.ssl_cert import new_ssl_client_context

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


# Connecting


_REFUSALS = (kafka_errors.SaslAuthenticationFailedError, kafka_errors.UnsupportedSaslMechanismError)
_Manager: Any = KafkaConnectionManager


class _Connections(_Manager):  # type: ignore[misc] # kafka-python has no types
    """Connections that neither wait for ever for a TLS handshake nor repeat a refused login for ever."""

    def __init__(self, net: NetworkSelector, **settings: object) -> None:
        super().__init__(net, **settings)
        self._refused: Exception | None = None
        # The consumer's setting of this name never reaches the requests that could create a topic.
        self.cluster.config["allow_auto_create_topics"] = False

    async def _build_transport(self, node: object, timeout_at: float) -> Any:  # noqa: ANN401
        building = self.call_soon(super()._build_transport, node, timeout_at)
        try:
            transport = await self.wait_for(building, max(0.0, timeout_at - time.monotonic()) * 1000)
        except kafka_errors.KafkaTimeoutError:
            building.add_callback(lambda late: late.close())
            raise kafka_errors.KafkaConnectionError("no answer to the TLS handshake") from None
        transport._sock_recv = partial(_data_before_end, transport._sock_recv)  # noqa: SLF001
        return transport

    async def _connect(self, node: object, conn: Any, **options: object) -> None:  # noqa: ANN401
        conn.init_future.add_errback(self._note_refusal)
        await super()._connect(node, conn, **options)

    def _note_refusal(self, failure: Exception) -> None:
        if isinstance(failure, _REFUSALS):
            self._refused = failure

    def get_connection(self, node_id: object, **options: object) -> object:
        if self._refused is not None:
            raise self._refused
        return super().get_connection(node_id, **options)


def _data_before_end(receive: Callable[[], tuple[bytes, Exception | None]]) -> tuple[bytes, Exception | None]:
    """What was received, and the end of the connection only when nothing comes before it.

    A broker closes right behind its refusal of a login, and kafka-python throws the refusal away when it sees both.
    """
    data, end = receive()
    return data, None if data else end


def new_kafka_consumer(
    profile: ConnectionProfile, ssl_context: ssl.SSLContext, *, group: str, timeout: float, **settings: object
) -> Any:  # noqa: ANN401 - a KafkaConsumer; kafka-python has no types
    """A connected `KafkaConsumer` of the group, which has not joined it.

    Args:
        profile: who connects, and where
        ssl_context: whom to trust
        group: the consumer group
        timeout: seconds for the probe, and again for kafka-python's own connection
        settings: more of kafka-python's settings

    Raises `BrokerUnreachable`, `BrokerNotTrusted`, `AuthenticationFailed`.
    """
    keep_out_of_logs(profile.auth_secret)
    addresses = probe(profile.bootstrap_addresses, ssl_context, timeout)
    clients: list[KafkaNetClient] = []

    def make_client(**configs: Any) -> KafkaNetClient:  # noqa: ANN401 - passed through
        net = NetworkSelector(**configs)
        clients.append(KafkaNetClient(net, _Connections(net, **configs)))
        return clients[0]

    try:
        return KafkaConsumer(
            bootstrap_servers=[str(address) for address in addresses],
            bootstrap_timeout_ms=int(timeout * 1000),
            client_id="mister-webhooks",
            group_id=group,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            security_protocol="SASL_SSL",
            ssl_context=ssl_context,
            sasl_mechanism="PLAIN",
            sasl_plain_username=profile.consumer_name,
            sasl_plain_password=profile.auth_secret,
            socket_options=_socket_options(),
            reconnect_backoff_max_ms=5000,
            metrics_enabled=False,
            kafka_client=make_client,
            **settings,
        )
    except Exception as error:  # noqa: BLE001 - raised again in our words
        # kafka-python leaves its thread and its sockets behind.
        for client in clients:
            client.close()
        raise translate(error, profile, group) from None


def _socket_options() -> list[tuple[int, int, int]]:
    """Notices a peer that is gone without a word after about a minute."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
    if idle is not None:
        options += [
            (socket.IPPROTO_TCP, idle, 30),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
        ]
    return options


# Errors


def translate(error: Exception, profile: ConnectionProfile, group: str) -> MisterWebhooksError:  # noqa: PLR0911 - one line a kind
    """The error of kafka-python in our words; ours stay what they are."""
    match error:
        case MisterWebhooksError():
            return error
        case kafka_errors.SaslAuthenticationFailedError():
            return refusals.not_authenticated(profile)
        case kafka_errors.TopicAuthorizationFailedError():
            names = error.args[0] if error.args and isinstance(error.args[0], (set, frozenset)) else ()
            return refusals.no_right_on_topics(names, profile)
        case kafka_errors.GroupAuthorizationFailedError():
            return refusals.no_right_on_group(group, profile)
        case kafka_errors.InconsistentGroupProtocolError():
            return refusals.no_common_assignor(group)
        case kafka_errors.UnsupportedCodecError():
            return refusals.no_codec(error)
        case kafka_errors.LogTruncationError():
            return refusals.log_truncated(error)
        case kafka_errors.RetriableError():
            return refusals.no_answer(error, profile)
        case _:
            return refusals.unexpected(error, profile)


def _kafka(partition: TopicPartition) -> KafkaTopicPartition:
    return KafkaTopicPartition(*partition)
