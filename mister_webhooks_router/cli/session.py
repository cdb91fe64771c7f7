"""What every run has: an app, the topics to read, the first part of the summary, the run itself and its report."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mister_webhooks.source import EventSource
from mister_webhooks_router import App, messages
from mister_webhooks_router.cli import summary
from mister_webhooks_router.cli.commits import CommitWatch
from mister_webhooks_router.cli.event_lines import EventLines
from mister_webhooks_router.cli.exits import say
from mister_webhooks_router.cli.importer import load_app, parse_target
from mister_webhooks_router.cli.options import RunOptions
from mister_webhooks_router.engine import Runner, RunnerOptions
from mister_webhooks_router.errors import AppError, UsageError


@dataclass(frozen=True, slots=True)
class Session:
    """An app that is loaded, and how it is to be run.

    `topics` are those to read, in order; none under `--local` where none was asked for: all.
    """

    app: App
    options: RunOptions
    topics: tuple[str, ...]


def open_session(options: RunOptions) -> Session:
    """Load the app and settle which topics are read. Raises `AppError`, `UsageError`."""
    app = load_app(parse_target(options.target), options.app_dir)
    if not app.handlers:
        raise AppError(
            f"{options.target} has no handlers, so nothing would be done with any event. Register one:\n\n"
            "  @app.on()\n  def every_event(event): ..."
        )
    topics = _topics(app, options)
    if topics:
        _refuse_unread(app, topics)
    return Session(app, options, topics)


def say_app(session: Session) -> None:
    """The first part of the summary: version, app, handlers."""
    file = sys.modules[parse_target(session.options.target).module].__file__
    say(summary.heading(session.options.target, file and _shown(Path(file))))
    say()
    for line in summary.handler_lines(session.app.handlers):
        say(line)
    say()


def run(session: Session, source: EventSource, lines: EventLines | None = None, *, keep_going: bool = False) -> None:
    """Run to the end and report, also where it ends with an exception. `lines` shows each event."""
    watched = CommitWatch(source)
    options = RunnerOptions(burst=session.options.burst, keep_going=keep_going)
    runner = Runner(session.app, watched, options, on_event=lines)
    if lines is not None:
        lines.on_closed = runner.stop
    try:
        runner.run()
    finally:
        say(summary.report_text(runner.report, watched.committed))


def _topics(app: App, options: RunOptions) -> tuple[str, ...]:
    """Those that were asked for, else those that handlers name; under `--local` all."""
    if options.topics or options.local:
        return options.topics
    if not app.topics() and options.names_a_source:
        raise UsageError(
            "which topics? No handler names one. Add --topic incoming.PROJECT.ENDPOINT (again for more, or set "
            'MWH_TOPIC), or name it in the app: @app.on(topic="incoming.PROJECT.ENDPOINT")'
        )
    return tuple(sorted(app.topics()))


def _refuse_unread(app: App, topics: Collection[str]) -> None:
    """A handler that waits for topics of which none is read would never run."""
    for handler in app.handlers:
        if handler.topics and not set(handler.topics) & set(topics):
            wanted = handler.topics[0]
            raise UsageError(
                f"{handler.name} ({handler.location}) waits for topic {' or '.join(handler.topics)}, which is not read."
                f"{messages.did_you_mean(wanted, topics)} Add --topic {wanted}, or leave --topic out to read all "
                "topics that handlers name"
            )


def _shown(file: Path) -> str:
    """The path as a person would write it."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
