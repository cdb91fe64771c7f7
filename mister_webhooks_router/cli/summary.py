"""The start summary: what will run, from where, and what is promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from mister_webhooks.source import TopicPartition
from mister_webhooks.start import StartFrom
from mister_webhooks_router import Handler
from mister_webhooks_router.cli.kafka_state import GroupState, PartitionState, TopicState
from mister_webhooks_router.cli.wording import count, printable, table
from mister_webhooks_router.engine import RunReport

_OFFSETS_SHOWN = 4
_PLACES_SHOWN = 8
_LABEL_WIDTH = 11

KAFKA_GUARANTEE = (
    "at least once: an event's offset is committed after its last handler returned;",
    "after a crash, events since the last commit come again.",
    "No store: a failing handler stops the program, its event comes again at the next start.",
)
LOCAL_GUARANTEE = (
    "at least once: what was answered with 202 is handled, after a crash perhaps twice.",
    "No store: a failing handler is shown and the next event comes.",
)


def heading(target: str, file: str | None) -> str:
    """`mister-webhooks 2.0.0: app:app (app.py)`."""
    return f"mister-webhooks {version('mister-webhooks')}: {target}" + (f" ({file})" if file else "")


def handler_lines(handlers: Sequence[Handler]) -> Iterable[str]:
    """The table of handlers."""
    return table([("handler", "takes", "runs as", "at"), *map(_handler_row, handlers)])


def topic_lines(state: GroupState, start_from: StartFrom | None) -> Iterable[str]:
    """The table of topics: where reading starts, and how much waits."""
    rows = [("topic", "partitions", "starts at", "waiting")]
    rows += [(one.name, str(len(one.partitions)), _start(one, start_from), f"{one.lag:,}") for one in state.topics]
    return table(rows)


def start_text(start_from: StartFrom | None) -> str:
    """`earliest`, `latest` or the time."""
    if isinstance(start_from, datetime):
        return start_from.isoformat(timespec="seconds").replace("+00:00", "Z")
    return start_from or "earliest"


def group_text(state: GroupState) -> str:
    """The group, and who else is in it."""
    others = len(state.members)
    if not others:
        return f"{state.name}, no other members"
    hosts = ", ".join(sorted(set(state.members)))
    return f"{state.name}, {count(others, 'other member')} now, at {hosts} (a killed one counts for some seconds)"


def labelled(label: str, *lines: str) -> str:
    """A label and its text; more lines stand under the first."""
    margins = [f"  {label:<{_LABEL_WIDTH}}", *[" " * (2 + _LABEL_WIDTH)] * (len(lines) - 1)]
    return "\n".join(margin + line for margin, line in zip(margins, lines, strict=True))


def _handler_row(handler: Handler) -> tuple[str, str, str, str]:
    kind = "async def" if handler.is_async else "def"
    return handler.name, printable(handler.takes), f"{kind}, final" if handler.final else kind, handler.location


def _start(topic: TopicState, start_from: StartFrom | None) -> str:
    """In words and offsets: `offset 12 (committed)`."""
    if not topic.partitions:
        return "-"
    words = _start_words(topic, start_from)
    if len(topic.partitions) == 1:
        return f"offset {topic.partitions[0].start:,} ({words})"
    shown = ", ".join(map(_offset, topic.partitions[:_OFFSETS_SHOWN]))
    more = ", …" if len(topic.partitions) > _OFFSETS_SHOWN else ""
    return f"{words}: {shown}{more}"


def _offset(partition: PartitionState) -> str:
    return f"{partition.number}@{partition.start}"


def _start_words(topic: TopicState, start_from: StartFrom | None) -> str:
    chosen = start_text(start_from)
    if topic.is_new:
        return chosen
    if not topic.has_gaps:
        return "committed"
    return f"committed, {chosen} where nothing is"


def report_text(report: RunReport, committed: Mapping[TopicPartition, int]) -> str:
    """The last words: `done: 3 events, 1 unmatched; deliveries: 2 handled, 0 failed; committed: a.b:0 up to 3`."""
    deliveries = [f"{report.handled:,} handled", f"{report.failed:,} failed"]
    if report.skipped:
        deliveries.append(f"{report.skipped:,} skipped")
    if report.dead_lettered:
        deliveries.append(f"{report.dead_lettered:,} dead-lettered")
    events = f"{count(report.events, 'event')}, {report.unmatched:,} unmatched"
    return f"done: {events}; deliveries: {', '.join(deliveries)}; committed: {_places(committed)}"


def _places(committed: Mapping[TopicPartition, int]) -> str:
    places = [f"{topic}:{partition} up to {offset}" for (topic, partition), offset in sorted(committed.items())]
    left_out = len(places) - _PLACES_SHOWN
    return ", ".join(places[:_PLACES_SHOWN]) + (f" and {left_out} more" if left_out > 0 else "") or "nothing"
