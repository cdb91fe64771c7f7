"""`mwh tail` on a real broker: it shows the events of a topic, and nobody notices."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from mister_webhooks import BrokerError, Envelope, TopicPartition
from mister_webhooks.kafka_tail import KafkaTail
from mister_webhooks.source import Record
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks_router.cli.output import Output
from mister_webhooks_router.cli.tail import TailStartType
from mister_webhooks_router.cli.tail_reader import TailReader, Wish
from mister_webhooks_router.event_file import parse_events
from tests.broker import records
from tests.broker.broker import Broker
from tests.broker.waiting import wait_until
from tests.kafka.support import client_of, profile_of, run_until, webhooks
from tests.mister_webhooks_router.cli.processes import COMMANDS, LIMIT, Ended, Program, environment, problems

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED = Envelope("POST", {"X-GitHub-Event": ["push"], "X-Hub-Signature-256": ["sha256=0f"]}, b'{"n": 0}', "JSON")


class Topic:
    """A topic, and a consumer whose only right is to READ it: its own group is forbidden to it."""

    def __init__(self, broker: Broker, folder: Path, partitions: int = 1, *, group: bool = False) -> None:
        self.broker = broker
        self.folder = folder
        self.name = broker.new_topic(partitions)
        self.consumer = broker.new_consumer()
        broker.only_read(self.consumer, self.name)
        if not group:
            broker.revoke(self.consumer, group=True)
        self.env: dict[str, str | Path] = {
            "MWH_PROFILE": broker.profile_file(folder, self.consumer),
            "MWH_CA_FILE": broker.ca_file,
        }

    def start(self, *options: str) -> Program:
        return Program("mwh", "tail", self.name, *options, folder=self.folder, env=self.env)

    def run(self, *options: str) -> Ended:
        with self.start(*options) as program:
            ended = program.wait()
        assert problems(ended, self.consumer.secret) == []
        return ended

    def produce(self, *envelopes: Envelope, partition: int = 0, at: datetime | None = None) -> None:
        milliseconds = None if at is None else int(at.timestamp() * 1000)
        self.broker.produce(
            self.name, [records.event(one, partition=partition, timestamp=milliseconds) for one in envelopes]
        )

    @contextmanager
    def tail(self) -> Iterator[KafkaTail]:
        trusted = new_ssl_client_context(self.broker.ca_file)
        with KafkaTail(self.name, profile_of(self.consumer), trusted) as tail:
            yield tail


def numbers(out: str) -> list[int]:
    return [json.loads(line)["payload"]["n"] for line in out.splitlines()]


def test_lines_in_a_pipe_are_an_event_file(broker: Broker, tmp_path: Path) -> None:
    """What a pipe gets reads back as the events that are in the topic; the values of secret headers are masked."""
    topic = Topic(broker, tmp_path)
    broker.produce(topic.name, [records.event(SIGNED, key=b"k", timestamp=1_790_000_000_123)])
    broker.produce(topic.name, [records.system_message()])
    ended = topic.run("--from", "earliest", "--burst")
    [event] = parse_events(ended.out.splitlines(), "out")

    assert ended.code == 0
    assert (event.topic, event.method, event.key, event.payload) == (topic.name, "POST", b"k", {"n": 0})
    assert event.milliseconds == 1_790_000_000_123
    assert event.headers == {"X-GitHub-Event": ["push"], "X-Hub-Signature-256": ["***"]}


def test_secrets_are_shown_when_asked_for(broker: Broker, tmp_path: Path) -> None:
    """--show-secrets writes headers as they came."""
    topic = Topic(broker, tmp_path)
    topic.produce(SIGNED)
    ended = topic.run("--from", "earliest", "--count", "1", "--show-secrets")

    assert json.loads(ended.out)["headers"] == SIGNED.headers


def test_no_offset_and_no_member(broker: Broker, tmp_path: Path) -> None:
    """While events are shown the consumer's group has no member, and its offsets are what they were before."""
    topic = Topic(broker, tmp_path, group=True)
    topic.produce(*webhooks(5))
    run_until(client_of(broker, topic.consumer, topic.name), 2)
    before = broker.committed(topic.consumer.name)
    with topic.start("--from", "earliest") as program:
        program.until('"n": 4')
        assert broker.members(topic.consumer.name) == []
        program.send(signal.SIGINT)
        ended = program.wait()

    assert numbers(ended.out) == [0, 1, 2, 3, 4]
    assert before == broker.committed(topic.consumer.name) == {TopicPartition(topic.name, 0): 2}


