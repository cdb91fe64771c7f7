from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from mister_webhooks.errors import CommitDeferred, CommitRefused
from mister_webhooks.source import TopicPartition
from mister_webhooks_router.local import LocalLog, LocalSource, LogError, LogFull
from tests.mister_webhooks_router.local.listening import Listener
from tests.mister_webhooks_router.local.making import entry

A = TopicPartition("a", 0)
B = TopicPartition("b", 0)


@pytest.fixture
def source(log: LocalLog) -> Iterator[LocalSource]:
    with closing(LocalSource(log)) as source:
        yield source


def append(log: LocalLog, *topics: str) -> None:
    for topic in topics:
        log.append(entry(topic=topic)).result()


def offsets(source: LocalSource, max_records: int = 100) -> dict[TopicPartition, list[int]]:
    return {each: [record.offset for record in records] for each, records in source.poll(0, max_records).items()}


def test_a_topic_that_appears_later_is_read_from_its_first_record(log: LocalLog) -> None:
    """Without a list of topics new ones are assigned as they come, whatever `start_from` says of old ones."""
    append(log, "a")
    listener = Listener()
    with closing(LocalSource(log, start_from="latest")) as source:
        source.open(listener)
        append(log, "b", "b")

        assert offsets(source) == {B: [0, 1]}
        assert listener.starts == {A: 1, B: 0}


def test_named_topics_are_assigned_before_they_have_records(log: LocalLog) -> None:
    """A reader of certain topics has their partitions from the start, and never gets another."""
    listener = Listener()
    with closing(LocalSource(log, ["a"])) as source:
        source.open(listener)
        append(log, "b", "a")

        assert listener.starts == {A: 0}
        assert offsets(source) == {A: [0]}
        assert source.end_offsets() == {A: 1}


def test_reading_starts_at_the_first_record_that_is_not_older(log: LocalLog) -> None:
    """A start time counts milliseconds, and the end is where reading starts when all are older."""
    for timestamp in (1000, 2000, 3000):
        log.append(entry(timestamp=timestamp)).result()
    starts = []
    for seconds in (0.5, 2.0, 2.0001, 9.0):
        listener = Listener()
        start = datetime.fromtimestamp(seconds, UTC)
        with closing(LocalSource(log, group=f"from {seconds}", start_from=start)) as source:
            source.open(listener)
            starts.append(listener.starts[A])

    assert starts == [0, 1, 2, 3]


def test_start_from_counts_only_without_a_committed_offset(log: LocalLog) -> None:
    """A committed offset wins over `start_from`, unless `reset` says otherwise."""
    append(log, "a", "a", "a")
    log.commit("local", {A: 2}).result()
    starts = []
    for reset in (False, True):
        listener = Listener()
        with closing(LocalSource(log, start_from="earliest", reset=reset)) as source:
            source.open(listener)
            starts.append(listener.starts[A])

    assert starts == [2, 0]


def test_a_chosen_start_outlives_a_crash(log: LocalLog) -> None:
    """What comes after a start at the end is not lost when the reader dies before its first commit."""
    append(log, "a")
    for _ in range(2):
        listener = Listener()
        source = LocalSource(log, start_from="latest")
        source.open(listener)
        source._open_reader().close()  # as a crash would, and nothing else
        append(log, "a")

        assert listener.starts == {A: 1}


def test_a_source_can_be_opened_again(log: LocalLog) -> None:
    """The second time it goes on where it stopped: nothing is paused, and `reset` does not count again."""
    append(log, "a", "a")
    source = LocalSource(log, reset=True)
    source.open(Listener())
    source.pause([A])
    source.commit({A: 1})
    source.close()
    with closing(source):
        source.open(Listener())

        assert offsets(source) == {A: [1]}


def test_a_strange_partition_cannot_be_sought(log: LocalLog, source: LocalSource) -> None:
    """Seeking does not assign."""
    source.open(Listener())
    with pytest.raises(KeyError):
        source.seek(A, 1)


def test_closing_says_what_comes_again(log: LocalLog, caplog: pytest.LogCaptureFixture) -> None:
    """Where the last commit cannot be written, `close` warns and ends."""
    append(log, "a")
    source = LocalSource(log)
    source.open(Listener({A: 1}))
    log.close()
    source.close()

    assert "not committed and will be delivered again" in caplog.text


