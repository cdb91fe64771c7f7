"""The first start of a group: years of real side effects are nobody's default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mister_webhooks_router.cli.kafka_state import GroupState, TopicState
from mister_webhooks_router.cli.wording import count, table
from mister_webhooks_router.errors import UsageError

OLD = timedelta(hours=24)


def check_first_start(state: GroupState, now: datetime) -> None:
    """Raises `UsageError` when the group has no offset on a topic that holds events older than 24 hours.

    To be called where the user has not said where to start. `now` is aware.
    """
    topics = [topic for topic in state.topics if topic.is_new and topic.oldest and now - topic.oldest > OLD]
    if topics:
        raise UsageError(_text(state.name, topics, now))


def _text(group: str, topics: list[TopicState], now: datetime) -> str:
    rows = [("topic", "events", "oldest", "newest")]
    rows += [(topic.name, f"{topic.held:,}", _date(topic.oldest), _date(topic.newest)) for topic in topics]
    total = count(sum(topic.held for topic in topics), "event")
    yesterday = (now - OLD).astimezone(UTC)
    choices = [
        ("--start-from latest", "only events that come from now on"),
        (f"--start-from {yesterday:%Y-%m-%dT%H:%MZ}", "the last 24 hours, and what comes"),
        ("--start-from earliest", f"all {total}, with everything that the handlers do for each"),
    ]
    lines = [
        f"the group {group!r} has no offsets for these topics, and they hold events that are over 24 hours old:",
        "",
        *table(rows),
        "",
        "Say where to start; it counts only where the group has no offset. Add one of:",
        "",
        *table(choices),
    ]
    return "\n".join(lines)


def _date(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "-"
