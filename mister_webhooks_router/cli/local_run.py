"""`mwh-run --local`: webhooks over HTTP, no broker."""

from __future__ import annotations

from mister_webhooks_router.cli import summary
from mister_webhooks_router.cli.event_lines import EventLines
from mister_webhooks_router.cli.exits import say
from mister_webhooks_router.cli.options import Address
from mister_webhooks_router.cli.session import Session, run, say_app
from mister_webhooks_router.local import DEFAULT_HOST, DEFAULT_PATH, DEFAULT_PORT, LocalMode


def run_local(session: Session) -> None:
    """Receive and handle until the end. Raises what ends the run."""
    address = session.options.http or Address(DEFAULT_HOST, DEFAULT_PORT)
    if session.options.check:
        _say_summary(session, f"http://{address}/in/")
        say("The app is as it should be. Nothing was received.")
        return
    local = LocalMode(DEFAULT_PATH, session.topics or None, *address)
    local.start()
    try:
        _say_summary(session, local.url)
        run(session, local.source, EventLines(session.app.handlers), keep_going=True)
    finally:
        local.close()


def _say_summary(session: Session, url: str) -> None:
    say_app(session)
    topics = ", ".join(session.topics) or "any: TOPIC is the name that you give"
    say(summary.labelled("receives", f"{url}TOPIC", f"topics: {topics}"))
    say(summary.labelled("keeps", f"{DEFAULT_PATH}: what was received and not yet handled survives a restart"))
    say(summary.labelled("guarantee", *summary.LOCAL_GUARANTEE))
    say(summary.labelled("log level", session.options.log_level))
    say()
