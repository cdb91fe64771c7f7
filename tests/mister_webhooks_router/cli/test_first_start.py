"""When a group may start without being told where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest

from mister_webhooks_router import UsageError
from mister_webhooks_router.cli.first_start import check_first_start
from tests.mister_webhooks_router.cli.states import group, partition, topic

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
DAY = timedelta(hours=24)


def test_old_events_and_no_offsets() -> None:
    """The message counts, dates, and gives three choices ready to paste; topics that are no question are left out."""
    old, hour = NOW - timedelta(days=800), timedelta(hours=1)
    state = group(
        topic("a.fresh", partition(oldest=NOW - hour, newest=NOW)),
        topic(
            "a.old", partition(end=1200, oldest=old, newest=NOW), partition(1, end=34, oldest=NOW, newest=NOW + hour)
        ),
        topic("a.known", partition(committed=3, oldest=old, newest=old)),
        topic("a.empty", partition(end=0)),
    )
    with pytest.raises(UsageError) as caught:
        check_first_start(state, NOW)

    expected = """\
        the group 'acme.hooks' has no offsets for these topics, and they hold events that are over 24 hours old:

          topic  events  oldest                newest
          a.old  1,234   2024-09-14 12:00 UTC  2026-11-23 13:00 UTC

        Say where to start; it counts only where the group has no offset. Add one of:

          --start-from latest             only events that come from now on
          --start-from 2026-11-22T12:00Z  the last 24 hours, and what comes
          --start-from earliest           all 1,234 events, with everything that the handlers do for each"""
    assert str(caught.value) == dedent(expected)


@pytest.mark.parametrize(
    "state",
    [
        group(topic("a.b", partition(oldest=NOW - DAY, newest=NOW))),
        group(topic("a.b", partition(end=0))),
        group(topic("a.b", partition(committed=0, oldest=NOW - 9 * DAY, newest=NOW))),
        # A partition without an offset beside one that has: the group reads this topic, and nothing came here.
        group(topic("a.b", partition(committed=5, oldest=NOW), partition(1, oldest=NOW - 9 * DAY, newest=NOW))),
    ],
)
def test_no_question(state: object) -> None:
    """Up to 24 hours are what a deployment may miss; empty topics and those that the group reads need no answer."""
    check_first_start(state, NOW)  # type: ignore[arg-type]  # parametrised


def test_a_minute_more_than_a_day() -> None:
    """The limit is 24 hours."""
    with pytest.raises(UsageError):
        check_first_start(group(topic("a.b", partition(oldest=NOW - DAY - timedelta(minutes=1), newest=NOW))), NOW)
