"""`mwh explain`: why each handler of an app takes an event, or does not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.cli.access import read_access
from mister_webhooks_router.cli.logs import set_up_logging
from mister_webhooks_router.cli.one_event import Place, PlaceType, read_event_at
from mister_webhooks_router.cli.options import (
    TopicType,
    app_dir_option,
    ca_file_option,
    profile_option,
    split_profile,
    target_argument,
)
from mister_webhooks_router.errors import UsageError
from mister_webhooks_router.event_file import FileEvent, read_events
from mister_webhooks_router.providers import sample, sample_event

_STDIN = Path("/dev/stdin")


class ExplainOptions(NamedTuple):
    """Which events to explain. Exactly one of `file`, `at` and `sample` is given."""

    file: Path | None
    at: Place | None
    sample: str | None
    topic: tuple[str, ...] | None
    profile: Path | None
    profile_variable: str | None
    ca_file: Path | None


@click.command(
    short_help="Say why each handler takes an event or does not.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@target_argument
@click.option(
    "--event", "file", type=click.Path(path_type=Path), metavar="FILE", help="Each event of an event file; - is stdin."
)
@click.option("--at", type=PlaceType(), help="The event at this place in Kafka; needs a profile.")
@click.option("--sample", metavar="PROVIDER:EVENT", help="The sample of this event, as github:push.")
@click.option("--topic", type=TopicType(), help="As if the event or the sample had come from this topic.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, one an event.")
@profile_option
@ca_file_option
@app_dir_option
@click.pass_context
def explain_command(
    ctx: click.Context,
    /,
    *,
    target: str,
    file: Path | None,
    at: Place | None,
    sample: str | None,
    topic: tuple[str, ...] | None,
    as_json: bool,
    profile: Path | None,
    ca_file: Path | None,
    app_dir: Path,
) -> None:
    """Say of an event, for each handler of the App at MODULE:ATTR, whether it goes there and why not.

    No handler runs, and no offset is touched.

    \b
    mwh explain app:app --sample github:push
    mwh explain app:app --at incoming.acme.github:0:41 --profile profile.json
    mwh tail incoming.acme.github --count 1 | mwh explain app:app --event -
    """  # noqa: D301  the backspace character itself tells click to keep the lines that follow
    options = ExplainOptions(file, at, sample, topic, *split_profile(ctx, profile), ca_file)
    _check(ctx, options)
    set_up_logging("warning", event_lines=False)
    # Only now: this loads the framework and the user's code.
    from mister_webhooks_router.cli.explanations import explanation_json, explanation_lines  # noqa: PLC0415
    from mister_webhooks_router.cli.importer import load_app, parse_target  # noqa: PLC0415

    app = load_app(parse_target(target), app_dir)
    for number, event in enumerate(_events(options)):
        if as_json:
            click.echo(json.dumps(explanation_json(app, event), ensure_ascii=False))
        else:
            click.echo("\n".join(["", *explanation_lines(app, event)][not number :]))


def _check(ctx: click.Context, options: ExplainOptions) -> None:
    given = [one for one in (options.file, options.at, options.sample) if one is not None]
    if len(given) != 1:
        raise click.UsageError(
            "which event? Give one of --event FILE, --at TOPIC:PARTITION:OFFSET, --sample PROVIDER:EVENT", ctx
        )
    if options.topic is not None and len(options.topic) > 1:
        raise click.UsageError("one topic at a time", ctx)
    if options.at is None:
        return
    if options.topic is not None:
        raise click.UsageError("--at names the topic already: drop --topic", ctx)
    if options.profile is None and options.profile_variable is None:
        raise click.UsageError("--at reads from the broker: give --profile profile.json, or set MWH_PROFILE", ctx)


def _events(options: ExplainOptions) -> Iterable[WebhookEvent]:
    """The events. Raises `UsageError` and what reading from the broker raises."""
    if options.at is not None:
        return [read_event_at(options.at, read_access(options))]
    found = [sample(options.sample)] if options.sample is not None else _from_file(options.file or _STDIN)
    return (sample_event(replace(one, topic=options.topic[0]) if options.topic else one) for one in found)


def _from_file(file: Path) -> Iterable[FileEvent]:
    number = 0
    for number, one in enumerate(read_events(_STDIN if str(file) == "-" else file), 1):  # noqa: B007  counted after it
        yield one
    if not number:
        raise UsageError(f"{file}: there is no event in it")
