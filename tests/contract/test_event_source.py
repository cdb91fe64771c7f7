"""What every event source must do, whatever it reads from: the same tests over each of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from mister_webhooks import Intake, IntakeEnded
from mister_webhooks.source import EventSource, Record, TopicPartition
from tests.broker.records import NewRecord
from tests.broker.waiting import wait_until
from tests.contract.event_source_kits import KITS, Kit

Kits = Callable[[int], Kit]


@pytest.fixture(params=[pytest.param(kind, marks=[pytest.mark.kafka] * (kind == "kafka")) for kind in KITS])
def new_kit(request: pytest.FixtureRequest, tmp_path: Path) -> Kits:
    """Makes a topic with some partitions, read by a group, of each kind of source."""
    return lambda partitions: KITS[request.param](request, partitions, tmp_path)


class Recorder:
    """A listener that notes what it is told; `to_commit` is what it has finished."""

    def __init__(self) -> None:
        self.starts: dict[TopicPartition, int] = {}
        self.calls: list[str] = []
        self.asked = 0
        self.busy = 0  # how often `settled` still says no
        self.to_commit: dict[TopicPartition, int] = {}

    def assigned(self, starts: Mapping[TopicPartition, int]) -> None:
        self.calls.append("assigned")
        self.starts |= starts

    def revoking(self, partitions: Iterable[TopicPartition]) -> None:
        self.calls.append("revoking")

    def settled(self, partitions: Iterable[TopicPartition]) -> bool:
        self.asked += 1
        return self.asked > self.busy

    def finished(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.calls.append("finished")
        gone = set(partitions)
        return {partition: offset for partition, offset in self.to_commit.items() if partition in gone}

    def lost(self, partitions: Iterable[TopicPartition]) -> None:
        self.calls.append("lost")


@contextlib.contextmanager
def opened(source: EventSource, listener: Recorder | None = None) -> Iterator[EventSource]:
    source.open(listener or Recorder())
    try:
        yield source
    finally:
        source.close()


def read(source: EventSource, count: int, at_once: int = 100) -> list[Record]:
    """Poll until `count` records have come."""
    found: list[Record] = []

    def enough() -> bool:
        for records in source.poll(0.1, at_once).values():
            found.extend(records)
        return len(found) >= count

    wait_until(enough, f"{count} records")
    return found


def joined(source: EventSource, listener: Recorder) -> None:
    """Poll until the listener was told of its partitions. Nothing may come before."""

    def told() -> bool:
        assert not source.poll(0.1, 1)
        return bool(listener.calls)

    wait_until(told, "the assignment")


def events(*numbers: int, partition: int | None = None) -> list[NewRecord]:
    return [NewRecord(b"%d" % number, partition=partition) for number in numbers]


def values(records: Iterable[Record]) -> list[int]:
    return [int(record.value or b"-1") for record in records]


def test_all_partitions_are_assigned_with_where_they_start(new_kit: Kits) -> None:
    """The listener is told once, of every partition, before a record comes."""
    kit, listener = new_kit(3), Recorder()

    with opened(kit.new_source(), listener) as source:
        joined(source, listener)

        assert listener.starts == dict.fromkeys(kit.partitions, 0)
        assert listener.calls == ["assigned"]
        assert source.assignment() == frozenset(kit.partitions)


def test_a_record_arrives_with_everything_that_it_has(new_kit: Kits) -> None:
    """Topic, partition, offset, timestamp, key, value and headers, in the order of writing."""
    kit = new_kit(2)
    headers = (("envelope", b"\x80"),)
    kit.produce(
        [
            NewRecord(b"first", headers=headers, key=b"k", timestamp=1_700_000_000_123, partition=1),
            NewRecord(b"second", headers=headers, timestamp=1_700_000_000_456, partition=1),
        ]
    )

    with opened(kit.new_source()) as source:
        found = read(source, 2)

    assert [(record.topic, record.partition, record.offset) for record in found] == [
        (kit.topic, 1, 0),
        (kit.topic, 1, 1),
    ]
    assert [record.timestamp for record in found] == [1_700_000_000_123, 1_700_000_000_456]
    assert [record.key for record in found] == [b"k", None]
    assert [record.value for record in found] == [b"first", b"second"]
    assert [list(record.headers) for record in found] == [list(headers)] * 2


def test_a_poll_is_limited_in_time_and_number(new_kit: Kits) -> None:
    """Without records it returns after its timeout; with many it gives no more than it is asked for."""
    kit = new_kit(1)
    kit.produce(events(*range(25)))

    with opened(kit.new_source()) as source:
        sizes: list[int] = []

        def all_came() -> bool:
            sizes.append(sum(map(len, source.poll(0.1, 10).values())))
            return sum(sizes) == 25

        wait_until(all_came, "all records")
        start = time.monotonic()
        assert not source.poll(0.2, 10)
        assert time.monotonic() - start < 2

    assert max(sizes) <= 10


def test_what_is_written_later_comes_too(new_kit: Kits) -> None:
    """A source is not at its end when it has given everything."""
    kit = new_kit(1)
    kit.produce(events(1))

    with opened(kit.new_source()) as source:
        assert values(read(source, 1)) == [1]
        kit.produce(events(2))
        assert values(read(source, 1)) == [2]


def test_a_commit_is_where_the_next_one_goes_on(new_kit: Kits) -> None:
    """It is there when `commit` returns; what was not committed comes again."""
    kit, listener = new_kit(1), Recorder()
    [partition] = kit.partitions
    kit.produce(events(0, 1, 2, 3))

    with opened(kit.new_source()) as source:
        read(source, 4)
        source.commit({partition: 2})
        assert kit.committed()[partition] == 2

    with opened(kit.new_source(), listener) as source:
        assert values(read(source, 2)) == [2, 3]
        assert listener.starts == {partition: 2}


def test_nothing_is_committed_that_was_not_asked_for(new_kit: Kits) -> None:
    """Reading is no commit; closing is none either."""
    kit = new_kit(1)
    kit.produce(events(0, 1))

    for _ in range(2):
        with opened(kit.new_source()) as source:
            assert values(read(source, 2)) == [0, 1]

    assert not any(kit.committed().values())


def test_a_group_without_offsets_starts_where_it_is_told(new_kit: Kits) -> None:
    """`latest` gives only what is written from then on, `earliest` everything; a commit beats both."""
    kit, listener = new_kit(1), Recorder()
    [partition] = kit.partitions
    kit.produce(events(0, 1))

    with opened(kit.new_source("latest"), listener) as source:
        joined(source, listener)
        kit.produce(events(2))
        assert values(read(source, 1)) == [2]
    assert listener.starts == {partition: 2}

    with opened(kit.new_source("latest")) as source:
        kit.produce(events(3))
        assert values(read(source, 2)) == [2, 3]
        source.commit({partition: 3})
    with opened(kit.new_source("earliest")) as source:
        assert values(read(source, 1)) == [3]


def test_a_paused_partition_gives_nothing_and_loses_nothing(new_kit: Kits) -> None:
    """The others go on; those that are not ours are passed over."""
    kit, listener = new_kit(2), Recorder()
    first, second = kit.partitions
    stranger = TopicPartition("nobody.reads.this", 7)

    with opened(kit.new_source(), listener) as source:
        joined(source, listener)
        source.pause([first, stranger])
        kit.produce([*events(1, 2, partition=0), *events(3, partition=1)])
        assert values(read(source, 1)) == [3]
        assert not source.poll(0.3, 10)

        source.resume([first, second, stranger])
        assert values(read(source, 2)) == [1, 2]


def test_a_partition_paused_after_records_were_fetched_gives_them_later(new_kit: Kits) -> None:
    """What lies ready inside the source waits too."""
    kit = new_kit(1)
    kit.produce(events(*range(10)))

    with opened(kit.new_source()) as source:
        found = read(source, 1, at_once=1)
        source.pause(kit.partitions)
        assert not source.poll(0.3, 10)
        source.resume(kit.partitions)
        found += read(source, 9)

    assert values(found) == list(range(10))


def test_seek_and_position(new_kit: Kits) -> None:
    """The position is the next offset to be given; seeking moves it."""
    kit = new_kit(1)
    [partition] = kit.partitions
    kit.produce(events(0, 1, 2))

    with opened(kit.new_source()) as source:
        read(source, 3)
        assert source.position(partition) == 3

        source.seek(partition, 1)
        assert source.position(partition) == 1
        assert values(read(source, 2)) == [1, 2]


def test_end_offsets_name_every_partition(new_kit: Kits) -> None:
    """Also those without a record."""
    kit, listener = new_kit(2), Recorder()
    first, second = kit.partitions
    kit.produce(events(0, 1, partition=1))

    with opened(kit.new_source(), listener) as source:
        joined_or_read(source, listener)

        assert source.end_offsets() == {first: 0, second: 2}


def joined_or_read(source: EventSource, listener: Recorder) -> None:
    wait_until(lambda: (source.poll(0.1, 10), listener.calls)[1], "the assignment")


def test_closing_waits_for_what_runs_and_commits_what_is_finished(new_kit: Kits) -> None:
    """`revoking`, then `settled` until it says yes, then `finished`, whose offsets are committed."""
    kit, listener = new_kit(1), Recorder()
    [partition] = kit.partitions
    kit.produce(events(0, 1))
    listener.busy = 3
    listener.to_commit = {partition: 1}

    with opened(kit.new_source(), listener) as source:
        read(source, 2)

    assert listener.calls == ["assigned", "revoking", "finished"]
    assert listener.asked == 4
    assert kit.committed() == {partition: 1}


def test_an_intake_reads_it_to_the_end(new_kit: Kits) -> None:
    """The poll thread and the source work together: a burst handles everything once, and commits it."""
    kit = new_kit(3)
    kit.produce([*events(*range(100), partition=0), *events(*range(100, 150), partition=2)])
    intake = Intake(kit.new_source(), burst=True)
    intake.start()
    handled: list[int] = []

    try:
        while (batch := intake.take(10)) is not None:
            for record in batch.records:
                assert intake.begin(batch, record)
                handled += values([record])
                intake.finish(batch, record)
    except IntakeEnded:
        pass
    finally:
        intake.close()

    assert sorted(handled) == list(range(150))
    assert kit.committed() == {kit.partitions[0]: 100, kit.partitions[1]: 0, kit.partitions[2]: 50}
