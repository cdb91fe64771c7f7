"""How a client may end, kindly or not: nothing is lost, and nothing is committed that was not handled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mister_webhooks import TopicPartition, WebhookEvent
from tests.broker.broker import Broker
from tests.broker.waiting import wait_until
from tests.kafka.support import client_of, in_time, numbers, stopping, webhooks

# Writes each number it has handled to a file, at once and for good.
LEDGER_PROGRAM = """
import os, sys, time
from mister_webhooks import ConnectionProfile, MisterWebhooksConsumer

ledger = os.open(sys.argv[3], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def handle(event):
    time.sleep(0.002)
    os.write(ledger, b"%d\\n" % event.payload["n"])

MisterWebhooksConsumer(sys.argv[2], ConnectionProfile.from_file(sys.argv[1])).run(handle)
"""


@contextmanager
def ledger_program(broker: Broker, profile: Path, topic: str, ledger: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", LEDGER_PROGRAM, profile, topic, ledger],
        env={**os.environ, "MWH_CA_FILE": str(broker.ca_file)},
        stderr=subprocess.PIPE,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def handled(ledger: Path) -> list[int]:
    return list(map(int, ledger.read_text().split())) if ledger.exists() else []


def test_sigkill_between_two_events_loses_none(broker: Broker, tmp_path: Path) -> None:
    """Whatever was committed had been handled; the successor handles the rest, and repeats what was not committed."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    profile, ledger = broker.profile_file(tmp_path, consumer), tmp_path / "ledger"
    broker.produce_events(topic, webhooks(1200))

    with ledger_program(broker, profile, topic, ledger) as first:
        wait_until(
            lambda: len(handled(ledger)) > 500 and broker.committed(consumer.name)[TopicPartition(topic, 0)], "work"
        )
        first.send_signal(signal.SIGKILL)
        first.wait()

    [committed] = broker.committed(consumer.name).values()
    before = handled(ledger)
    assert 0 < committed <= len(before) == len(set(before))
    with ledger_program(broker, profile, topic, ledger) as second:
        wait_until(lambda: 1199 in handled(ledger), "the rest", limit=60)
        second.send_signal(signal.SIGINT)
        second.wait()

    after = handled(ledger)[len(before) :]
    assert before + after == [*range(len(before)), *range(committed, 1200)]
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


def test_ctrl_c_in_the_callback(broker: Broker) -> None:
    """Earlier events are committed, the one at work is not; it is raised promptly and ends the membership."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(5))

    def interrupted(event: WebhookEvent) -> None:
        if event.payload["n"] == 3:
            signal.raise_signal(signal.SIGINT)
            pytest.fail("the signal was not delivered")

    with client_of(broker, consumer, topic) as client, in_time(10), pytest.raises(KeyboardInterrupt):
        client.run(interrupted)

    assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 3}
    assert broker.members(consumer.name) == []


def test_ctrl_c_while_waiting_for_events(broker: Broker) -> None:
    """What was handled is committed; the wait ends at once."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(2))
    seen: list[WebhookEvent] = []

    with client_of(broker, consumer, topic) as client:
        main = threading.get_ident()
        waiter = threading.Thread(target=interrupt_when_two, args=(main, seen))
        waiter.start()
        with stopping(client), in_time(10), pytest.raises(KeyboardInterrupt):
            client.run(seen.append)
        waiter.join()

    assert numbers(seen) == [0, 1]
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


def interrupt_when_two(thread: int, seen: list[WebhookEvent]) -> None:
    wait_until(lambda: len(seen) == 2, "two events")
    time.sleep(0.2)  # let the reader come to its wait; it is right either way
    signal.pthread_kill(thread, signal.SIGINT)


def test_stop_from_a_signal_handler(broker: Broker) -> None:
    """SIGTERM in the middle of an event: it is finished and committed, `run` returns."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(3))
    seen: list[int] = []

    def terminated(event: WebhookEvent) -> None:
        signal.raise_signal(signal.SIGTERM)
        seen.append(event.payload["n"])

    with client_of(broker, consumer, topic) as client:
        previous = signal.signal(signal.SIGTERM, lambda *_: client.stop())
        try:
            client.run(terminated)
        finally:
            signal.signal(signal.SIGTERM, previous)

    assert seen == [0]
    assert broker.committed(consumer.name) == {TopicPartition(topic, 0): 1}


def test_a_broker_that_dies_and_comes_back(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """The callback works on, commits wait, and when the broker is back everything is handled and committed."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(1500))
    seen: list[int] = []

    def handle(event: WebhookEvent) -> None:
        seen.append(event.payload["n"])
        if len(seen) == 1200:
            broker.restart()
            broker.produce_events(topic, webhooks(10, start=1500))
        if event.payload["n"] == 1509:
            client.stop()

    with client_of(broker, consumer, topic) as client, stopping(client, 60):
        client.run(handle)

    assert sorted(set(seen)) == list(range(1510))
    assert broker.committed(consumer.name) == broker.end_offsets(topic)


def test_closing_is_bounded_when_the_broker_is_frozen(broker: Broker) -> None:
    """It commits and leaves for a limited time; nothing is committed that was not handled."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce_events(topic, webhooks(2))

    with client_of(broker, consumer, topic) as client:
        events = iter(client)
        next(events)
        next(events)
        with broker.frozen(), in_time(15):
            client.close()

    assert broker.committed(consumer.name)[TopicPartition(topic, 0)] <= 1
