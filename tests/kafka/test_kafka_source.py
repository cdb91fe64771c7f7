"""What is Kafka's own in the source: gaps in the log, lost memberships, new partitions, outages."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest
from kafka import KafkaConsumer
from kafka.admin import KafkaAdminClient, MemberToRemove
from kafka.errors import CorruptRecordError, LogTruncationError, NodeNotReadyError

from mister_webhooks import BrokerError, CommitDeferred, CommitRefused, KafkaSource, TopicPartition, kafka_source
from mister_webhooks.assignments import Assignments
from tests.broker.broker import Broker, Consumer
from tests.broker.records import NewRecord
from tests.broker.waiting import wait_until
from tests.kafka.support import in_time, source_of


class Reader:
    """Polls a source as the poll thread does, and keeps what came."""

    def __init__(self, source: KafkaSource) -> None:
        self.source = source
        self.assignments = Assignments()
        self.values: list[int] = []
        source.open(self.assignments)

    def poll(self, timeout: float = 0.05) -> None:
        for records in self.source.poll(timeout, 100).values():
            self.values += [int(record.value or b"") for record in records]

    def until(self, condition: Callable[[], object], what: str, timeout: float = 0.05) -> None:
        """Poll until the condition holds."""

        def polled() -> object:
            self.poll(timeout)
            return condition()

        wait_until(polled, what)


def events(*numbers: int, partition: int = 0) -> list[NewRecord]:
    return [NewRecord(b"%d" % number, partition=partition) for number in numbers]


def test_a_join_that_outlasts_a_poll_is_finished(broker: Broker) -> None:
    """New partitions are read however short the polls: kafka-python forgets such a join and then stands still."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    reader = Reader(source_of(broker, consumer, topic))
    reader.until(lambda: reader.assignments.by_partition, "the first partition")

    for count in (2, 3, 4):
        grow(broker, topic, count, reader)
        reader.until(partial(reads, reader, count), f"{count} partitions", timeout=0.003)

    assert reader.source.assignment() == reader.assignments.by_partition.keys()
    reader.source.close()


def test_a_join_that_is_completed_between_two_polls_counts(broker: Broker) -> None:
    """kafka-python throws its result away and makes the whole group join again, here for ever."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    reader = Reader(source_of(broker, consumer, topic))

    def polled_rarely() -> bool:
        time.sleep(0.1)
        reader.poll(timeout=0.0)
        return bool(reader.assignments.by_partition)

    wait_until(polled_rarely, "the partition", limit=10)

    assert reader.source.consumer.group_metadata().generation_id == 1
    reader.source.close()


def grow(broker: Broker, topic: str, count: int, reader: Reader) -> None:
    """Add a partition with the event `count`, and let the reader look for it now."""
    broker.add_partitions(topic, count)
    broker._drop_clients()  # its producer would learn of the partition only later
    broker.produce(topic, events(count, partition=count - 1))
    reader.source.consumer._cluster.request_update()


def reads(reader: Reader, count: int) -> bool:
    return len(reader.assignments.by_partition) == count and count in reader.values


def test_a_new_partition_is_read_from_its_start(broker: Broker) -> None:
    """Also when the group was told to start at the latest event: all of it was written since."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, events(1))
    reader = Reader(source_of(broker, consumer, topic, start_from="latest"))
    reader.until(lambda: reader.assignments.by_partition, "the first partition")

    grow(broker, topic, 2, reader)
    reader.until(partial(reads, reader, 2), "the event from before the partition was found")
    assert reader.values == [2]

    reader.source.close()


