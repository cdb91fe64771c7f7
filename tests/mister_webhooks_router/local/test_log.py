from __future__ import annotations

import stat
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from mister_webhooks.source import TopicPartition
from mister_webhooks_router.local import Entry, LocalLog, LogError
from tests.mister_webhooks_router.local.making import entry


def test_records_come_back_as_they_were_appended(log: LocalLog) -> None:
    """All fields of a record survive, repeated headers in order among them."""
    headers = [("envelope", b"\x80"), ("x", b"\xff\x00"), ("x", b"")]
    place = log.append(Entry("a", 1_700_000_000_123, b"\x00value", headers, b"\xffkey")).result()
    with closing(log.reader()) as reader:
        [record] = reader.read(TopicPartition("a", 0), 0, 10, 1000)

    assert tuple(record) == ("a", 0, 0, 1_700_000_000_123, b"\xffkey", b"\x00value", headers)
    assert tuple(place) == ("a", 0, 0)


def test_offsets_count_each_partition_by_itself(log: LocalLog) -> None:
    """Topics and partitions have offsets of their own, without gaps."""
    entries = [entry(), entry(topic="b"), entry(), entry(partition=1), entry()]
    places = [log.append(each).result() for each in entries]

    assert [tuple(place) for place in places] == [("a", 0, 0), ("b", 0, 0), ("a", 0, 1), ("a", 1, 0), ("a", 0, 2)]


def test_everything_survives_closing_and_opening(path: Path) -> None:
    """Records, ends and group offsets are there again in the next run."""
    for number in range(2):
        log = LocalLog(path)
        log.open()
        log.append(entry(str(number).encode())).result()
        log.commit("g", {TopicPartition("a", 0): number}).result()
        log.close()
    again = LocalLog(path)
    again.open()
    with closing(again), closing(again.reader()) as reader:
        records = reader.read(TopicPartition("a", 0), 0, 10, 1000)

        assert [(record.offset, record.value) for record in records] == [(0, b"0"), (1, b"1")]
        assert reader.ends() == {("a", 0): 2}
        assert reader.committed("g") == {("a", 0): 1}


def test_groups_do_not_see_each_others_offsets(log: LocalLog) -> None:
    """A commit belongs to one group and replaces that group's earlier one."""
    for group, offset in [("one", 1), ("two", 7), ("one", 3)]:
        log.commit(group, {TopicPartition("a", 0): offset}).result()
    with closing(log.reader()) as reader:
        assert reader.committed("one") == {("a", 0): 3}
        assert reader.committed("two") == {("a", 0): 7}
        assert reader.committed("three") == {}


def test_an_append_wakes_up_who_waits(log: LocalLog) -> None:
    """`wait` returns at the append, long before its time is over."""
    seen = log.version
    waited: list[float] = []

    def wait() -> None:
        start = time.monotonic()
        log.wait(seen, 20.0)
        waited.append(time.monotonic() - start)

    thread = threading.Thread(target=wait)
    thread.start()
    log.append(entry()).result()
    thread.join(10)

    assert waited
    assert waited[0] < 5


def test_wait_ends_when_its_time_is_over(log: LocalLog) -> None:
    """Without a write `wait` takes as long as it was told, no longer."""
    start = time.monotonic()
    log.wait(log.version, 0.05)

    assert 0.04 < time.monotonic() - start < 5


def test_file_and_directory_are_for_their_owner_only(log: LocalLog) -> None:
    """Webhooks carry secrets: nobody else may read the log."""
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700


def test_a_log_that_is_not_open_says_so(path: Path) -> None:
    """Appending before `open` or after `close` is a `LogError`, not a hang."""
    log = LocalLog(path)
    with pytest.raises(LogError, match="not open"):
        log.append(entry())
    log.open()
    log.close()
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append(entry())


def test_a_log_can_be_opened_again_in_the_same_process(log: LocalLog) -> None:
    """`close` frees file and lock, so that `open` works again."""
    log.append(entry()).result()
    log.close()
    log.open()

    assert log.append(entry()).result().offset == 1
