"""The broker as tests see it: topics, consumers, records, rights, and the power switch."""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError, UnknownTopicOrPartitionError

from mister_webhooks.envelope import Envelope
from mister_webhooks.source import TopicPartition
from tests.broker import access
from tests.broker.kafka_process import LARGEST_RECORD, QUICK_START, KafkaProcess
from tests.broker.pki import Certificates
from tests.broker.records import NewRecord, event
from tests.broker.waiting import patiently, wait_until

# Users are fixed when the broker starts; each is handed out once.
_USERS = 1000

_NO_SUCH_GROUP = str(GroupIdNotFoundError(""))


@dataclass(frozen=True, slots=True)
class Consumer:
    """A user that no test had before. Its name is also its consumer group."""

    name: str
    secret: str = field(repr=False)
    profile: Mapping[str, Any] = field(repr=False)

    @property
    def profile_json(self) -> str:
        """The text of the service's profile file."""
        return json.dumps(self.profile)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a consumer group."""

    member_id: str
    client_id: str
    partitions: frozenset[TopicPartition]


class Broker:
    """A running broker. `folder` is for its data, log and certificates."""

    def __init__(self, folder: Path, java_options: Sequence[str] = QUICK_START) -> None:
        users = {f"project.consumer-{number:04}": secrets.token_urlsafe(12) for number in range(_USERS)}
        self.certificates = Certificates.write(folder)
        self.process = KafkaProcess(folder, self.certificates, users, java_options)
        self._unused_users = iter(users.items())
        self._topic_numbers = itertools.count(1)
        self._frozen = False

    # -- addresses ----------------------------------------------------------

    @property
    def bootstrap(self) -> str:
        """SASL_SSL with PLAIN, as the service."""
        return f"localhost:{self.process.ports.secure}"

    @property
    def wrong_host_bootstrap(self) -> str:
        """The same with a certificate for another host, signed by the right CA."""
        return f"localhost:{self.process.ports.wrong_host}"

    @property
    def plain_bootstrap(self) -> str:
        """No TLS, no login, all rights: for set-up."""
        return f"127.0.0.1:{self.process.ports.plain}"

    @property
    def ca_file(self) -> Path:
        """The CA that signed the broker's certificate."""
        return self.certificates.ca_file

    @property
    def other_ca_file(self) -> Path:
        """A CA that has nothing to do with this broker."""
        return self.certificates.other_ca_file

    # -- power --------------------------------------------------------------

    def start(self) -> None:
        """Returns when it serves every kind of request."""
        self.process.start()
        self._wait_for_groups()

    def close(self) -> None:
        """End it, and remove its data."""
        self._drop_clients()
        self.process.close()

    def kill(self) -> None:
        """SIGKILL. Connections are cut; what was acknowledged is kept."""
        self._drop_clients()
        self.process.kill()
        self._frozen = False

    def restart(self) -> None:
        """Kill it if it runs, and start it with the same data and addresses."""
        self.kill()
        self.process.restart()
        self._wait_for_groups()

    def stop(self) -> None:
        """SIGSTOP: connections stay open and nobody answers."""
        self.process.stop()
        self._frozen = True

    def cont(self) -> None:
        """SIGCONT after `stop`."""
        self.process.cont()
        self._frozen = False

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stopped within the block."""
        self.stop()
        try:
            yield
        finally:
            self.cont()

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Killed within the block, restarted after it."""
        self.kill()
        try:
            yield
        finally:
            self.restart()

    def heal(self) -> None:
        """Undo whatever a test that failed half-way did to the process."""
        if self.process.pid is None:
            self.restart()
        elif self._frozen:
            self.cont()

    def _wait_for_groups(self) -> None:
        # The first question for a group makes the broker create its offsets topic; after a restart it loads it again.
        self.committed("nobody")

    # -- topics -------------------------------------------------------------

    def new_topic(
        self,
        partitions: int = 1,
        prefix: str = "incoming.project.endpoint",
        settings: Mapping[str, str] | None = None,
    ) -> str:
        """The name of an empty topic that no test had before. `settings` are Kafka's own of a topic."""
        name = f"{prefix}-{next(self._topic_numbers)}"
        options = {"num_partitions": partitions, "replication_factor": 1, "configs": dict(settings or {})}
        self._admin.create_topics({name: options})
        self._admin.wait_for_topics([name])
        return name

    def delete_topic(self, topic: str) -> None:
        """Delete it, and return when it is gone."""
        # A producer never forgets a topic: it would ask for this one ten times a second from now on.
        self._drop("_producer")
        self._admin.delete_topics([topic])
        wait_until(lambda: topic not in self._admin.list_topics(), f"{topic} is gone")

    def add_partitions(self, topic: str, count: int) -> None:
        """Grow the topic to `count` partitions in all."""
        self._admin.create_partitions({topic: count})
        wait_until(lambda: len(self._partitions(topic)) == count, f"{topic} has {count} partitions")
        self._admin.wait_for_topics([topic])

    def delete_records(self, topic: str, before: int, partition: int = 0) -> None:
        """Delete the records with offsets below `before`."""
        self._admin.delete_records({TopicPartition(topic, partition): before})

    def start_offsets(self, topic: str) -> dict[TopicPartition, int]:
        """The first offset that is still there, for each partition."""
        return self._offsets(topic, OffsetSpec.EARLIEST)

    def end_offsets(self, topic: str) -> dict[TopicPartition, int]:
        """The offset after the last record, for each partition."""
        return self._offsets(topic, OffsetSpec.LATEST)

    def _offsets(self, topic: str, spec: int) -> dict[TopicPartition, int]:
        wanted = dict.fromkeys(self._partitions(topic), spec)
        found = self._admin.list_partition_offsets(wanted)
        return {TopicPartition(*partition): place.offset for partition, place in sorted(found.items())}

    def _partitions(self, topic: str) -> list[TopicPartition]:
        [description] = self._admin.describe_topics([topic])
        if not description["partitions"]:
            raise UnknownTopicOrPartitionError(topic)
        return [TopicPartition(topic, partition["partition_index"]) for partition in description["partitions"]]

    # -- records ------------------------------------------------------------

    def produce(self, topic: str, records: Iterable[NewRecord]) -> list[int]:
        """Write the records in order; returns the offset of each."""
        pending = [
            self._producer.send(
                topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                partition=0 if record.partition is None and record.key is None else record.partition,
                timestamp_ms=record.timestamp,
            )
            for record in records
        ]
        self._producer.flush()
        return [written.get(timeout=30).offset for written in pending]

    def produce_events(self, topic: str, envelopes: Iterable[Envelope]) -> list[int]:
        """Write webhooks as the service does; returns the offset of each."""
        return self.produce(topic, map(event, envelopes))

    # -- consumers, their rights and groups ----------------------------------

    def new_consumer(self) -> Consumer:
        """A user that nobody used, with READ on every topic and on its own group: it cannot write or use another."""
        try:
            name, secret = next(self._unused_users)
        except StopIteration:
            raise RuntimeError(
                f"all {_USERS} users of the test broker are in use: raise tests.broker.broker._USERS"
            ) from None
        access.grant_reading(self._admin, name, topics=[access.ANY_TOPIC], groups=[name])
        return Consumer(name, secret, self._profile(name, secret))

    def profile_file(self, folder: Path, consumer: Consumer) -> Path:
        """Write the consumer's connection profile into `folder`."""
        path = folder / f"{consumer.name}.json"
        path.write_text(consumer.profile_json)
        return path

    def only_read(self, consumer: Consumer, *topics: str) -> None:
        """Narrow the consumer to READ on these topics and on its group. Undoes `revoke`."""
        access.clear(self._admin, consumer.name)
        access.grant_reading(self._admin, consumer.name, topics=topics, groups=[consumer.name])

    def revoke(self, consumer: Consumer, *topics: str, group: bool = False) -> None:
        """Take the consumer's rights on these topics, and on its group with `group=True`, at once."""
        access.deny(self._admin, consumer.name, topics=topics, groups=[consumer.name] if group else [])

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """The group's committed offsets; empty while it has none."""
        found = patiently(lambda: self._admin.list_group_offsets([group])[group])
        return {TopicPartition(*partition): place.offset for partition, place in sorted(found.items())}

    def members(self, group: str) -> list[Member]:
        """Who is in the group now."""
        found = patiently(lambda: _described(self._admin, group))
        return [_member(member) for member in found]

    def _profile(self, name: str, secret: str) -> dict[str, Any]:
        return {
            "consumer_name": name,
            "auth": {"mechanism": "plain", "secret": secret},
            "kafka": {"bootstrap": self.bootstrap},
        }

    # -- clients ------------------------------------------------------------

    @cached_property
    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=self.plain_bootstrap, request_timeout_ms=10_000)

    @cached_property
    def _producer(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self.plain_bootstrap, acks="all", linger_ms=1, max_request_size=LARGEST_RECORD
        )

    def _drop_clients(self) -> None:
        self._drop("_admin")
        self._drop("_producer")

    def _drop(self, name: str) -> None:
        client = self.__dict__.pop(name, None)
        if client is not None:
            client.close()


def _described(admin: KafkaAdminClient, group: str) -> list[Mapping[str, Any]]:
    found = admin.describe_groups([group])[group]
    if found["error"] and not found["error"].startswith(_NO_SUCH_GROUP):
        raise CoordinatorNotAvailableError(found["error"])
    members: list[Mapping[str, Any]] = found["members"]
    return members


def _member(found: Mapping[str, Any]) -> Member:
    assignment = found["member_assignment"] or {}
    owned = {
        TopicPartition(topic["topic"], partition)
        for topic in assignment.get("assigned_partitions", ())
        for partition in topic["partitions"]
    }
    return Member(found["member_id"], found["client_id"], frozenset(owned))