def test_poll_wakes_up_at_an_append(log: LocalLog, source: LocalSource) -> None:
    """A record that comes while `poll` waits is delivered at once, not when the time is over."""
    source.open(Listener())
    threading.Timer(0.1, append, [log, "a"]).start()
    start = time.monotonic()
    found = source.poll(20.0, 10)

    assert list(found) == [A]
    assert time.monotonic() - start < 5


def test_poll_sleeps_while_nothing_comes(log: LocalLog, source: LocalSource) -> None:
    """Waiting costs no processor time to speak of."""
    source.open(Listener())
    busy = time.thread_time()

    assert source.poll(0.5, 10) == {}
    assert time.thread_time() - busy < 0.05


def test_polls_take_turns_between_partitions(log: LocalLog, source: LocalSource) -> None:
    """A partition with much to read does not hold up another."""
    append(log, *["a"] * 10, "b")
    source.open(Listener())

    assert offsets(source, 4) == {A: [0, 1, 2, 3]}
    assert offsets(source, 4) == {B: [0], A: [4, 5, 6]}


def test_polls_are_bounded_in_bytes(log: LocalLog, source: LocalSource) -> None:
    """Large records come a few at a time, so that the memory of a reader is bounded."""
    for _ in range(5):
        log.append(entry(b"x" * 9_000_000)).result()
    source.open(Listener())

    assert offsets(source) == {A: [0, 1]}
    assert offsets(source) == {A: [2, 3]}
    assert offsets(source) == {A: [4]}


def test_gaps_are_passed_over(log: LocalLog, source: LocalSource) -> None:
    """Records that somebody deleted hold nothing up, at the start, in the middle or at the end."""
    append(log, *["a"] * 6)
    assert log._writer is not None
    log._writer.submit(lambda db: db.execute('DELETE FROM records WHERE "offset" IN (0, 2, 4, 5)').rowcount).result()
    source.open(Listener())

    assert source.position(A) == 1
    assert offsets(source) == {A: [1, 3]}
    assert source.position(A) == 6 == source.end_offsets()[A]
    assert offsets(source) == {}


def test_a_full_disk_defers_the_commit(log: LocalLog, source: LocalSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that finds no space may be tried again; nothing ends because of it."""
    append(log, "a")
    source.open(Listener())

    def full(*_: object) -> None:
        raise LogFull("no space")

    with monkeypatch.context() as patched:
        patched.setattr(log, "commit", full)
        with pytest.raises(CommitDeferred, match="no space"):
            source.commit({A: 1})
    source.commit({A: 1})

    with closing(log.reader()) as reader:
        assert reader.committed("local") == {A: 1}


def test_a_poll_that_fails_leaves_what_was_finished_to_be_committed(
    log: LocalLog, source: LocalSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that can no longer be read takes no partition away."""
    append(log, "a", "a")
    source.open(Listener())
    assert offsets(source, max_records=1) == {A: [0]}

    monkeypatch.setattr(source._open_reader(), "read", unreadable)
    with pytest.raises(LogError):
        source.poll(0, 1)
    source.commit({A: 1})

    assert log.reader().committed("local") == {A: 1}


def unreadable(*_: object) -> None:
    raise LogError("damaged")


def test_a_partition_that_is_not_assigned_cannot_be_committed(log: LocalLog, source: LocalSource) -> None:
    """Neither a strange partition nor any after closing."""
    append(log, "a")
    source.open(Listener())
    with pytest.raises(CommitRefused, match="not assigned: b:0"):
        source.commit({A: 1, B: 1})
    source.close()
    with pytest.raises(CommitRefused, match="not assigned: a:0"):
        source.commit({A: 1})


def test_closing_hands_over_and_commits(log: LocalLog) -> None:
    """`close` waits until the running work has settled, then commits what is finished; a second one does nothing."""
    append(log, "a", "a")
    source, listener = LocalSource(log, group="g"), Listener({A: 2})
    source.open(listener)
    source.close()
    source.close()

    assert listener.calls == ["revoking", "settled", "settled", "settled", "finished"]
    with closing(log.reader()) as reader:
        assert reader.committed("g") == {A: 2}


def test_closing_gives_up_on_work_that_does_not_settle(log: LocalLog) -> None:
    """After half a minute what is finished is committed, though something still runs."""
    append(log, "a")
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 10.0
        return now

    class Restless(Listener):
        def settled(self, partitions: Iterable[TopicPartition]) -> bool:
            return False

    source, listener = LocalSource(log, clock=clock), Restless()
    source.open(listener)
    source.close()

    assert listener.calls == ["revoking", "finished"]
