"""The plain client against a real broker: everything that it promises, and every defect of 1.0.0."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mister_webhooks import (
    Envelope,
    EnvelopeDecodeError,
    FormatError,
    HTTPMethod,
    MisterWebhooksConsumer,
    PayloadDecodeError,
    Position,
    TopicPartition,
    UnsupportedEnvelope,
    WebhookEvent,
)
from mister_webhooks.payload import encode_payload
from tests.broker import records
from tests.broker.broker import Broker
from tests.broker.octokit import Example
from tests.broker.records import NewRecord
from tests.broker.waiting import wait_until
from tests.kafka.support import client_of, numbers, run_until, stopping, webhooks

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]
SEED_PROGRAM = """
import pprint, sys
from mister_webhooks import ConnectionProfile, MisterWebhooksConsumer

profile = ConnectionProfile.from_file(sys.argv[1])
MisterWebhooksConsumer(sys.argv[2], profile).run(pprint.pprint)
"""


def spellings(headers: dict[str, str], number: int) -> dict[str, list[str]]:
    """GitHub's headers as a sender, a Go server or an HTTP/2 proxy writes them; each third with a repeated one."""
    styles: list[Callable[[str], str]] = [str, str.title, str.lower]
    spell = styles[number % 3]
    spelled = {spell(name): [value] for name, value in headers.items()}
    return spelled | {spell("X-Forwarded-For"): ["10.0.0.1", "10.0.0.2", ""][: number % 4]}


def test_every_recorded_webhook_arrives_as_it_was_sent(broker: Broker, octokit: list[Example]) -> None:
    """All payloads in both encodings, all methods, several spellings and repetitions of headers."""
    consumer, topic = broker.new_consumer(), broker.new_topic(partitions=3)
    sent = [
        (method, spellings(example.headers, number), example.payload, encoding)
        for number, (method, (example, encoding)) in enumerate(
            zip(itertools.cycle(METHODS), itertools.product(octokit, ["JSON", "CBOR"]), strict=False)
        )
    ]
    broker.produce(
        topic,
        [
            records.event(Envelope(method, headers, encode_payload(encoding, payload), encoding), partition=number % 3)
            for number, (method, headers, payload, encoding) in enumerate(sent)
        ],
    )

    with client_of(broker, consumer, topic) as client:
        events = run_until(client, len(sent))

    assert broker.committed(consumer.name) == broker.end_offsets(topic)
    for partition in range(3):
        found = [event for event in events if event.partition == partition]
        expected = sent[partition::3]
        assert [event.offset for event in found] == list(range(len(expected)))
        for event, (method, headers, payload, _) in zip(found, expected, strict=True):
            assert (event.method, dict(event.headers), event.payload) == (HTTPMethod(method), headers, payload)

    with client_of(broker, consumer, topic) as client:
        broker.produce_events(topic, webhooks(1))
        assert numbers(run_until(client, 1)) == [0]


def test_the_program_of_the_1_0_0_docs_works_unchanged(broker: Broker, tmp_path: Path) -> None:
    """It starts at the earliest event, prints it readably, goes on with new ones, and ends with Ctrl-C."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(1))
    program = subprocess.Popen(
        [sys.executable, "-u", "-c", SEED_PROGRAM, broker.profile_file(tmp_path, consumer), topic],
        env={**os.environ, "MWH_CA_FILE": str(broker.ca_file)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program, killed_at_the_end(program):
        assert program.stdout is not None
        first = program.stdout.readline()
        broker.produce_events(topic, webhooks(1, start=1))
        lines = [first, *iter(program.stdout.readline, "")] if stop_after(program, broker, consumer.name, 2) else []
        assert program.stderr is not None
        errors = program.stderr.read()

    shown = "".join(lines)
    assert "WebhookEvent(method=<HTTPMethod.POST: 'POST'>" in shown
    assert "{'n': 0}" in shown
    assert "{'n': 1}" in shown
    assert "tzinfo=datetime.timezone.utc" in shown
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert consumer.secret not in shown + errors


@contextlib.contextmanager
def killed_at_the_end(program: subprocess.Popen[str]) -> Iterator[None]:
    """What still runs when a test fails is not waited for."""
    try:
        yield
    finally:
        program.kill()


def stop_after(program: subprocess.Popen[str], broker: Broker, group: str, offset: int) -> bool:
    """Send Ctrl-C once this offset is committed."""
    wait_until(lambda: offset in broker.committed(group).values(), f"commit of {offset}")
    program.send_signal(2)
    return True


def test_an_event_carries_where_and_when(broker: Broker) -> None:
    """Topic, partition, offset, key, position, and the record's time as an aware datetime in UTC."""
    consumer, topic = broker.new_consumer(), broker.new_topic(partitions=2)
    [envelope] = webhooks(1)
    broker.produce(topic, [records.event(envelope, key=b"k", timestamp=1_700_000_000_123, partition=1)])

    with client_of(broker, consumer, topic) as client:
        [event] = run_until(client, 1)

    assert event.timestamp == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
    assert event.timestamp.utcoffset() == timedelta(0)
    assert (event.topic, event.partition, event.offset, event.key) == (topic, 1, 0, b"k")
    assert event.position == Position(topic, 1, 0, event.timestamp)
    assert str(event.position) == f"{topic}:1:0"


