"""Reads a topic without a consumer group: for looking at events, not for handling them.

No group is joined and no offset is committed, so whoever reads as a group does not notice. The right to READ the topic
is enough.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from kafka import TopicPartition as KafkaTopicPartition
from kafka import errors as kafka_errors

from mister_webhooks import refusals
from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.kafka_admin import KafkaAdmin
from mister_webhooks.kafka_connection import new_kafka_consumer, translate
from mister_webhooks.source import Record, TopicPartition
from mister_webhooks.ssl_cert import new_ssl_client_context


class KafkaTail:
    """The partitions of a topic, read from any offset on.

    Partitions that are added to the topic later are not read.

    Args:
        topic: what to read
        profile: who reads, and where
        ssl_context: whom to trust; by default as `new_ssl_client_context`
        timeout: seconds for connecting, for each question to the broker, and for one record

    Raises `BrokerUnreachable`, `BrokerNotTrusted`, `AuthenticationFailed`, `AuthorizationFailed`, `TopicNotFound`.
    """

    def __init__(
        self,
        topic: str,
        profile: ConnectionProfile,
        ssl_context: ssl.SSLContext | None = None,
        *,
        timeout: float = 10.0,
    ) -> None:
        self._profile = profile
        self._timeout = timeout
        trusted = ssl_context or new_ssl_client_context()
        self._kafka: Any = new_kafka_consumer(profile, trusted, group=None, timeout=timeout, **_SETTINGS)
        try:
            self._admin = KafkaAdmin(profile, trusted, timeout=timeout, consumer=self._kafka)
            self._partitions = tuple(self._admin.topic_partitions([topic])[topic])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._kafka.close(autocommit=False)

    @property
    def partitions(self) -> tuple[TopicPartition, ...]:
        """All partitions of the topic, in order."""
        return self._partitions

    def extents(self) -> dict[TopicPartition, range]:
        """For each partition the offsets that there are, from the oldest record's to the newest one's."""
        first, end = self._admin.beginning_offsets(self._partitions), self._admin.end_offsets(self._partitions)
        return {partition: range(first[partition], end[partition]) for partition in self._partitions}

    def offsets_at(self, moment: datetime) -> dict[TopicPartition, int]:
        """For each partition the offset of the first record that is not older than `moment`; the end where none is."""
        return self._admin.offsets_at(self._partitions, moment)

    def start(self, offsets: Mapping[TopicPartition, int]) -> None:
        """From now on `poll` delivers these partitions, each from this offset on, which must not be beyond its end."""
        self._kafka.assign([KafkaTopicPartition(*partition) for partition in offsets])
        for partition, offset in offsets.items():
            self._kafka.seek(KafkaTopicPartition(*partition), offset)

    def poll(self, timeout: float, max_records: int = 500) -> list[Record]:
        """Waits up to `timeout` seconds for records, and returns them in the order of their times.

        Records of one partition stay in their order. An outage of the broker is waited for: it gives no records.

        Raises a `BrokerError`, or `MissingExtra` for a compression that needs a package.
        """
        try:
            found = self._kafka.poll(timeout_ms=int(timeout * 1000), max_records=max_records)
        except kafka_errors.OffsetOutOfRangeError as error:
            # It was in range at the start.
            raise refusals.records_gone({TopicPartition(*one): at for one, at in error.args[0].items()}) from None
        except kafka_errors.RetriableError:
            time.sleep(0.05)
            return []
        except Exception as error:
            raise translate(error, self._profile, "") from error
        return _merged(list(found.values()))

    def positions(self) -> dict[TopicPartition, int]:
        """For each partition that was started the next offset that `poll` would deliver, gaps passed over."""
        # The public call may ask the broker. For a partition that was sought this is all that it answers.
        known = self._kafka._subscription.position  # noqa: SLF001
        return {TopicPartition(*one): known(one).offset for one in sorted(self._kafka.assignment())}

    def record(self, partition: TopicPartition, offset: int) -> Record | None:
        """The record at an offset that is not beyond the end. None: there is none, for the log has a gap there.

        Raises what `poll` raises, and `BrokerUnreachable` when the broker does not deliver it in time.
        """
        self.start({partition: offset})
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            for record in self.poll(0.2, max_records=1):
                return record if record.offset == offset else None
            if self.positions()[partition] > offset:
                return None
        raise refusals.no_answer(TimeoutError(f"no record after {self._timeout:g} s"), self._profile)


_SETTINGS = {
    "auto_offset_reset": "none",
    "fetch_max_wait_ms": 200,
    "fetch_max_bytes": 8 * 1024 * 1024,
    "max_partition_fetch_bytes": 1024 * 1024,
    "metadata_max_age_ms": 60_000,
}


def _merged(partitions: list[list[Record]]) -> list[Record]:
    """The records of several partitions by time; one that is older than its predecessor follows it all the same."""
    keyed = []
    for number, records in enumerate(partitions):
        latest = 0
        for place, record in enumerate(records):
            latest = max(latest, record.timestamp)
            keyed.append((latest, number, place, record))
    return [record for *_, record in sorted(keyed, key=lambda one: one[:3])]
