"""`mwh-run` with a broker."""

from __future__ import annotations

from datetime import UTC, datetime

from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.kafka_admin import KafkaAdmin
from mister_webhooks.kafka_source import KafkaSource
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks_router.cli import summary
from mister_webhooks_router.cli.exits import say
from mister_webhooks_router.cli.first_start import check_first_start
from mister_webhooks_router.cli.kafka_state import GroupState, read_state
from mister_webhooks_router.cli.options import PROFILE_VARIABLE, RunOptions
from mister_webhooks_router.cli.session import Session, run, say_app


def run_kafka(session: Session) -> None:
    """Read from the broker until the end. Raises what ends the run."""
    options = session.options
    profile = _profile(options)
    ssl_context = new_ssl_client_context(options.ca_file)
    source = KafkaSource(session.topics, profile, start_from=options.start_from or "earliest", ssl_context=ssl_context)
    try:
        source.connect()
        admin = KafkaAdmin(profile, ssl_context, consumer=source.consumer)
        state = read_state(admin, profile.consumer_name, session.topics, options.start_from)
        if options.start_from is None:
            check_first_start(state, datetime.now(UTC))
        _say_summary(session, state)
        if not options.check:
            run(session, source)
    finally:
        source.close()


def _profile(options: RunOptions) -> ConnectionProfile:
    if options.profile is not None:
        return ConnectionProfile.from_file(options.profile)
    return ConnectionProfile.from_env(options.profile_variable or PROFILE_VARIABLE)


def _say_summary(session: Session, state: GroupState) -> None:
    say_app(session)
    for line in summary.topic_lines(state, session.options.start_from):
        say(line)
    say()
    say(summary.labelled("group", summary.group_text(state)))
    say(summary.labelled("guarantee", *summary.KAFKA_GUARANTEE))
    say(summary.labelled("log level", session.options.log_level))
    say()
