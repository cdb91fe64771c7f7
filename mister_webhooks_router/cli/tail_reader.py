"""From records to lines: what `mwh tail` shows of a topic, and when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from mister_webhooks.errors import EnvelopeDecodeError, FormatError, PayloadDecodeError, UnsupportedEnvelope
from mister_webhooks.source import Record, TopicPartition
from mister_webhooks.start import StartFrom
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.cli.event_text import body_text, header_lines, heading, masked, reason
from mister_webhooks_router.cli.exits import say
from mister_webhooks_router.cli.output import Output
from mister_webhooks_router.errors import MalformedRecord, RouterError, UsageError
from mister_webhooks_router.event_file import FileEvent
from mister_webhooks_router.providers import Providers, builtin_providers
from mister_webhooks_router.routing import Filter, search_for

if TYPE_CHECKING:
    from mister_webhooks.kafka_tail import KafkaTail

Start: TypeAlias = StartFrom | int
"""Where to start: a word, a time, or an offset that counts in every partition."""

_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Wish:
    """What to show of a topic.

    Args:
        start: where to start
        where: show only events whose body matches
        count: end after so many
        burst: end with the last record that is there at the start
        as_json: event files instead of lines for people
        show_secrets: do not mask the values of secret headers
    """

    start: Start
    where: Filter | None
    count: int | None
    burst: bool
    as_json: bool
    show_secrets: bool


class TailReader:
    """Shows the events of a topic.

    Args:
        tail: the topic
        wish: what to show of it
        output: where to
    """

    def __init__(self, tail: KafkaTail, wish: Wish, output: Output) -> None:
        self._tail = tail
        self._wish = wish
        self._output = output
        self._left = wish.count
        self._ends: Mapping[TopicPartition, int] | None = None
        self._providers = Providers(builtin_providers())

    def run(self, stopped: Callable[[], bool]) -> None:
        """Show events until there is an end of it: as wished, when stopped, or when nobody reads them any more.

        Raises `BrokerError`, `BrokenPipeError`, `UsageError` where no partition reaches the offset to start from, and
        `MalformedRecord`.
        """
        self._start()
        while not (stopped() or self._done() or self._output.unread):
            for record in self._tail.poll(_POLL_SECONDS):
                self._take(record)
                if self._left == 0:
                    break
            self._output.flush()

    def _start(self) -> None:
        extents = self._tail.extents()
        starts = start_offsets(self._tail, extents, self._wish.start)
        if self._wish.burst:
            self._ends = {partition: extent.stop for partition, extent in extents.items()}
        self._tail.start(starts)
        say(f"reading {_places(starts)}")

    def _done(self) -> bool:
        if self._left == 0:
            return True
        if self._ends is None:
            return False
        positions = self._tail.positions()
        return all(positions[partition] >= end for partition, end in self._ends.items())

    def _take(self, record: Record) -> None:
        partition = TopicPartition(record.topic, record.partition)
        if self._ends is not None and record.offset >= self._ends[partition]:
            return
        event = _event_of(record)
        if event is None or not self._wanted(event):
            return
        if self._left is not None:
            self._left -= 1
        if self._wish.as_json:
            self._show_json(event)
        else:
            self._show(event)

    def _wanted(self, event: WebhookEvent) -> bool:
        """Whether to show it. An event of which nobody can know is left out, and that is said."""
        try:
            if self._wish.as_json or self._wish.where is not None:
                event.payload  # noqa: B018  decodes it
            search_for(event)
            return self._wish.where is None or self._wish.where.matches(event.payload)
        except (PayloadDecodeError, RouterError) as error:
            say(f"{event.position} is left out: {reason(error, event)}")
            return False

    def _show_json(self, event: WebhookEvent) -> None:
        headers = dict(event.headers.items()) if self._wish.show_secrets else masked(event.headers)
        one = FileEvent(str(event.topic), event.timestamp, event.method, headers, event.payload, event.key)
        self._output.line(one.to_line())

    def _show(self, event: WebhookEvent) -> None:
        self._output.line(heading(event, self._providers.origin(event)))
        for line in header_lines(event.headers, show_secrets=self._wish.show_secrets):
            self._output.line(f"    {line}")
        self._output.line(f"    {body_text(event)}\n")


def start_offsets(tail: KafkaTail, extents: Mapping[TopicPartition, range], start: Start) -> dict[TopicPartition, int]:
    """For each partition the offset to start from, which is one that it has or its end. Raises `UsageError`."""
    if isinstance(start, datetime):
        return tail.offsets_at(start)
    if start == "earliest":
        return {partition: extent.start for partition, extent in extents.items()}
    ends = {partition: extent.stop for partition, extent in extents.items()}
    if start == "latest":
        return ends
    if all(end < start for end in ends.values()):
        raise UsageError(f"--from {start}: no partition goes so far; the next offsets are {_places(ends)}")
    return {partition: min(max(start, extent.start), extent.stop) for partition, extent in extents.items()}


def _event_of(record: Record) -> WebhookEvent | None:
    """The event, or None for a system message. Raises `MalformedRecord`, which says how to get past the record."""
    try:
        return WebhookEvent.from_record(record)
    except (FormatError, UnsupportedEnvelope, EnvelopeDecodeError) as error:
        text = f"{error}\nThe protocol wants a client to stop here. To read on behind it: --from {record.offset + 1}"
        raise MalformedRecord(text, position=f"{record.topic}:{record.partition}:{record.offset}") from error


def _places(offsets: Mapping[TopicPartition, int]) -> str:
    """`incoming.acme.github:0:12, incoming.acme.github:1:40`."""
    return ", ".join(f"{topic}:{number}:{offset}" for (topic, number), offset in sorted(offsets.items()))