def test_what_retention_removed_is_counted(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """A group that was away too long goes on at the oldest event, and is told how much is gone."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(*range(10)))
    first = Reader(source_of(broker, consumer, topic))
    first.until(lambda: first.values, "the events")
    first.source.commit({partition: 2})
    first.source.close()

    broker.delete_records(topic, before=7)
    second = Reader(source_of(broker, consumer, topic))
    second.until(lambda: second.values, "the rest")

    assert second.values == [7, 8, 9]
    assert f"{topic}:0: 5 offsets from 2 on are no longer kept" in caplog.text
    second.source.close()


def test_retention_that_overtakes_a_reader_is_counted(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """It was paused while the events were deleted before it."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    reader = Reader(source_of(broker, consumer, topic))
    reader.until(lambda: reader.assignments.by_partition, "the partition")
    reader.source.pause([partition])
    reader.until(lambda: True, "a poll", timeout=0.5)  # a fetch that was under way comes back
    broker.produce(topic, events(*range(10)))
    broker.delete_records(topic, before=6)

    reader.source.resume([partition])
    reader.until(lambda: reader.values, "the rest")

    assert reader.values == [6, 7, 8, 9]
    assert f"{topic}:0: 6 offsets from 0 on are no longer kept" in caplog.text
    reader.source.close()


def test_a_group_that_is_ahead_of_the_log_stops(broker: Broker) -> None:
    """The topic was created anew: going on silently would skip, or repeat, what nobody chose to."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(0, 1, 2))
    first = Reader(source_of(broker, consumer, topic))
    first.until(lambda: first.values, "the events")
    first.source.commit({partition: 100})
    first.source.close()

    second = Reader(source_of(broker, consumer, topic))
    with pytest.raises(BrokerError, match=rf"{topic}:0 ends at offset 3, before 100 .* reset=True"):
        second.until(lambda: second.values, "an event")
    second.source.close()

    third = Reader(source_of(broker, consumer, topic, reset=True))
    third.until(lambda: third.values == [0, 1, 2], "the events")
    third.source.close()


def test_a_member_that_was_removed_may_not_commit_and_joins_again(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """The commit is refused, the partitions are lost, and then assigned anew from what is committed."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(0, 1))
    reader = Reader(source_of(broker, consumer, topic))
    reader.until(lambda: reader.values == [0, 1], "the events")

    remove_members(broker, consumer)
    with pytest.raises(CommitRefused):
        reader.source.commit({partition: 2})
    reader.until(lambda: reader.values == [0, 1, 0, 1], "the events once more")

    assert reader.assignments.epoch == 2
    assert "the membership in the consumer group was lost" in caplog.text
    reader.source.commit({partition: 2})
    reader.source.close()
    assert broker.committed(consumer.name) == {partition: 2}


def test_members_that_were_removed_are_told_of_their_new_share(broker: Broker) -> None:
    """Also the one whose share is nothing: until then it cannot know that it has nothing to do."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    readers = [Reader(source_of(broker, consumer, topic)) for _ in range(2)]

    def shared() -> bool:
        for reader in readers:
            reader.poll()
        held = [len(reader.assignments.by_partition) for reader in readers]
        return sorted(held) == [0, 1] and all(reader.assignments.joined for reader in readers)

    wait_until(shared, "the first shares")
    remove_members(broker, consumer)
    epochs = [reader.assignments.epoch for reader in readers]
    wait_until(
        lambda: (
            shared() and all(reader.assignments.epoch > epoch for reader, epoch in zip(readers, epochs, strict=True))
        ),
        "the next ones",
    )
    for reader in readers:
        reader.source.close()


def test_the_choice_of_a_start_outlives_a_lost_membership(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the group does not have it yet: else the source, told to start at the end, starts at the oldest event."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(0, 1, 2))
    reader = Reader(source_of(broker, consumer, topic, start_from="latest"))
    with monkeypatch.context() as outage:
        outage.setattr(reader.source, "commit", deferred)
        reader.until(lambda: reader.assignments.by_partition, "the partition")
    remove_members(broker, consumer)
    broker.produce(topic, events(3))

    reader.until(lambda: reader.assignments.epoch == 2, "the partition once more")
    reader.until(lambda: reader.values, "the new event")
    assert set(reader.values) == {3}
    reader.until(lambda: broker.committed(consumer.name) == {partition: 3}, "the commit of the start")
    reader.source.close()


def test_a_reset_outlives_a_lost_membership(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the group does not have its start, the old commit does not count; once it has it, commits count again."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(0, 1, 2))
    first = Reader(source_of(broker, consumer, topic))
    first.until(lambda: first.values, "the events")
    first.source.commit({partition: 2})
    first.source.close()

    second = Reader(source_of(broker, consumer, topic, reset=True))
    with monkeypatch.context() as outage:
        outage.setattr(second.source, "commit", deferred)
        second.until(lambda: second.values == [0, 1, 2], "the events once more")
    remove_members(broker, consumer)
    second.until(lambda: second.assignments.epoch == 2, "the partition once more")
    second.until(lambda: second.values[3:], "the events from the start")
    assert second.values[3:] == [0, 1, 2]
    second.until(lambda: broker.committed(consumer.name) == {partition: 0}, "the commit of the start")

    second.source.commit({partition: 1})
    remove_members(broker, consumer)
    second.until(lambda: second.assignments.epoch == 3, "the partition a third time")
    second.until(lambda: second.values[6:], "the events after the commit")
    assert second.values[6:] == [1, 2]
    second.source.close()


def test_a_start_is_handed_over(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next owner, told to start at the end, would else skip what comes before it does."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(0, 1, 2))
    first = Reader(source_of(broker, consumer, topic, start_from="latest"))
    monkeypatch.setattr(first.source, "commit", deferred)
    first.until(lambda: first.assignments.by_partition, "the partition")
    first.source.close()
    assert broker.committed(consumer.name) == {partition: 3}

    broker.produce(topic, events(3))
    heir = Reader(source_of(broker, consumer, topic, start_from="latest"))
    heir.until(lambda: heir.values, "the event from before")
    assert heir.values == [3]
    heir.source.close()


def test_what_is_finished_is_handed_over_instead_of_the_start(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group then has the choice: a reset does not come back with the partition."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(0, 1, 2))
    source = source_of(broker, consumer, topic, reset=True)
    first = Reader(source)
    with monkeypatch.context() as outage:
        outage.setattr(source, "commit", deferred)
        first.until(lambda: first.values == [0, 1, 2], "the events")
        first.assignments.by_partition[partition].finished = 2
        source.close()
    assert broker.committed(consumer.name) == {partition: 2}

    again = Reader(source)
    again.until(lambda: again.values, "the rest")
    assert again.values == [2]
    source.close()


def deferred(_offsets: object) -> None:
    raise CommitDeferred("the coordinator moves")


def remove_members(broker: Broker, consumer: Consumer) -> None:
    """What an operator may do to a group."""
    admin = KafkaAdminClient(bootstrap_servers=broker.plain_bootstrap)
    try:
        admin.remove_group_members(consumer.name, [MemberToRemove(m.member_id) for m in broker.members(consumer.name)])
    finally:
        admin.close()


def test_a_commit_in_an_outage_is_deferred(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls give nothing and raise nothing meanwhile; afterwards the same commit succeeds."""
    monkeypatch.setattr(kafka_source, "COMMIT_SECONDS", 1.0)
    consumer, topic = broker.new_consumer(), broker.new_topic()
    partition = TopicPartition(topic, 0)
    broker.produce(topic, events(0))
    reader = Reader(source_of(broker, consumer, topic))
    reader.until(lambda: reader.values == [0], "the event")

    with broker.frozen():
        with in_time(3), pytest.raises(CommitDeferred):
            reader.source.commit({partition: 1})
        assert reader.source.poll(0.2, 10) == {}

    def committed() -> bool:
        try:
            reader.source.commit({partition: 1})
        except CommitDeferred:
            return False
        return True

    reader.until(committed, "the commit")
    reader.source.close()
    assert broker.committed(consumer.name) == {partition: 1}


def test_an_outage_is_told_once_and_its_end_too(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In our log, however quiet kafka-python's is."""
    monkeypatch.setattr(kafka_source, "COMPLAIN_AFTER_SECONDS", 0.3)
    consumer, topic = broker.new_consumer(), broker.new_topic()
    reader = Reader(source_of(broker, consumer, topic))
    reader.until(lambda: reader.assignments.by_partition, "the partition")

    with broker.down():
        reader.until(lambda: "no contact with the broker" in caplog.text, "the complaint")
    reader.until(lambda: "in contact with the broker again" in caplog.text, "its end")
    broker.produce(topic, events(1))
    reader.until(lambda: reader.values == [1], "the event")

    assert caplog.text.count("no contact with the broker") == 1
    reader.source.close()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CorruptRecordError("crc"), "CorruptRecordError"),
        (KeyError("bug"), "KeyError"),
        (LogTruncationError({}), "has lost records that were read already"),
    ],
)
def test_after_an_error_that_it_does_not_know_it_never_polls_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, error: Exception, text: str
) -> None:
    """kafka-python would spin inside its next poll for ever, whatever the timeout."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    reader = Reader(source_of(broker, consumer, topic))
    reader.until(lambda: reader.assignments.by_partition, "the partition")
    polls = 0

    def failing(self: KafkaConsumer, **_: object) -> None:
        nonlocal polls
        polls += 1
        raise error

    monkeypatch.setattr(KafkaConsumer, "poll", failing)
    for _ in range(3):
        with pytest.raises(BrokerError, match=text):
            reader.poll()

    assert polls == 1
    with in_time(5):
        reader.source.close()


def test_a_poll_that_fails_after_it_took_records_out_loses_none(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python sends its next requests before it hands the records over; when that fails they are read again."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, events(*range(5)))
    reader = Reader(source_of(broker, consumer, topic))
    reader.until(lambda: reader.assignments.by_partition, "the partition", timeout=0.0)
    fetcher = reader.source.consumer._fetcher
    reader.poll(timeout=0.0)

    def lie_ready() -> object:
        fetcher.send_fetches()  # as every poll does: on a busy machine the first one may have had nobody to ask
        return fetcher._completed_fetches

    wait_until(lie_ready, "records that lie ready")
    assert reader.values == []

    with monkeypatch.context() as broken:
        broken.setattr(fetcher, "send_fetches", raising(NodeNotReadyError("the broker is going away")))
        reader.poll()
        assert reader.values == []
    reader.until(lambda: reader.values, "the events")

    assert reader.values == [0, 1, 2, 3, 4]
    reader.source.close()


def raising(error: Exception) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


def test_it_can_be_opened_again(broker: Broker) -> None:
    """After a close, and after a failure."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, events(1))
    source = source_of(broker, consumer, topic)
    for _ in range(2):
        reader = Reader(source)
        reader.until(partial(reads, reader, 1), "the event")
        source.close()
    source.close()


