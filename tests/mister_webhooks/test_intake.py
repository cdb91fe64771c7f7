"""The poll thread: what it delivers, what it commits, and how it ends."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from mister_webhooks import AuthorizationFailed, Batch, BrokerError, CommitDeferred, CommitRefused, Intake, IntakeEnded
from mister_webhooks import intake as intake_module
from mister_webhooks.source import Record, TopicPartition
from tests.broker.waiting import wait_until
from tests.mister_webhooks.scripted import OTHER, TP, ScriptedSource, made

SOON = 0.01  # seconds between commits


@contextlib.contextmanager
def started(source: ScriptedSource, **options: Any) -> Iterator[Intake]:  # noqa: ANN401 - passed through
    intake = Intake(source, **{"commit_interval": SOON, **options})
    intake.start()
    try:
        yield intake
    finally:
        intake.close(5)


def take(intake: Intake) -> Batch:
    """The next batch, which must come."""
    batch = intake.take(5)
    assert batch is not None
    return batch


def handle(intake: Intake, batch: Batch, count: int | None = None) -> list[int]:
    """Begin and finish the first `count` records of the batch; the offsets that began."""
    begun = []
    for record in batch.records[:count]:
        if not intake.begin(batch, record):
            break
        begun.append(record.offset)
        intake.finish(batch, record)
    return begun


def ends(intake: Intake) -> BaseException:
    """What `take` raises within a few seconds, after whatever it still gives."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            intake.take(0.1)
        except BaseException as error:  # noqa: BLE001 - it is what the test asks for
            return error
    raise AssertionError("the intake did not end")


def test_batches_are_handed_over_whole_and_committed_when_finished() -> None:
    """A batch holds what one poll gave of one partition; what is finished is committed soon."""
    source = ScriptedSource({TP: 5})
    source.feed(made(5, 6, 9))
    with started(source) as intake:
        batch = take(intake)

        assert (batch.partition, batch.epoch, batch.live) == (TP, 1, True)
        assert handle(intake, batch) == [5, 6, 9]
        wait_until(lambda: source.committed == {TP: 10}, "the commit")


def test_nothing_is_committed_past_an_unfinished_record() -> None:
    """While a record runs, the offset stands at it, however many polls go by."""
    source = ScriptedSource()
    source.feed(made(*range(10)))
    with started(source) as intake:
        batch = take(intake)
        handle(intake, batch, 3)
        intake.begin(batch, batch.records[3])
        wait_until(lambda: source.committed == {TP: 3}, "the commit")

        polls = source.polls
        wait_until(lambda: source.polls > polls + 3, "more polls")

        assert source.committed == {TP: 3}


def test_a_released_record_holds_its_partition_for_good() -> None:
    """After a failure nothing of the batch begins any more, and nothing past it is committed, also by `close`."""
    source = ScriptedSource({TP: 0, OTHER: 0})
    source.feed(made(0, 1, 2))
    with started(source) as intake:
        first = take(intake)
        handle(intake, first, 1)
        intake.begin(first, first.records[1])
        intake.release()
        assert not intake.begin(first, first.records[2])

        source.feed([*made(3), *made(7, partition=1)])
        later = sorted([take(intake), take(intake)], key=lambda batch: batch.partition)
        for batch in later:
            handle(intake, batch)
        wait_until(lambda: source.committed.get(OTHER) == 8, "the other partition's commit")

    assert source.committed == {TP: 1, OTHER: 8}


def test_release_without_a_running_record_changes_nothing() -> None:
    """It may be called in a `finally`."""
    source = ScriptedSource()
    source.feed(made(0, 1))
    with started(source) as intake:
        batch = take(intake)
        handle(intake, batch, 1)
        intake.release()

        assert handle(intake, batch) == [0, 1]
    assert source.committed == {TP: 2}


def test_commits_are_grouped() -> None:
    """One commit for a thousand records, not a thousand; the rest when the intake closes."""
    source = ScriptedSource()
    source.feed(made(*range(2500)))
    with started(source, commit_interval=60) as intake:
        handled = 0
        while handled < 2500:
            handled += len(handle(intake, take(intake)))
        wait_until(lambda: source.commits, "a commit before its time, for the number of records")

    assert len(source.commits) <= 4
    assert source.committed == {TP: 2500}


def test_only_the_poll_thread_calls_the_source() -> None:
    """Open, poll, commit and close all come from one thread, which is not the reader's."""
    source = ScriptedSource()
    source.feed(made(0))
    with started(source) as intake:
        handle(intake, take(intake))
        wait_until(lambda: source.commits, "a commit")

    assert len(source.threads) == 1
    assert threading.get_ident() not in source.threads
    assert source.closed