STARTS: list[tuple[str, list[int]]] = [
    ("earliest", [0, 1, 2, 4, 5]),
    ("latest", []),
    ("0", [0, 1, 2, 4, 5]),
    ("2", [2, 5]),
    ("3", []),
    ("2026-01-01T00:01:00Z", [1, 2, 5]),
    ("2026-01-01T00:02", [2]),
    ("2027-01-01", []),
]


@pytest.fixture(scope="module")
def halves(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Topic:
    """Two partitions: events 0 to 2 in one, a minute apart; 3 to 5 in the other, of which 3 is deleted."""
    topic = Topic(broker, tmp_path_factory.mktemp("halves"), partitions=2)
    for partition, sent in ((0, [(0, 0), (1, 1), (2, 2)]), (1, [(3, 0), (4, 0), (5, 1)])):
        for number, minute in sent:
            [envelope] = webhooks(1, number)
            topic.produce(envelope, partition=partition, at=NEW_YEAR.replace(minute=minute))
    broker.delete_records(topic.name, 1, partition=1)
    return topic


@pytest.mark.parametrize(("start", "shown"), STARTS)
def test_where_to_start(start: str, shown: list[int], halves: Topic, tmp_path: Path) -> None:
    """A word, an offset or a time counts in every partition; what is deleted is passed over."""
    wish = Wish(TailStartType().convert(start, None, None), None, None, burst=True, as_json=True, show_secrets=False)
    with halves.tail() as tail, (tmp_path / "out").open("wb") as out:
        TailReader(tail, wish, Output(out)).run(lambda: False)

    assert sorted(numbers((tmp_path / "out").read_text())) == shown


def test_an_offset_that_no_partition_has(halves: Topic) -> None:
    """It is said how far the partitions go."""
    ended = halves.run("--from", "4")

    assert ended.code == 2
    assert f"no partition goes so far; the next offsets are {halves.name}:0:3, {halves.name}:1:3" in ended.err


def test_events_of_several_partitions_come_by_time(halves: Topic) -> None:
    """What is read together comes in the order of its times, whichever partition it is from."""
    batches: list[list[Record]] = []

    def all_read(tail: KafkaTail) -> bool:
        batches.append(tail.poll(1.0))
        return sum(map(len, batches)) == 5

    with halves.tail() as tail:
        tail.start({partition: extent.start for partition, extent in tail.extents().items()})
        wait_until(lambda: all_read(tail), "all five events")

    times = [[record.timestamp for record in batch] for batch in batches]
    assert times == [sorted(batch) for batch in times]
    assert {record.partition for batch in batches for record in batch} == {0, 1}


def test_only_what_matches(broker: Broker, tmp_path: Path) -> None:
    """--where shows the events whose body matches, and counts only them; it says which it could not read."""
    topic = Topic(broker, tmp_path)
    topic.produce(*webhooks(3), Envelope("POST", {}, b"{", "JSON"), *webhooks(7, start=3))
    (tmp_path / "filter.json").write_text('{"n": {"$gte": 2}}')
    first = topic.run("--from", "earliest", "--where", '{"n": {"$gte": 2}}', "--count", "3")
    second = topic.run("--from", "earliest", "--where", "@filter.json", "--burst")

    assert numbers(first.out) == [2, 3, 4]
    assert numbers(second.out) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert f"{topic.name}:0:3 is left out: " in first.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_new_events_come_until_a_signal(number: signal.Signals, broker: Broker, tmp_path: Path) -> None:
    """Without --from only what comes from now on is shown; Ctrl-C and SIGTERM are the usual end: exit code 0."""
    topic = Topic(broker, tmp_path)
    topic.produce(*webhooks(2))
    with topic.start() as program:
        program.until(f"reading {topic.name}:0:2")
        topic.produce(*webhooks(1, start=2))
        program.until('"n": 2')
        program.send(number)
        ended = program.wait()

    assert (ended.code, numbers(ended.out)) == (0, [2])
    assert ended.err == f"reading {topic.name}:0:2\n"


def test_a_reader_that_goes_away(broker: Broker, tmp_path: Path) -> None:
    """`mwh tail | head -1` ends though no further event comes, with exit code 0 and without a word."""
    topic = Topic(broker, tmp_path)
    topic.produce(*webhooks(1))
    pipe = f"{COMMANDS / 'mwh'} tail {topic.name} --from earliest | head -1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", pipe],
        cwd=tmp_path,
        env=environment(topic.env),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )

    line, code = ended.stdout.splitlines()
    assert (json.loads(line)["payload"], code) == ({"n": 0}, "0")
    assert ended.stderr == f"reading {topic.name}:0:0\n"


