"""Several clients of one group: what joins and leaves of members cost, which is no event."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest
from kafka import KafkaConsumer

from mister_webhooks import Intake, IntakeEnded, KafkaSource, TopicPartition, WebhookEvent
from tests.broker import records
from tests.broker.broker import Broker, Consumer
from tests.broker.waiting import wait_until
from tests.kafka.support import Assignor, client_of, source_of, webhooks

PARTITIONS = 4


class Member(threading.Thread):
    """A client on a thread of its own, which keeps a ledger of what it has begun and finished."""

    def __init__(self, source: KafkaSource, seconds: float) -> None:
        super().__init__(daemon=True)
        self.intake = Intake(source, commit_interval=0.1)
        self.seconds = seconds
        self.begun: list[tuple[int, int]] = []
        self.finished: list[tuple[int, int]] = []
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.intake.start()
            self.read()
        except IntakeEnded:
            pass
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        finally:
            self.intake.release()
            self.intake.close()

    def read(self) -> None:
        while True:
            batch = self.intake.take(1)
            for record in batch.records if batch is not None else ():
                if batch is None or not self.intake.begin(batch, record):
                    break
                self.begun.append((record.partition, record.offset))
                time.sleep(self.seconds)
                self.finished.append((record.partition, record.offset))
                self.intake.finish(batch, record)

    def leave(self) -> None:
        self.intake.stop()
        self.join(30)
        assert not self.is_alive()
        assert self.error is None


@pytest.mark.parametrize("assignor", ["range", "cooperative-sticky"])
def test_a_join_and_a_leave_in_the_middle_lose_and_repeat_nothing(broker: Broker, assignor: Assignor) -> None:
    """Work that runs when partitions move is waited for: each event is handled once, in order, and committed."""
    consumer, topic = broker.new_consumer(), broker.new_topic(partitions=PARTITIONS)
    envelopes = list(webhooks(1200))
    broker.produce(topic, [records.event(e, partition=n % PARTITIONS) for n, e in enumerate(envelopes)])
    first = member(broker, consumer, topic, assignor)
    wait_until(lambda: len(first.finished) > 50, "the first member's work")

    second = member(broker, consumer, topic, assignor)
    wait_until(lambda: len(second.finished) > 50, "the second member's work")
    first.leave()
    wait_until(lambda: broker.committed(consumer.name) == broker.end_offsets(topic), "the end", limit=60)
    second.leave()

    done = first.finished + second.finished
    assert sorted(done) == sorted((n % PARTITIONS, n // PARTITIONS) for n in range(1200))
    for one in (first, second):
        assert one.begun == one.finished
        assert_in_order(one.finished)
    assert second.finished[0] not in first.finished


def member(broker: Broker, consumer: Consumer, topic: str, assignor: Assignor) -> Member:
    """One that takes 5 ms for an event and notices a rebalance within a second."""
    return Member(source_of(broker, consumer, topic, assignor=assignor, session_timeout=3.0), 0.005)


def assert_in_order(done: list[tuple[int, int]]) -> None:
    offsets = defaultdict(list)
    for partition, offset in done:
        offsets[partition].append(offset)
    for found in offsets.values():
        assert found == sorted(found)


def test_nothing_is_committed_past_an_event_that_outlasts_the_rebalance(broker: Broker) -> None:
    """After the bounded wait it is handed over unfinished; the other member is given it again."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(4))
    going_on = threading.Event()
    handled: list[int] = []

    def slow(event: WebhookEvent) -> None:
        handled.append(event.payload["n"])
        if event.payload["n"] == 2:
            going_on.wait(30)

    client = client_of(broker, consumer, topic, max_poll_interval=3.0)  # waits for one second
    running = threading.Thread(target=client.run, args=(slow,))
    running.start()
    wait_until(lambda: handled == [0, 1, 2], "the slow event")
    second = Member(source_of(broker, consumer, topic), 0)
    wait_until(lambda: len(broker.members(consumer.name)) == 2, "the second member")
    wait_until(lambda: broker.committed(consumer.name) == {TopicPartition(topic, 0): 2}, "the hand-over")
    client.stop()
    going_on.set()
    running.join(30)
    wait_until(lambda: broker.committed(consumer.name) == broker.end_offsets(topic), "the end")
    second.leave()
    client.close()

    assert handled[:3] == [0, 1, 2]
    assert set(handled) | {offset for _, offset in second.finished} == {0, 1, 2, 3}


def test_a_slow_event_is_not_given_twice_to_the_member_that_keeps_its_partition(broker: Broker) -> None:
    """An eager rebalance takes everything away and may give it back: the event at work counts when it is finished."""
    consumer, topic = broker.new_consumer(), broker.new_topic(partitions=1)
    broker.produce_events(topic, webhooks(3))
    going_on = threading.Event()
    handled: list[int] = []
    client = client_of(broker, consumer, topic, max_poll_interval=3.0)

    def slow(event: WebhookEvent) -> None:
        handled.append(event.payload["n"])
        if event.payload["n"] == 1:
            going_on.wait(30)
        if event.payload["n"] == 2:
            client.stop()

    running = threading.Thread(target=client.run, args=(slow,))
    running.start()
    wait_until(lambda: handled == [0, 1], "the slow event")
    # A join and a leave: whoever has the one partition in between, the client has it in the end.
    with client_of(broker, consumer, topic) as visitor:
        visitor.kafkaConsumer.subscribe([topic])
        wait_until(lambda: joined(visitor, broker, consumer.name), "two members")
    wait_until(lambda: len(broker.members(consumer.name)) == 1, "one member")
    wait_until(lambda: broker.members(consumer.name)[0].partitions == {TopicPartition(topic, 0)}, "the return")
    going_on.set()
    running.join(30)
    client.close()

    assert handled == [0, 1, 2]
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


def joined(visitor: object, broker: Broker, group: str) -> bool:
    visitor.kafkaConsumer.poll(timeout_ms=50)  # type: ignore[attr-defined]
    return len(broker.members(group)) == 2


def test_another_assignor_is_told(broker: Broker) -> None:
    """A group shares its partitions in one way; who comes with another is told so."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    first = Member(source_of(broker, consumer, topic, assignor="range"), 0)
    wait_until(lambda: broker.members(consumer.name), "the first member")

    second = Member(source_of(broker, consumer, topic, assignor="cooperative-sticky"), 0)
    second.join(30)
    first.leave()

    assert "share its partitions in another way" in str(second.error)


def test_a_member_of_1_0_0_can_be_joined(broker: Broker) -> None:
    """Its assignors are kafka-python's defaults, range and round-robin."""
    consumer, topic = broker.new_consumer(), broker.new_topic(partitions=2)
    old = KafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        group_id=consumer.name,
        enable_auto_commit=False,
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_plain_username=consumer.name,
        sasl_plain_password=consumer.secret,
        ssl_cafile=str(broker.ca_file),
    )
    # It is given time: a join that outlasts a poll may be one that kafka-python never finishes.
    wait_until(lambda: old.poll(timeout_ms=1500) or old.assignment(), "the old member")
    ours = Member(source_of(broker, consumer, topic), 0)

    def shared() -> bool:
        old.poll(timeout_ms=50)
        return [len(member.partitions) for member in broker.members(consumer.name)] == [1, 1]

    wait_until(shared, "one partition each")
    old.close()
    ours.leave()