@pytest.mark.parametrize("limit", [{"buffer_records": 100}, {"buffer_bytes": 100 * 10}])
def test_a_slow_reader_pauses_the_source_which_is_polled_on(limit: dict[str, int]) -> None:
    """By records and by bytes; it goes on when half is done, and nothing is lost or out of order."""
    source = ScriptedSource()
    source.feed(made(*range(120), value=b"0123456789"))
    with started(source, **limit) as intake:
        first = take(intake)
        wait_until(lambda: source.held == {TP}, "the pause")
        source.feed(made(*range(120, 200), value=b"0123456789"))
        polls = source.polls
        wait_until(lambda: source.polls > polls + 3, "polls while paused")
        assert intake.take(0) is None

        assert handle(intake, first) == list(range(120))

        assert handle(intake, take(intake)) == list(range(120, 200))
        wait_until(lambda: not source.held, "the resumption")


def test_a_deferred_commit_is_tried_again_with_the_offset_of_then() -> None:
    """The outcome is unknown or later: it stays to be done."""
    source = ScriptedSource(refusals=[CommitDeferred("a rebalance")] * 2)
    source.feed(made(0, 1, 2))
    with started(source) as intake:
        batch = take(intake)
        handle(intake, batch, 1)
        wait_until(lambda: len(source.refusals) < 2, "a refused commit")
        handle(intake, batch)
        wait_until(lambda: source.commits, "the commit")

    assert source.commits == [{TP: 3}]


def test_commits_that_stay_deferred_are_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """An outage is no error, and no silence either."""
    monkeypatch.setattr(intake_module, "COMPLAIN_AFTER_SECONDS", 0.01)
    monkeypatch.setattr(intake_module, "RETRY_SECONDS", 0.02)
    source = ScriptedSource(refusals=[CommitDeferred("the broker is away")] * 5)
    source.feed(made(0))
    with started(source) as intake:
        handle(intake, take(intake))
        wait_until(lambda: source.commits, "the commit")

    assert "wait for their commit; trying on: the broker is away" in caplog.text


def test_a_refused_commit_freezes_the_assignment(caplog: pytest.LogCaptureFixture) -> None:
    """The partitions are somebody else's: nothing of them begins or is committed, until they are assigned anew."""
    source = ScriptedSource(refusals=[CommitRefused("kicked out")])
    source.feed(made(0, 1, 2))
    with started(source) as intake:
        batch = take(intake)
        handle(intake, batch, 1)
        wait_until(lambda: not batch.live, "the end of the batch")

        assert not intake.begin(batch, batch.records[1])
        source.feed(made(3))
        assert handle(intake, take(intake)) == []
        assert source.commits == []
        assert "went to another consumer" in caplog.text

        source.assign({TP: 0})
        again = take(intake)
        assert again.epoch == 2
        assert handle(intake, again) == [0, 1, 2, 3]
        wait_until(lambda: source.committed == {TP: 4}, "the commit")


def test_a_revoked_partition_is_handed_over_at_what_is_finished() -> None:
    """The running record is waited for and counts; the rest of what was delivered is dropped."""
    source = ScriptedSource({TP: 0, OTHER: 0})
    source.feed([*made(0, 1, 2), *made(5, partition=1)])
    with started(source, commit_interval=60) as intake:
        batch, other = sorted([take(intake), take(intake)], key=lambda batch: batch.partition)
        handle(intake, batch, 1)
        assert intake.begin(batch, batch.records[1])

        result: list[object] = []
        moving = threading.Thread(target=lambda: result.append(source.take_away(TP)))
        moving.start()
        wait_until(lambda: not batch.live, "revocation")
        assert moving.is_alive()
        intake.finish(batch, batch.records[1])
        moving.join(5)

        assert result == [{TP: 2}]
        assert not intake.begin(batch, batch.records[2])
        assert handle(intake, other) == [5]
    assert source.committed == {OTHER: 6}


def test_a_lost_partition_is_not_committed() -> None:
    """Neither what was finished before, nor what finishes after."""
    source = ScriptedSource()
    source.feed(made(0, 1, 2))
    with started(source, commit_interval=60) as intake:
        batch = take(intake)
        handle(intake, batch, 1)
        assert intake.begin(batch, batch.records[1])
        source.lose(TP)
        intake.finish(batch, batch.records[1])

        assert not intake.begin(batch, batch.records[2])
    assert source.commits == []


