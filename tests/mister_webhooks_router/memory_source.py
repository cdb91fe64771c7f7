"""An event source in memory, and the events in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from mister_webhooks.envelope import ENVELOPE_HEADER, Envelope, encode_envelope
from mister_webhooks.headers import Headers
from mister_webhooks.source import RebalanceListener, Record, TopicPartition
from mister_webhooks.types import ConsumerRecord
from mister_webhooks.webhook_event import HTTPMethod, WebhookEvent

TOPIC = "incoming.acme.github"
WHEN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_V1 = b"\x80"


def make_event(
    method: str = "POST", headers: Mapping[str, list[str]] | None = None, payload: object = None, *, topic: str = TOPIC
) -> WebhookEvent:
    """An event as it comes out of a record."""
    return WebhookEvent(
        HTTPMethod[method], WHEN, Headers(headers or {}), payload, topic=topic, partition=0, offset=7, key=None
    )


def body(
    payload: object = None,
    *,
    method: str = "POST",
    headers: Mapping[str, list[str]] | None = None,
    raw: bytes | None = None,
) -> bytes:
    """A record's value: a webhook with this payload, or with these bytes as its body."""
    text = json.dumps(payload).encode() if raw is None else raw
    return encode_envelope(Envelope(method, headers or {}, text, "JSON"))


UNDECODABLE = encode_envelope(Envelope("POST", {}, b"{", "JSON"))
"""A right envelope around a body that is no JSON."""


class MemorySource:
    """Implements `EventSource` over lists. `add` may be called from any thread, also while it is read."""

    def __init__(self, *values: bytes, topic: str = TOPIC, failing_poll: Exception | None = None) -> None:
        self.committed: dict[TopicPartition, int] = {}
        self.commits: list[Mapping[TopicPartition, int]] = []
        self.closed = False
        self.settled_at_close = False
        self._failing_poll = failing_poll
        self._records: dict[TopicPartition, list[Record]] = {TopicPartition(topic, 0): []}
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._listener: RebalanceListener | None = None
        self._changed = threading.Condition()
        for value in values:
            self.add(value, topic=topic)

    def add(self, value: bytes | None, *, headers: tuple[bytes, ...] = (_V1,), topic: str = TOPIC) -> None:
        """Append a record with these values of the header `envelope`."""
        with self._changed:
            records = self._records.setdefault(TopicPartition(topic, 0), [])
            records.append(_record(topic, len(records), value, headers))
            self._changed.notify_all()

    @property
    def offset(self) -> int:
        """What was last committed for the only partition; 0 before."""
        return self.committed.get(TopicPartition(TOPIC, 0), 0)

    def open(self, listener: RebalanceListener) -> None:
        self._listener = listener
        self._positions = {partition: self.committed.get(partition, 0) for partition in self._records}
        listener.assigned(self._positions)

    def poll(self, timeout: float, max_records: int) -> Mapping[TopicPartition, Sequence[Record]]:
        if self._failing_poll is not None:
            raise self._failing_poll
        with self._changed:
            if not self._waiting():
                self._changed.wait(min(timeout, 0.01))  # so that a stop is seen soon
            return {partition: self._take(partition, max_records) for partition in self._waiting()}

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.commits.append(dict(offsets))
        self.committed.update(offsets)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self._paused.update(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self._paused.difference_update(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._positions[partition] = offset

    def position(self, partition: TopicPartition) -> int:
        return self._positions[partition]

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self._positions)

    def end_offsets(self) -> Mapping[TopicPartition, int]:
        return {partition: len(records) for partition, records in self._records.items()}

    def close(self) -> None:
        self.closed = True
        if self._listener is None:
            return
        self._listener.revoking(self._positions)
        self.settled_at_close = self._listener.settled(self._positions)
        if offsets := self._listener.finished(self._positions):
            self.commit(offsets)

    def _waiting(self) -> list[TopicPartition]:
        return [
            partition
            for partition, records in self._records.items()
            if partition not in self._paused and self._positions.get(partition, 0) < len(records)
        ]

    def _take(self, partition: TopicPartition, limit: int) -> Sequence[Record]:
        start = self._positions[partition]
        records = self._records[partition][start : start + limit]
        self._positions[partition] = start + len(records)
        return records


def _record(topic: str, offset: int, value: bytes | None, headers: tuple[bytes, ...]) -> Record:
    return ConsumerRecord(
        topic=topic,
        partition=0,
        leader_epoch=0,
        offset=offset,
        timestamp=int(WHEN.timestamp() * 1000),
        timestamp_type=0,
        key=None,
        value=value,
        headers=[(ENVELOPE_HEADER, header) for header in headers],
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=len(value or b""),
        serialized_header_size=-1,
    )
