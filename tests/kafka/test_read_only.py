"""A consumer that holds READ on its topic and on its group, and nothing else: everything works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mister_webhooks import KafkaAdmin, KafkaSource, TopicNotFound, TopicPartition, new_ssl_client_context
from mister_webhooks.assignments import Assignments
from mister_webhooks.errors import AuthorizationFailed
from mister_webhooks.kafka_admin import GroupMember
from tests.broker import records
from tests.broker.broker import Broker, Consumer
from tests.broker.waiting import wait_until
from tests.kafka.support import client_of, numbers, profile_of, run_until, source_of, webhooks

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def topic(broker: Broker) -> str:
    """Two partitions: three events from noon on, and none."""
    topic = broker.new_topic(2)
    noon = int(NOON.timestamp() * 1000)
    broker.produce(topic, [records.event(e, timestamp=noon + n) for n, e in enumerate(webhooks(3))])
    return topic


@pytest.fixture
def consumer(broker: Broker, topic: str) -> Consumer:
    """It may read this topic, and use its own group."""
    consumer = broker.new_consumer()
    broker.only_read(consumer, topic)
    return consumer


@pytest.fixture
def new_admin(broker: Broker, consumer: Consumer) -> Callable[[], KafkaAdmin]:
    return lambda: KafkaAdmin(profile_of(consumer), new_ssl_client_context(broker.ca_file))


def test_the_client_reads_commits_and_starts_anywhere(broker: Broker, consumer: Consumer, topic: str) -> None:
    """From the start, from a moment, and after a reset."""
    with client_of(broker, consumer, topic) as client:
        assert numbers(run_until(client, 3)) == [0, 1, 2]
    assert broker.committed(consumer.name) == broker.end_offsets(topic)

    with client_of(broker, consumer, topic, reset=True, start_from=NOON.replace(microsecond=1000)) as client:
        assert numbers(run_until(client, 2)) == [1, 2]


def test_two_members_share_the_partitions(broker: Broker, consumer: Consumer, topic: str) -> None:
    """Joining, heartbeats, rebalances and leaving need no other right."""
    sources = [source_of(broker, consumer, topic, session_timeout=3.0) for _ in range(2)]
    members = [Assignments() for _ in sources]
    for source, member in zip(sources, members, strict=True):
        source.open(member)

    def both() -> bool:
        for source in sources:
            source.poll(0.05, 10)
        return all(len(member.by_partition) == 1 for member in members)

    wait_until(both, "one partition each")
    for source in sources:
        source.close()


def test_questions_about_the_topic(new_admin: Callable[[], KafkaAdmin], topic: str) -> None:
    """Its partitions, where they begin and end, and the time of the oldest and newest event."""
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    with new_admin() as admin:
        assert admin.topics() == [topic]
        assert admin.topic_partitions([topic]) == {topic: [first, second]}
        assert admin.beginning_offsets([first, second]) == {first: 0, second: 0}
        assert admin.end_offsets([first, second]) == {first: 3, second: 0}
        assert admin.oldest_timestamps([first, second]) == {first: NOON, second: None}
        assert admin.newest_timestamps([first, second]) == {first: NOON.replace(microsecond=2000), second: None}
        assert admin.offsets_at([first, second], NOON.replace(microsecond=1000)) == {first: 1, second: 0}
        assert admin.offsets_at([first], NOON.replace(year=2030)) == {first: 3}
        assert admin.offsets_at([first], NOON.replace(year=1960)) == {first: 0}
        assert admin.beginning_offsets([]) == {}


def test_questions_about_the_group(
    new_admin: Callable[[], KafkaAdmin], broker: Broker, consumer: Consumer, topic: str
) -> None:
    """What it has committed, and who is in it."""
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    with new_admin() as admin:
        assert admin.group_offsets([first, second]) == {}
        assert admin.group_members() == []

        with client_of(broker, consumer, topic) as client:
            events = iter(client)
            next(events)
            [member] = admin.group_members()

        assert isinstance(member, GroupMember)
        assert member.client_id == "mister-webhooks"
        assert member.host == "127.0.0.1"
        assert member.partitions == {first, second}
        assert admin.group_offsets([first, second]) == {first: 0, second: 0}
        assert admin.group_members() == []


def test_another_topic_is_not_to_be_seen(new_admin: Callable[[], KafkaAdmin], broker: Broker, topic: str) -> None:
    """To this consumer a topic that it may not read looks as one that does not exist; it is told what it may read."""
    other = broker.new_topic()
    with new_admin() as admin:
        for name in (other, "no.such.topic"):
            with pytest.raises(AuthorizationFailed, match=f"no right to read the topic '{name}', or there is no such"):
                admin.topic_partitions([topic, name])
        with pytest.raises(TopicNotFound, match="is no topic"):
            admin.topic_partitions(["not a topic"])


def test_another_group_is_not_to_be_used(broker: Broker, consumer: Consumer, topic: str) -> None:
    """The group is named in the refusal."""
    source: KafkaSource = source_of(broker, consumer, topic, group="somebody.else")

    with pytest.raises(AuthorizationFailed, match=r"no right to use the consumer group 'somebody\.else'"):
        source.connect()
