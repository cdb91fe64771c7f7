"""`mwh-run` with a broker."""

from __future__ import annotations

from datetime import UTC, datetime

from mister_webhooks.kafka_admin import KafkaAdmin
from mister_webhooks.kafka_source import KafkaSource
from mister_webhooks_router.cli import summary
from mister_webhooks_router.cli.access import Access
from mister_webhooks_router.cli.exits import say
from mister_webhooks_router.cli.first_start import check_first_start
from mister_webhooks_router.cli.kafka_state import GroupState, read_state
from mister_webhooks_router.cli.session import Session, run, say_app


def run_kafka(session: Session, access: Access) -> None:
    """Read from the broker until the end. Raises what ends the run."""
    options = session.options
    profile, ssl_context = access
    source = KafkaSource(session.topics, profile, start_from=options.start_from or "earliest", ssl_context=ssl_context)
    try:
        source.connect()
        admin = KafkaAdmin(profile, ssl_context, consumer=source.consumer)
        state = read_state(admin, profile.consumer_name, session.topics, options.start_from)
        if options.start_from is None:
            check_first_start(state, datetime.now(UTC))
        _say_summary(session, state)
        if options.check:
            say("The app and the broker are as they should be. Nothing was read.")
        else:
            run(session, source)
    finally:
        source.close()


def _say_summary(session: Session, state: GroupState) -> None:
    say_app(session)
    for line in summary.topic_lines(state, session.options.start_from):
        say(line)
    say()
    say(summary.labelled("group", summary.group_text(state)))
    say(summary.labelled("guarantee", *summary.KAFKA_GUARANTEE))
    say(summary.labelled("log level", session.options.log_level))
    say()
    if session.options.start_from is not None and not any(topic.has_gaps for topic in state.topics):
        say("--start-from has no effect: the group has committed offsets everywhere.")