def test_a_record_that_outlasts_a_move_to_nobody_else_is_not_given_twice() -> None:
    """It was running when the partition went, and was finished when it came back at that very record."""
    source = ScriptedSource()
    source.feed(made(0, 1, 2))
    with started(source) as intake:
        batch = take(intake)
        handle(intake, batch, 1)
        assert intake.begin(batch, batch.records[1])
        source.lose(TP)
        source.assign({TP: 1})
        intake.finish(batch, batch.records[1])

        assert handle(intake, take(intake)) == [2]
        wait_until(lambda: source.committed == {TP: 3}, "the commit")


def test_a_record_that_failed_while_its_partition_moved_is_given_again() -> None:
    """Only what was finished is passed over."""
    source = ScriptedSource()
    source.feed(made(0, 1))
    with started(source) as intake:
        batch = take(intake)
        assert intake.begin(batch, batch.records[0])
        source.lose(TP)
        source.assign({TP: 0})
        intake.release()

        assert handle(intake, take(intake)) == [0, 1]


def test_offsets_that_are_never_delivered_are_stepped_over() -> None:
    """When all is finished the source's position counts: behind the last record may stand a transaction's marker."""
    source = ScriptedSource()
    source.feed(made(0, 1))
    with started(source) as intake:
        batch = take(intake)
        source.seek(TP, 7)
        handle(intake, batch, 1)
        wait_until(lambda: source.committed == {TP: 1}, "the first commit")
        handle(intake, batch)
        wait_until(lambda: source.committed == {TP: 7}, "the last commit")


def test_what_opening_raised_is_raised_by_start() -> None:
    """And the source is closed."""
    source = ScriptedSource(open_error=AuthorizationFailed("no right"))
    intake = Intake(source)

    with pytest.raises(AuthorizationFailed, match="no right"):
        intake.start()
    wait_until(lambda: source.closed, "the end of the source")


def test_a_source_that_fails_is_told_after_what_came_before() -> None:
    """What was delivered is handled and committed; the source is not polled again; the error comes every time."""
    source = ScriptedSource()
    source.feed(made(0, 1))
    with started(source) as intake:
        wait_until(lambda: source.position(TP) == 2 if source.polls else False, "the delivery")
        with pytest.raises(BrokerError):
            source.inside(raising(BrokerError("cannot be read")))
        polls = source.polls

        assert handle(intake, take(intake)) == [0, 1]
        wait_until(lambda: source.committed == {TP: 2}, "the commit")
        for _ in range(2):
            with pytest.raises(BrokerError, match="cannot be read"):
                intake.take(5)
        assert source.polls == polls