def test_a_megabyte_of_headers_is_no_trouble(broker: Broker) -> None:
    """HTTP headers of that size, and Kafka's own; what stands behind them is read too."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    large = "x" * 1024 * 1024
    first, second = webhooks(2)
    http = records.event(first._replace(headers={"X-Large": [large]}))
    kafka = replace(records.event(second), headers=(("large", large.encode()), ("envelope", b"\x80")))
    broker.produce(topic, [http, kafka, http])

    with client_of(broker, consumer, topic) as client:
        events = run_until(client, 3)

    assert numbers(events) == [0, 1, 0]
    assert [event.headers.first("x-large") for event in events] == [large, None, large]


def test_commits_are_not_one_for_each_event(broker: Broker) -> None:
    """1.0.0 made a round trip for every event; 3,000 events now take a handful."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(3000))
    with client_of(broker, consumer, topic) as client:
        commits: list[Any] = []
        commit = client.kafkaConsumer.commit

        def counted(*args: object, **options: object) -> None:
            commits.append(args)
            commit(*args, **options)

        client.kafkaConsumer.commit = counted

        assert numbers(run_until(client, 3000)) == list(range(3000))

    assert 1 <= len(commits) <= 10
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


def test_a_trailing_system_record_is_committed_over(broker: Broker) -> None:
    """System messages are passed over wherever they stand, and their offsets count as done."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    [first, second] = map(records.event, webhooks(2))
    broker.produce(topic, [records.system_message(), first, second, records.system_message(0x7F)])

    with client_of(broker, consumer, topic) as client, stopping(client):
        end = {TopicPartition(topic, 0): 4}
        waiter = threading.Thread(target=stop_when, args=(client.stop, lambda: broker.committed(consumer.name) == end))
        waiter.start()
        events: list[WebhookEvent] = []
        client.run(events.append)
        waiter.join()

    assert numbers(events) == [0, 1]
    assert broker.committed(consumer.name) == end


def stop_when(stop: Any, condition: Any) -> None:  # noqa: ANN401
    try:
        wait_until(condition, "the state to stop in")
    finally:
        stop()


def test_a_callback_that_raises_leaves_its_event_for_the_next_run(broker: Broker) -> None:
    """The exception is raised again, the events before are committed, this one comes again to the same client."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(5))
    seen: list[int] = []

    def fail_at_three(event: WebhookEvent) -> None:
        seen.append(event.payload["n"])
        if seen == [0, 1, 2, 3]:
            raise LookupError("no such customer")

    with client_of(broker, consumer, topic) as client:
        with pytest.raises(LookupError, match="no such customer"):
            client.run(fail_at_three)
        assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 3}
        assert broker.members(consumer.name) == []

        assert numbers(run_until(client, 2)) == [3, 4]
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (records.no_header(), FormatError),
        (records.two_headers(), FormatError),
        (records.two_bytes(), FormatError),
        (records.newer_envelope(), UnsupportedEnvelope),
        (records.broken_avro(), EnvelopeDecodeError),
        (records.event(Envelope("POST", {}, b"{", "JSON")), PayloadDecodeError),
        (NewRecord(None, key=b"k"), EnvelopeDecodeError),
    ],
)
def test_a_record_that_cannot_be_decoded_ends_the_run(broker: Broker, bad: NewRecord, error: type[ValueError]) -> None:
    """The error names the position; what came before is committed, the record is not passed over."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    [good] = map(records.event, webhooks(1))
    broker.produce(topic, [good, bad, good])
    seen: list[WebhookEvent] = []

    with client_of(broker, consumer, topic) as client:
        for _ in range(2):
            with pytest.raises(error, match=f"{topic}:0:1"):
                client.run(seen.append)

    assert numbers(seen) == [0]
    assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 1}


def test_a_long_callback_costs_neither_the_membership_nor_a_second_delivery(broker: Broker) -> None:
    """It takes more than twice the time after which a consumer that does not poll must leave its group."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(2))
    members: list[str] = []
    seen: list[int] = []

    def slow(event: WebhookEvent) -> None:
        seen.append(event.payload["n"])
        members.extend(member.member_id for member in broker.members(consumer.name))
        if seen == [0]:
            time.sleep(4.5)
        members.extend(member.member_id for member in broker.members(consumer.name))
        if len(seen) == 2:
            client.stop()

    with client_of(broker, consumer, topic, max_poll_interval=2.0) as client, stopping(client):
        client.run(slow)

    assert seen == [0, 1]
    assert len(members) == 4
    assert len(set(members)) == 1
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


