"""Reading the local log: a connection of its own, so that reading and writing do not wait for each other."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mister_webhooks.source import TopicPartition
from mister_webhooks_router.local.errors import explained
from mister_webhooks_router.local.storage import connect


class LocalRecord(NamedTuple):
    """A record of the local log; see `mister_webhooks.source.Record`."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Reader:
    """Reads one log, from one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with explained(path):
            self._connection = connect(path)

    def close(self) -> None:
        """Free the connection."""
        self._connection.close()

    def ends(self) -> dict[TopicPartition, int]:
        """For every partition, the offset that the next record will get."""
        rows = self._rows("SELECT topic, partition, next_offset FROM partitions ORDER BY topic, partition")
        return {TopicPartition(topic, partition): end for topic, partition, end in rows}

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """The group's committed offsets."""
        rows = self._rows('SELECT topic, partition, "offset" FROM group_offsets WHERE "group" = ?', group)
        return {TopicPartition(topic, partition): offset for topic, partition, offset in rows}

    def first(self, partition: TopicPartition, timestamp: int | None = None) -> int | None:
        """The offset of the first record; with a `timestamp` (milliseconds), the first that is not older."""
        rows = self._rows(
            'SELECT min("offset") FROM records WHERE topic = ? AND partition = ? AND timestamp >= ?',
            *partition,
            -(2**63) if timestamp is None else timestamp,
        )
        found: int | None = rows[0][0]
        return found

    def read(self, partition: TopicPartition, start: int, max_records: int, max_bytes: int) -> list[LocalRecord]:
        """Records from offset `start` on: at most `max_records`, and no more once they hold `max_bytes`."""
        records: list[LocalRecord] = []
        size = 0
        with explained(self._path):
            cursor = self._connection.execute(
                'SELECT * FROM records WHERE topic = ? AND partition = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?',
                (*partition, start, max_records),
            )
            for row in cursor:
                records.append(_record(row))
                size += len(row[5] or b"")
                if size >= max_bytes:
                    break
            cursor.close()
        return records

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with explained(self._path):
            return self._connection.execute(query, parameters).fetchall()


def _record(row: tuple[Any, ...]) -> LocalRecord:
    topic, partition, offset, timestamp, key, value, headers = row
    decoded = [(name, base64.b64decode(text)) for name, text in json.loads(headers)]
    return LocalRecord(topic, partition, offset, timestamp, key, value, decoded)