def test_on_a_terminal(broker: Broker, tmp_path: Path) -> None:
    """A person sees place, time, method and the sender's event, then headers, secrets masked, and the body."""
    topic = Topic(broker, tmp_path)
    topic.produce(SIGNED, at=NEW_YEAR)
    topic.produce(Envelope("PUT", {"X-Odd": ["\x1b[2J"]}, b"?", "JSON"), at=NEW_YEAR)
    shown = on_a_terminal(topic, "--from", "earliest", "--burst")

    assert shown.splitlines() == [
        f"{topic.name}:0:0  2026-01-01T00:00:00.000Z  POST  github:push",
        "    X-GitHub-Event: push",
        "    X-Hub-Signature-256: ***",
        '    {"n": 0}',
        "",
        f"{topic.name}:0:1  2026-01-01T00:00:00.000Z  PUT",
        r"    X-Odd: \x1b[2J",
        "    the body cannot be decoded: the body is no JSON: Expecting value, at line 1 column 1",
        "",
    ]


def on_a_terminal(topic: Topic, *options: str) -> str:
    """What the program writes where its output is a terminal."""
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as reader:
        command: list[str | Path] = [COMMANDS / "mwh", "tail", topic.name, *options]
        subprocess.run(
            command, cwd=topic.folder, env=environment(topic.env), stdout=its, stderr=subprocess.DEVNULL, check=True
        )
        os.close(its)
        return b"".join(iter(lambda: read_terminal(reader.fileno()), b"")).decode().replace("\r\n", "\n")


def read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so where everybody has closed the other end
        return b""


def test_a_record_that_breaks_the_protocol(broker: Broker, tmp_path: Path) -> None:
    """It ends there with exit code 6 and says how to read on behind it; what came before is shown."""
    topic = Topic(broker, tmp_path)
    topic.produce(*webhooks(1))
    broker.produce(topic.name, [records.no_header()])
    topic.produce(*webhooks(1, start=1))
    ended = topic.run("--from", "earliest", "--burst")

    assert (ended.code, numbers(ended.out)) == (6, [0])
    assert f"{topic.name}:0:1: " in ended.err
    assert "--from 2" in ended.err
    assert numbers(topic.run("--from", "2", "--burst").out) == [1]


def test_a_topic_without_the_right_to_read_it(broker: Broker, tmp_path: Path) -> None:
    """It is the broker's refusal: exit code 5."""
    topic = Topic(broker, tmp_path)
    broker.revoke(topic.consumer, topic.name)
    ended = topic.run()

    assert ended.code == 5
    assert f"no right to read the topic {topic.name!r}" in ended.err


def test_an_outage_is_waited_for(broker: Broker, tmp_path: Path) -> None:
    """When the broker comes back, what is written then is shown."""
    topic = Topic(broker, tmp_path)
    with topic.start("--count", "1") as program:
        program.until("reading")
        with broker.down():
            pass
        topic.produce(*webhooks(1))
        ended = program.wait()

    assert (ended.code, numbers(ended.out)) == (0, [0])


def test_records_that_are_deleted(broker: Broker, tmp_path: Path) -> None:
    """Records that are gone before they are read are an error that names the place, not a silent jump."""
    topic = Topic(broker, tmp_path)
    topic.produce(*webhooks(3))
    with topic.tail() as tail:
        tail.start({TopicPartition(topic.name, 0): 0})
        broker.delete_records(topic.name, 3)
        with pytest.raises(BrokerError, match=f"there is no record at {topic.name}:0:0 any more"):
            wait_until(lambda: tail.poll(0.1), "a record, which never comes")


def test_one_record(broker: Broker, tmp_path: Path) -> None:
    """A record is read by its place; where the log has only the end of a transaction there is none."""
    topic = Topic(broker, tmp_path)
    topic.produce(*webhooks(1))
    in_transaction(broker, topic.name)
    partition = TopicPartition(topic.name, 0)
    wait_until(lambda: broker.end_offsets(topic.name)[partition] == 3, "the end of the transaction")
    topic.produce(*webhooks(1, start=2))
    with topic.tail() as tail:
        found: dict[int, Any] = {offset: tail.record(partition, offset) for offset in range(4)}

    assert [found[offset].offset for offset in (0, 1, 3)] == [0, 1, 3]
    assert found[2] is None


def in_transaction(broker: Broker, topic: str) -> None:
    """Write one record in a transaction, whose end takes an offset too."""
    producer = KafkaProducer(bootstrap_servers=broker.plain_bootstrap, transactional_id=f"on {topic}")
    try:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, value=b"?", partition=0)
        producer.commit_transaction()
    finally:
        producer.close()
