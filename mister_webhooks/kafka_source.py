"""Kafka as an event source.

What this module does that `KafkaConsumer` alone does not:

- It decides itself where a partition starts. The listener pauses what is assigned; the poll thread then reads the
  committed offset, seeks and resumes. An eager rebalance hands back a partition with its old position in memory, and
  kafka-python's own reset policies skip or repeat records without a word.
- When partitions are about to go it waits, for a bounded time and with the heartbeats going on, for what is running.
- It never polls again after an error that it does not know: kafka-python then spins for ever inside `poll`.
"""

from __future__ import annotations

import contextlib
import logging
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from kafka import TopicPartition as KafkaTopicPartition
from kafka import errors as kafka_errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.structs import MemberState

from mister_webhooks import refusals
from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.errors import BrokerUnreachable, CommitDeferred, CommitRefused
from mister_webhooks.kafka_admin import KafkaAdmin
from mister_webhooks.kafka_connection import new_kafka_consumer, translate
from mister_webhooks.kafka_rebalances import ChosenStart, Rebalances, carry_on_joining, to_commit
from mister_webhooks.source import RebalanceListener, Record, TopicPartition
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks.start import StartFrom, checked_choice, checked_start

Assignor = Literal["range", "cooperative-sticky"]

ASSIGNORS = {"range": RangePartitionAssignor, "cooperative-sticky": CooperativeStickyAssignor}
COMMIT_SECONDS = 5.0
LEAVE_SECONDS = 2.0
LONGEST_DRAIN_SECONDS = 15.0
COMPLAIN_AFTER_SECONDS = 10.0

log = logging.getLogger("mister_webhooks")


