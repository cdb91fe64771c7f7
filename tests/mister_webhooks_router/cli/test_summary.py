"""The start summary and the report, as texts."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from mister_webhooks.source import TopicPartition
from mister_webhooks_router import ABSENT, App
from mister_webhooks_router.cli import summary
from mister_webhooks_router.cli.kafka_state import TopicState
from mister_webhooks_router.engine import RunReport
from tests.mister_webhooks_router.cli.states import group, partition, topic

TIME = datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_handlers() -> None:
    """Each handler with its conditions in words, how it runs, and where it stands."""
    app = App()

    @app.on(
        method=["POST", "put"],
        header={"X-GitHub-Event": re.compile("^pu"), "X-Old": ABSENT},
        final=True,
        name="on_push",
    )
    def handler(event: object) -> None: ...

    @app.on(topic=["a.b", "c.d"], name="other")
    async def other(event: object) -> None: ...

    app.on(name="all")(handler)
    lines = list(summary.handler_lines(app.handlers))

    assert [re.split(r"  +", line.strip())[:3] for line in lines] == [
        ["handler", "takes", "runs as"],
        ["on_push", "method POST or PUT; header X-GitHub-Event /^pu/; header X-Old ABSENT", "def, final"],
        ["other", "topic a.b or c.d", "async def"],
        ["all", "every event", "def"],
    ]
    assert all(re.search(r"test_summary\.py:\d+$", line) for line in lines[1:])


@pytest.mark.parametrize(
    ("state", "start_from", "text"),
    [
        (topic("a.b", partition(end=329, committed=300)), None, "offset 300 (committed)"),
        (topic("a.b", partition(first=7)), None, "offset 7 (earliest)"),
        (topic("a.b", partition(start=10)), "latest", "offset 10 (latest)"),
        (topic("a.b", partition(start=4)), TIME, "offset 4 (2026-11-20T08:00:00Z)"),
        (topic("a.b", partition(committed=2), partition(1)), "latest", "committed, latest where nothing is: 0@2, 1@0"),
        (topic("a.b", *(partition(n, committed=n) for n in range(6))), None, "committed: 0@0, 1@1, 2@2, 3@3, …"),
    ],
)
def test_where_reading_starts(state: TopicState, start_from: object, text: str) -> None:
    """Offsets and the reason for them."""
    line = list(summary.topic_lines(group(state), start_from))[1]  # type: ignore[arg-type]  # parametrised

    assert text in line


def test_how_much_waits() -> None:
    """The events from the start to the end, over all partitions."""
    line = list(summary.topic_lines(group(topic("a.b", partition(end=2000), partition(1, committed=4))), None))[1]

    assert line.split()[-1] == "2,006"


def test_the_group() -> None:
    """Others in the group are counted, with the hosts where they run."""
    assert summary.group_text(group()) == "acme.hooks, no other members"
    assert "1 other member now, at 10.0.0.1" in summary.group_text(group(members=("10.0.0.1",)))
    assert "3 other members now, at a, b" in summary.group_text(group(members=("b", "a", "a")))


def test_labels() -> None:
    """Further lines stand under the first."""
    assert summary.labelled("group", "one", "two") == "  group      one\n             two"


@pytest.mark.parametrize(
    ("report", "committed", "text"),
    [
        (RunReport(), {}, "done: 0 events, 0 unmatched; deliveries: 0 handled, 0 failed; committed: nothing"),
        (
            RunReport(events=1, unmatched=0, handled=1, failed=1, skipped=2, dead_lettered=3),
            {TopicPartition("b", 0): 1, TopicPartition("a", 1): 7},
            (
                "done: 1 event, 0 unmatched; deliveries: 1 handled, 1 failed, 2 skipped, 3 dead-lettered; "
                "committed: a:1 up to 7, b:0 up to 1"
            ),
        ),
    ],
)
def test_the_report(report: RunReport, committed: dict[TopicPartition, int], text: str) -> None:
    """Events, deliveries, and the next offset of each partition that was committed."""
    assert summary.report_text(report, committed) == text


def test_a_report_of_many_partitions() -> None:
    """A line stays a line."""
    text = summary.report_text(RunReport(), {TopicPartition("a", number): 1 for number in range(100)})

    assert text.endswith("a:7 up to 1 and 92 more")
