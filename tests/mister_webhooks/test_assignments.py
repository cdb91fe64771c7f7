"""The bookkeeping of offsets, against everything that may happen in any order."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mister_webhooks.assignments import Assignments, Batch
from mister_webhooks.source import Record, TopicPartition
from tests.mister_webhooks.scripted import made

PARTITIONS = [TopicPartition("t", 0), TopicPartition("t", 1)]
partitions = st.sampled_from(PARTITIONS)


class Log:
    """One partition as the broker has it, and what its readers did: the oracle."""

    def __init__(self) -> None:
        self.next = 0
        self.position = 0
        self.written: list[int] = []
        self.delivered: set[int] = set()  # in the current assignment
        self.finished: set[int] = set()  # in the current assignment
        self.committed = 0

    def write(self, gaps: Iterable[int]) -> None:
        for gap in gaps:
            self.written.append(self.next + gap)
            self.next += gap + 1

    def fetch(self, limit: int) -> list[int]:
        found = [offset for offset in self.written if offset >= self.position][:limit]
        if found:
            self.position = found[-1] + 1
        return found

    def check(self, offset: int) -> None:
        """A commit is accepted only if every record before it was handled, now or before an earlier commit."""
        missing = [o for o in self.written if self.committed <= o < offset and o not in self.finished]
        assert not missing, f"{offset} is committed, but {missing} are not finished"
        assert offset > self.committed, "a commit must move forward"
        self.committed = offset


class Bookkeeping(RuleBasedStateMachine):
    """A poll thread, a reader and a group that do what they may do."""

    def __init__(self) -> None:
        super().__init__()
        self.sut = Assignments()
        self.logs = {partition: Log() for partition in PARTITIONS}
        self.ours: set[TopicPartition] = set()
        self.frozen: set[TopicPartition] = set()
        self.queue: list[tuple[Batch, Record]] = []
        self.running: tuple[Batch, Record] | None = None
        self.revoking: set[TopicPartition] = set()

    # The group

    @rule(partition=partitions, gaps=st.lists(st.integers(0, 2), max_size=4))
    def write(self, partition: TopicPartition, gaps: list[int]) -> None:
        self.logs[partition].write(gaps)

    @rule(chosen=st.sets(partitions))
    def assign(self, chosen: set[TopicPartition]) -> None:
        chosen -= self.ours
        for partition in chosen:
            log = self.logs[partition]
            log.position = log.committed
            log.delivered, log.finished = set(), set()
        self.ours |= chosen
        self.frozen -= chosen
        self.sut.assigned({partition: self.logs[partition].committed for partition in chosen})

    @rule(partition=partitions)
    def lose(self, partition: TopicPartition) -> None:
        self.sut.lost([partition])
        self.ours.discard(partition)

    @rule(partition=partitions)
    def revoke(self, partition: TopicPartition) -> None:
        self.sut.revoking([partition])
        assert self.sut.settled([partition]) == (self.running is None or self.running[0].partition != partition)
        for offset in self.sut.finished([partition]).values():
            assert partition in self.ours - self.frozen
            self.logs[partition].check(offset)
        self.ours.discard(partition)

    # The poll thread

    @precondition(lambda self: self.ours)
    @rule(data=st.data(), limit=st.integers(1, 3))
    def poll(self, data: st.DataObject, limit: int) -> None:
        partition = data.draw(st.sampled_from(sorted(self.ours)))
        offsets = self.logs[partition].fetch(limit)
        if offsets:
            self.logs[partition].delivered.update(offsets)
            batch = self.sut.deliver(partition, made(*offsets, partition=partition.partition))
            self.queue += [(batch, record) for record in batch.records]

    @rule(outcome=st.sampled_from(["ok", "deferred", "refused"]))
    def commit(self, outcome: str) -> None:
        offsets = self.sut.offsets_to_commit(lambda partition: self.logs[partition].position)
        assert offsets.keys() <= self.ours - self.frozen
        if outcome == "refused":
            self.sut.freeze(offsets)
            self.frozen |= offsets.keys()
        elif outcome == "ok":
            for partition, offset in offsets.items():
                self.logs[partition].check(offset)
            self.sut.committed(offsets)

    # The reader

    @precondition(lambda self: self.running is None and self.queue)
    @rule()
    def begin(self) -> None:
        batch, record = self.queue.pop(0)
        self.sut.running = (batch, record)
        if batch.live:
            self.running = (batch, record)
        else:
            self.sut.running = None

    @precondition(lambda self: self.running is not None)
    @rule()
    def finish(self) -> None:
        assert self.running is not None
        batch, record = self.running
        batch.finished = record.offset + 1
        self.sut.running = self.running = None
        assignment = self.sut.by_partition.get(batch.partition)
        if assignment is not None and assignment.epoch == batch.epoch:
            self.logs[batch.partition].finished.add(record.offset)

    @precondition(lambda self: self.running is not None)
    @rule()
    def fail(self) -> None:
        assert self.running is not None
        batch, _ = self.running
        batch.failed, batch.live = True, False
        self.sut.running = self.running = None

    @invariant()
    def only_ours_are_kept(self) -> None:
        assert self.sut.by_partition.keys() == self.ours

    @invariant()
    def nothing_of_others_is_live(self) -> None:
        for batch, _ in self.queue:
            assert not batch.live or batch.partition in self.ours - self.frozen

    @invariant()
    def what_waits_is_what_is_not_finished(self) -> None:
        self.sut.collect()
        records, size = self.sut.waiting()
        assert records == size  # each value is one byte
        waiting = {p: self.logs[p].delivered - self.logs[p].finished for p in self.ours}
        assert records >= sum(map(len, waiting.values()))


TestBookkeeping = Bookkeeping.TestCase
TestBookkeeping.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_a_refused_partition_is_never_committed_again() -> None:
    """Also not when it is revoked, whatever finishes meanwhile."""
    sut = Assignments()
    sut.assigned({PARTITIONS[0]: 0})
    batch = sut.deliver(PARTITIONS[0], made(0, 1))
    batch.finished = 1
    sut.freeze(sut.offsets_to_commit())
    batch.finished = 2

    assert sut.offsets_to_commit() == {}
    assert sut.finished(PARTITIONS) == {}


def test_assigning_anew_ends_what_was_before() -> None:
    """A source need not say that it lost what it hands over again."""
    sut = Assignments()
    sut.assigned({PARTITIONS[0]: 0})
    old = sut.deliver(PARTITIONS[0], made(0))

    sut.assigned({PARTITIONS[0]: 0})
    new = sut.deliver(PARTITIONS[0], made(0))

    assert (old.live, new.live, new.epoch) == (False, True, 2)


def test_the_group_has_answered_also_when_it_gave_nothing() -> None:
    """Else a member without a partition would look as if it had never joined."""
    sut = Assignments()
    assert not sut.joined

    sut.assigned({})

    assert sut.joined