def test_connecting_joins_nothing(broker: Broker) -> None:
    """It checks, and leaves no trace in the group."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    source = source_of(broker, consumer, topic)

    source.connect()
    source.connect()

    assert broker.members(consumer.name) == []
    assert broker.committed(consumer.name) == {}
    source.close()


def test_several_topics_are_read_by_one_group(broker: Broker) -> None:
    """Each from its own place."""
    consumer, topics = broker.new_consumer(), [broker.new_topic(), broker.new_topic(2)]
    broker.produce(topics[0], events(1))
    broker.produce(topics[1], events(2, partition=1))
    reader = Reader(source_of(broker, consumer, *topics))

    reader.until(lambda: sorted(reader.values) == [1, 2], "both events")

    assert len(reader.source.assignment()) == 3
    assert len(reader.source.end_offsets()) == 3
    reader.source.close()


def test_a_killed_member_is_replaced_after_its_session(broker: Broker) -> None:
    """One that vanishes without leaving holds its partition for the session's timeout, no longer."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, events(0))
    dead = Reader(source_of(broker, consumer, topic, session_timeout=2.0))
    dead.until(lambda: dead.values == [0], "the event")
    vanish(dead.source)

    start = time.monotonic()
    heir = Reader(source_of(broker, consumer, topic, session_timeout=2.0))
    heir.until(lambda: heir.values == [0], "the event once more")

    assert time.monotonic() - start < 8
    heir.source.close()


def vanish(source: KafkaSource) -> None:
    """Cut every connection, as SIGKILL does."""
    source.consumer._client.close()