@pytest.mark.parametrize(
    ("start_from", "expected"),
    [
        ("earliest", [0, 1, 2, 3, 4]),
        ("latest", [4]),
        (datetime(2026, 1, 3, tzinfo=UTC), [2, 3, 4]),
        (datetime(2026, 1, 2, 22, tzinfo=UTC), [2, 3, 4]),
        (datetime(2030, 1, 1, tzinfo=UTC), [4]),
    ],
)
def test_a_new_group_starts_where_it_is_told(broker: Broker, start_from: Any, expected: list[int]) -> None:  # noqa: ANN401
    """At the earliest event, after the latest, or at a moment; afterwards at what it has committed."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    days = [int(datetime(2026, 1, day, tzinfo=UTC).timestamp() * 1000) for day in (1, 2, 3, 4)]
    broker.produce(topic, [records.event(e, timestamp=day) for e, day in zip(webhooks(4), days, strict=True)])

    with client_of(broker, consumer, topic, start_from=start_from) as client, stopping(client):
        events = iter(client)
        producing = threading.Thread(target=produce_when_placed, args=(broker, consumer.name, topic))
        producing.start()
        found = [next(events).payload["n"] for _ in expected]
        producing.join()
    assert found == expected

    with client_of(broker, consumer, topic, start_from=start_from) as client:
        assert numbers(run_until(client, 1)) == [expected[-1]]


def produce_when_placed(broker: Broker, group: str, topic: str) -> None:
    """The fifth event, once the group has chosen its place."""
    wait_until(lambda: broker.committed(group), "the group's start offset")
    broker.produce_events(topic, webhooks(1, start=4))


def test_the_place_is_the_groups_from_the_start(broker: Broker) -> None:
    """A crash before the first commit must not lead to another choice of `latest`: events would be lost."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(3))
    with client_of(broker, consumer, topic, start_from="latest") as client:
        threading.Thread(target=stop_when, args=(client.stop, lambda: broker.committed(consumer.name))).start()
        with stopping(client):
            client.run(lambda _: None)
    assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 3}


def test_reset_starts_again_once(broker: Broker) -> None:
    """What the group has committed is set aside for the first run of the client, and for that only."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(3))
    with client_of(broker, consumer, topic) as client:
        run_until(client, 3)

    with client_of(broker, consumer, topic, reset=True) as client:
        assert numbers(run_until(client, 2)) == [0, 1]
        assert numbers(run_until(client, 1)) == [2]
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


def test_an_event_of_iteration_is_done_when_the_next_is_asked_for(broker: Broker) -> None:
    """`break` leaves the current one undone; what came before is committed; the group is left."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(4))

    with client_of(broker, consumer, topic) as client:
        for event in client:
            if event.payload["n"] == 2:
                break
        assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 2}
        assert broker.members(consumer.name) == []

        assert [event.payload["n"] for _, event in zip(range(2), client, strict=False)] == [2, 3]


def test_an_exception_in_the_body_of_a_loop_is_like_break(broker: Broker) -> None:
    """Its event is not committed."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(2))

    def divide(client: MisterWebhooksConsumer) -> None:
        for event in client:
            _ = 1 / (1 - event.payload["n"])

    with client_of(broker, consumer, topic) as client, pytest.raises(ZeroDivisionError):
        divide(client)

    assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 1}


def test_with_closes_while_an_iteration_is_open(broker: Broker) -> None:
    """Leaving the block ends it promptly, with the current event undone."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(2))

    with client_of(broker, consumer, topic) as client:
        events = iter(client)
        next(events)
        next(events)
        start = time.monotonic()
    assert time.monotonic() - start < 5

    assert list(events) == []
    assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 1}
    assert broker.members(consumer.name) == []
    with pytest.raises(ValueError, match="closed"):
        client.run(lambda _: None)


def test_stop_from_the_callback_finishes_its_event(broker: Broker) -> None:
    """And no other is begun; asked for before a run, it ends the next one before its first event."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(3))
    with client_of(broker, consumer, topic) as client:
        assert numbers(run_until(client, 1)) == [0]
        assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 1}

        client.stop()
        client.run(lambda _: pytest.fail("an event after stop"))
        assert numbers(run_until(client, 2)) == [1, 2]


def test_one_reader_at_a_time(broker: Broker) -> None:
    """A second run or iteration on one client is refused, and the first goes on."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(2))
    with client_of(broker, consumer, topic) as client:
        events = iter(client)
        next(events)

        with pytest.raises(ValueError, match="already being read"):
            client.run(lambda _: None)
        assert next(events).payload == {"n": 1}