class LosingSource(ScriptedSource):
    """Fails when it has already read on: what it read is delivered to nobody."""

    def poll(self, timeout: float, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        found = super().poll(timeout, max_records)
        if any(record.offset == 2 for records in found.values() for record in records):
            raise BrokerError("cannot be read")
        return found


def test_nothing_is_committed_that_a_failed_poll_had_read() -> None:
    """How far a source got says what needs no commit of its own, but not once a poll has failed."""
    source = LosingSource()
    source.feed(made(0, 1))
    with started(source) as intake:
        handle(intake, take(intake))
        wait_until(lambda: source.committed == {TP: 2}, "the commit")
        source.feed(made(2, 3))

        assert isinstance(ends(intake), BrokerError)
        assert source.position(TP) == 4
    assert source.committed == {TP: 2}


def raising(error: Exception) -> Callable[[object], None]:
    def call(_: object) -> None:
        raise error

    return call


def test_a_commit_that_will_never_succeed_is_told_at_once() -> None:
    """Before what is still queued: none of it could be committed."""
    source = ScriptedSource(refusals=[AuthorizationFailed("no longer")])
    source.feed(made(0, 1))
    with started(source) as intake:
        batch = take(intake)
        handle(intake, batch, 1)

        assert isinstance(ends(intake), AuthorizationFailed)
        wait_until(lambda: source.closed, "the end of the source")


def test_the_poll_thread_never_ends_in_silence() -> None:
    """Whatever it dies of reaches the reader."""
    source = ScriptedSource(refusals=[SystemExit("odd")])
    source.feed(made(0))
    with started(source) as intake:
        handle(intake, take(intake))

        assert isinstance(ends(intake), SystemExit)


def test_stop_ends_a_reader_that_waits_also_from_a_signal_handler() -> None:
    """`take` without a timeout returns at once; what is queued is left; the membership is kept until `close`."""
    source = ScriptedSource()
    with started(source) as intake:
        previous = signal.signal(signal.SIGALRM, lambda *_: intake.stop())
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(IntakeEnded):
                intake.take()
        finally:
            signal.signal(signal.SIGALRM, previous)

        source.feed(made(0))
        polls = source.polls
        wait_until(lambda: source.polls > polls + 2, "polls after the stop")
        with pytest.raises(IntakeEnded):
            intake.take(1)
        assert not source.closed
    assert source.closed


def test_no_record_begins_after_stop() -> None:
    """Also of a batch that was taken before; the running one may finish."""
    source = ScriptedSource()
    source.feed(made(0, 1))
    with started(source) as intake:
        batch = take(intake)
        assert intake.begin(batch, batch.records[0])
        intake.stop()
        intake.finish(batch, batch.records[0])

        assert not intake.begin(batch, batch.records[1])
    assert source.committed == {TP: 1}


def test_close_commits_what_is_finished_also_through_a_rebalance() -> None:
    """A deferred commit is tried again; what is polled meanwhile is not taken for finished."""
    source = ScriptedSource(refusals=[CommitDeferred("a rebalance")])
    source.feed(made(0, 1))
    with started(source, commit_interval=60) as intake:
        handle(intake, take(intake))
        source.feed(made(2, 3))

    assert source.committed == {TP: 2}


def test_close_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A source that hangs is left behind, with a warning."""
    source = ScriptedSource(close_delay=1.0)
    intake = Intake(source)
    intake.start()
    start = time.monotonic()

    intake.close(timeout=0.1)

    assert time.monotonic() - start < 0.9
    assert "did not close within 0.1 seconds" in caplog.text
    wait_until(lambda: source.closed, "the end of the source")


def test_close_before_start_and_twice_is_fine() -> None:
    """It may stand in a `finally`."""
    Intake(ScriptedSource()).close()
    with started(ScriptedSource()) as intake:
        intake.close()


def test_a_burst_ends_when_everything_is_finished_that_was_there() -> None:
    """Not before the last record is finished; what is produced later is left for the next time."""
    source = ScriptedSource({TP: 0, OTHER: 0}, ends={TP: 3, OTHER: 0})
    source.feed(made(0, 1, 2))
    with started(source, burst=True) as intake:
        batch = take(intake)
        source.feed(made(3, 4))
        handle(intake, batch, 2)
        assert intake.take(0.2) is None

        handle(intake, batch)

        assert isinstance(ends(intake), IntakeEnded)
    assert source.committed == {TP: 3}


def test_a_burst_with_nothing_to_do_ends_at_once() -> None:
    """All partitions are at their ends, or the group gave us none; not before the group has answered."""
    with started(ScriptedSource({TP: 5}, ends={TP: 5}), burst=True) as intake:
        assert isinstance(ends(intake), IntakeEnded)

    unassigned = ScriptedSource({}, ends={TP: 5})
    with started(unassigned, burst=True) as intake:
        assert intake.take(0.2) is None
        unassigned.assign({})
        assert isinstance(ends(intake), IntakeEnded)


def test_a_burst_goes_on_after_its_membership_was_lost() -> None:
    """Between the loss and the group's next answer nothing is ours, which is not the end."""
    source = ScriptedSource(ends={TP: 2})
    source.feed(made(0, 1))
    with started(source, burst=True) as intake:
        handle(intake, take(intake), 1)
        wait_until(lambda: source.committed == {TP: 1}, "the commit")
        source.lose(TP)
        assert intake.take(0.3) is None

        source.assign({TP: 1})
        assert handle(intake, take(intake)) == [1]
        assert isinstance(ends(intake), IntakeEnded)
    assert source.committed == {TP: 2}


def test_the_reader_is_woken_for_batches_and_for_the_end() -> None:
    """`on_ready` comes from the poll thread, after the batch or the end can be taken."""
    seen: list[tuple[int, object]] = []
    source = ScriptedSource()

    def on_ready() -> None:
        try:
            seen.append((threading.get_ident(), intake.take(0)))
        except IntakeEnded as end:
            seen.append((threading.get_ident(), end))

    intake = Intake(source, on_ready=on_ready)
    intake.start()
    try:
        source.feed(made(0))
        wait_until(lambda: seen, "the batch")
        intake.stop()
        wait_until(lambda: len(seen) > 1, "the end")
    finally:
        intake.close()

    (thread, batch), (_, end) = seen[0], seen[-1]
    assert thread in source.threads
    assert isinstance(batch, Batch)
    assert isinstance(end, IntakeEnded)


def test_an_unknown_partition_is_an_error_and_no_silence() -> None:
    """A source that delivers what it did not announce is broken, and says so."""
    source = ScriptedSource()
    with started(source) as intake:
        source.seek(TopicPartition("t", 9), 0)
        source.feed(made(0, partition=9))

        assert isinstance(ends(intake), KeyError)