class KafkaSource:
    """Reads topics as a member of a consumer group.

    Args:
        topics: what to read
        profile: who reads, and where
        group: the consumer group; by default the consumer's own, the only one that the service allows it
        start_from: where a partition starts of which the group has committed nothing: `"earliest"`, `"latest"`, or the
            first record that is not older than a datetime with a time zone
        reset: start there even where the group has committed, once, with the first partitions that it is given
        assignor: how the group shares the partitions; all its members must agree. `"range"` is what 1.0.0 has
        ssl_context: whom to trust; by default as `new_ssl_client_context`
        max_poll_interval: seconds without a poll after which the member leaves the group
        session_timeout: seconds without a heartbeat after which the broker takes it for dead
        connect_timeout: seconds for connecting, and for each question to the broker
    """

    def __init__(
        self,
        topics: Sequence[str],
        profile: ConnectionProfile,
        *,
        group: str | None = None,
        start_from: StartFrom = "earliest",
        reset: bool = False,
        assignor: Assignor = "range",
        ssl_context: ssl.SSLContext | None = None,
        max_poll_interval: float = 300.0,
        session_timeout: float = 10.0,
        connect_timeout: float = 10.0,
    ) -> None:
        self._topics = tuple(topics)
        self._profile = profile
        self._group = group or profile.consumer_name
        self._start_from = checked_start(start_from)
        self._reset = reset
        self._assignor = checked_choice("assignor", assignor, ASSIGNORS)
        self._ssl_context = ssl_context or new_ssl_client_context()
        self._max_poll_interval = max_poll_interval
        self._session_timeout = session_timeout
        self._timeout = connect_timeout

        self._kafka: Any = None
        self._admin: Any = None
        self._listener: RebalanceListener | None = None
        self._broken: Exception | None = None
        self._membership: tuple[str, int] | None = None  # the last one that our listener was told of
        self._new: set[TopicPartition] = set()  # assigned, but not yet placed at an offset
        self._has_placed = False
        self._starts_to_commit: dict[TopicPartition, ChosenStart] = {}  # not yet the group's
        self._silent_since: float | None = None
        self._complained = False

    @property
    def consumer(self) -> Any:  # noqa: ANN401 - a KafkaConsumer; kafka-python has no types
        """The `KafkaConsumer`, None while not connected. It belongs to the thread that polls."""
        return self._kafka

    def connect(self) -> None:
        """Connects, and checks that the topics exist and that the consumer may use its group. Joins nothing.

        Raises `BrokerUnreachable`, `BrokerNotTrusted`, `AuthenticationFailed`, `AuthorizationFailed`, `TopicNotFound`.
        """
        if self._kafka is not None:
            return
        group, timeout = self._group, self._timeout
        kafka = new_kafka_consumer(self._profile, self._ssl_context, group=group, timeout=timeout, **self._settings())
        try:
            admin = KafkaAdmin(self._profile, self._ssl_context, group=group, timeout=timeout, consumer=kafka)
            found = admin.topic_partitions(self._topics)
            admin.group_offsets([partition for partitions in found.values() for partition in partitions])
        except BaseException:
            kafka.close(autocommit=False)
            raise
        self._kafka, self._admin = kafka, admin

    def _settings(self) -> dict[str, object]:
        return {
            "auto_offset_reset": "none",
            "partition_assignment_strategy": [ASSIGNORS[self._assignor]],
            "max_poll_interval_ms": int(self._max_poll_interval * 1000),
            "session_timeout_ms": int(self._session_timeout * 1000),
            "heartbeat_interval_ms": int(min(3.0, self._session_timeout / 3) * 1000),
            # One fetch at a time is in flight: a partition that is resumed waits for the last one to come back.
            "fetch_max_wait_ms": 200,
            "fetch_max_bytes": 8 * 1024 * 1024,
            "max_partition_fetch_bytes": 1024 * 1024,
            "metadata_max_age_ms": 60_000,
        }

    # EventSource

    def open(self, listener: RebalanceListener) -> None:
        """Joins the group. Raises what `connect` raises."""
        self.connect()
        self._listener = listener
        drain = min(LONGEST_DRAIN_SECONDS, self._max_poll_interval / 3)
        rebalances = Rebalances(self._kafka, listener, self._new, self._starts_to_commit, drain)
        self._kafka.subscribe(list(self._topics), listener=rebalances)
        self._learn_partitions()

    def _learn_partitions(self) -> None:
        """Waits until kafka-python knows them: a member that leads the group without them assigns nothing."""
        deadline = time.monotonic() + self._timeout
        cluster, manager = self._kafka._cluster, self._kafka._manager  # noqa: SLF001 - subscribe() does not wait
        while any(cluster.partitions_for_topic(topic) is None for topic in self._topics):
            left = deadline - time.monotonic()
            if left <= 0:
                return  # the group is joined all the same, and balanced again when they are known
            with contextlib.suppress(kafka_errors.RetriableError):
                manager.run(manager.wait_for, cluster.request_update(), left * 1000)

    def poll(self, timeout: float, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        """Records of the partitions that are ours. An outage of the broker is waited for: it gives no records.

        Raises a `BrokerError`, or `MissingExtra` for a compression that needs a package, and the same again then.
        """
        if self._broken is not None:
            raise self._broken
        try:
            records = self._poll_kafka(timeout, max_records)
            self._place_new()
            self._commit_starts()
        except Exception as error:  # noqa: BLE001 - raised again in our words
            self._broken = translate(error, self._profile, self._group)
            raise self._broken from (error if self._broken is not error else None)
        self._watch_contact()
        return records

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commits the next offset to read of each partition, and returns when the broker has it."""
        try:
            self._kafka.commit(to_commit(offsets), timeout_ms=int(COMMIT_SECONDS * 1000))
        except (kafka_errors.RetriableError, kafka_errors.RebalanceInProgressError) as error:
            raise CommitDeferred(str(error)) from None
        except kafka_errors.CommitFailedError as error:
            if error.args and isinstance(error.args[0], kafka_errors.RebalanceInProgressError):
                raise CommitDeferred(str(error)) from None
            raise CommitRefused(str(error)) from None
        except Exception as error:
            raise translate(error, self._profile, self._group) from error
        for partition in offsets:
            self._starts_to_commit.pop(partition, None)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        """Delivers nothing of these until `resume`."""
        self._kafka.pause(*map(_kafka, set(partitions) & self.assignment()))

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Undoes `pause`."""
        self._kafka.resume(*map(_kafka, set(partitions) & self.assignment()))

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Delivers this partition from `offset` on."""
        self._kafka.seek(_kafka(partition), offset)

    def position(self, partition: TopicPartition) -> int:
        """The next offset that `poll` would deliver."""
        # The public call may ask the broker, for other partitions too. For a placed one this is all that it answers.
        position: int = self._kafka._subscription.position(_kafka(partition)).offset  # noqa: SLF001
        return position

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that are ours and have an offset to start from."""
        return frozenset(TopicPartition(*partition) for partition in self._kafka.assignment()) - self._new

    def end_offsets(self) -> Mapping[TopicPartition, int]:
        """For every partition of the topics, the offset after the last record."""
        found = self._admin.topic_partitions(self._topics)
        ends: Mapping[TopicPartition, int] = self._admin.end_offsets([tp for tps in found.values() for tp in tps])
        return ends

    def close(self) -> None:
        """Commits what the listener still has, leaves the group and disconnects. It may be opened again."""
        kafka, self._kafka = self._kafka, None
        if kafka is None:
            return
        try:
            kafka.close(autocommit=False, timeout_ms=int(LEAVE_SECONDS * 1000))
        except Exception as error:  # noqa: BLE001 - there is nothing left to do for who closes
            log.warning("leaving the consumer group failed: %s", error)
        self._broken = None
        self._membership = None
        self._new.clear()

    # Polling

    def _poll_kafka(self, timeout: float, max_records: int) -> dict[TopicPartition, Sequence[Record]]:
        carry_on_joining(self._kafka)
        before = self._positions()
        try:
            found = self._kafka.poll(timeout_ms=int(timeout * 1000), max_records=max_records)
        except kafka_errors.NoOffsetForPartitionError:
            self._seek_back(before)
            return {}  # for partitions that we are about to place
        except kafka_errors.OffsetOutOfRangeError as error:
            self._seek_back(before)
            self._step_over_gap({TopicPartition(*partition): offset for partition, offset in error.args[0].items()})
            return {}
        except kafka_errors.RetriableError:
            self._seek_back(before)
            time.sleep(0.05)
            return {}
        return {TopicPartition(*partition): records for partition, records in found.items()}

    def _positions(self) -> dict[KafkaTopicPartition, Any]:
        assignment = self._kafka._subscription.assignment  # noqa: SLF001 - as in position()
        return {partition: state.position for partition, state in assignment.items()}

    def _seek_back(self, before: Mapping[KafkaTopicPartition, Any]) -> None:
        """Undoes what a failed poll had read: kafka-python sends its next requests after it has taken records out."""
        for partition, position in self._positions().items():
            past = before.get(partition)
            if past is not None and position != past:
                self._kafka.seek(partition, past.offset)

    def _step_over_gap(self, positions: Mapping[TopicPartition, int]) -> None:
        try:
            oldest, ends = self._admin.beginning_offsets(positions), self._admin.end_offsets(positions)
        except BrokerUnreachable:
            return  # kafka-python reports the gap again
        for partition, offset in positions.items():
            if offset < oldest[partition]:
                _warn_of_gap(partition, offset, oldest[partition])
                self.seek(partition, oldest[partition])
            elif offset > ends[partition]:
                raise refusals.offset_beyond_end(partition, offset, ends[partition], self._group)

    def _watch_contact(self) -> None:
        away = self._kafka._coordinator.coordinator_unknown()  # noqa: SLF001 - no public call knows of an outage
        now = time.monotonic()
        if not away:
            if self._complained:
                log.warning("in contact with the broker again after %d seconds", now - (self._silent_since or now))
            self._silent_since, self._complained = None, False
        elif self._silent_since is None:
            self._silent_since = now
        elif not self._complained and now - self._silent_since >= COMPLAIN_AFTER_SECONDS:
            self._complained = True
            log.warning("no contact with the broker for %d seconds; trying on", now - self._silent_since)

    # Where partitions start

    def _place_new(self) -> None:
        """Seeks each partition that was just assigned to where it starts, and lets it be delivered."""
        member = self._kafka.group_metadata()
        membership = (member.member_id, member.generation_id)
        if member.state == MemberState.STABLE and membership != self._membership:
            self._membership = membership
            if not self._new:
                self._tell({})
        if not self._new:
            return
        try:
            starts = self._start_offsets(frozenset(self._new))
        except BrokerUnreachable as error:
            log.info("cannot yet tell where to start reading: %s", error)
            return
        for partition, offset in starts.items():
            self.seek(partition, offset)
        self._new.clear()
        self._kafka.resume(*map(_kafka, starts))
        self._tell(starts)

    def _tell(self, starts: Mapping[TopicPartition, int]) -> None:
        if self._listener is not None:
            self._listener.assigned(starts)

    def _start_offsets(self, partitions: frozenset[TopicPartition]) -> dict[TopicPartition, int]:
        reset = partitions if self._reset else frozenset(filter(self._is_being_reset, partitions))
        committed = self._admin.group_offsets(partitions - reset) if partitions - reset else {}
        oldest = self._admin.beginning_offsets(partitions)
        chosen = self._chosen_starts(partitions - committed.keys(), oldest)
        self._reset, self._has_placed = False, True
        self._starts_to_commit |= {tp: ChosenStart(offset, tp in reset) for tp, offset in chosen.items()}
        for partition, offset in committed.items():
            self._starts_to_commit.pop(partition, None)
            if offset < oldest[partition]:
                _warn_of_gap(partition, offset, oldest[partition])
            chosen[partition] = max(offset, oldest[partition])
        return chosen

    def _is_being_reset(self, partition: TopicPartition) -> bool:
        start = self._starts_to_commit.get(partition)
        return start is not None and start.is_reset

    def _chosen_starts(
        self, partitions: frozenset[TopicPartition], oldest: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        # A choice stands until the group has it, also when the membership is lost in between.
        waiting = self._starts_to_commit
        before = {tp: max(waiting[tp].offset, oldest[tp]) for tp in partitions & waiting.keys()}
        return before | self._new_starts(partitions - before.keys(), oldest)

    def _new_starts(
        self, partitions: frozenset[TopicPartition], oldest: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        # One that turns up later without a commit was added to the topic meanwhile: all of it is news.
        start = "earliest" if self._has_placed else self._start_from
        if start == "earliest":
            return {partition: oldest[partition] for partition in partitions}
        if start == "latest":
            return dict(self._admin.end_offsets(partitions))
        return dict(self._admin.offsets_at(partitions, start))

    def _commit_starts(self) -> None:
        """Makes a choice of ours the group's: a crash before the first commit must not lead to another choice."""
        if not self._starts_to_commit or self._kafka._coordinator.rejoining:  # noqa: SLF001 - they may be handed over
            return
        starts = {tp: start.offset for tp, start in self._starts_to_commit.copy().items() if tp in self.assignment()}
        if not starts:
            return
        try:
            self.commit(starts)
        except CommitDeferred:
            log.debug("the start offsets wait for their commit")
        except CommitRefused as error:
            log.info("the start offsets were not committed: %s", error)


def _warn_of_gap(partition: TopicPartition, offset: int, oldest: int) -> None:
    log.warning(
        "%s:%d: %d offsets from %d on are no longer kept by the broker and cannot be read; going on at %d",
        *partition,
        oldest - offset,
        offset,
        oldest,
    )


def _kafka(partition: TopicPartition) -> KafkaTopicPartition:
    return KafkaTopicPartition(*partition)
