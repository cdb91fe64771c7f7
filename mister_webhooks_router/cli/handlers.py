"""`mwh handlers`: the handlers of an app, and what each takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mister_webhooks_router.cli.exits import say
from mister_webhooks_router.cli.logs import set_up_logging
from mister_webhooks_router.cli.options import app_dir_option, target_argument

if TYPE_CHECKING:
    from mister_webhooks_router.handler import Handler


@click.command(short_help="List the handlers of an app.", context_settings={"help_option_names": ["-h", "--help"]})
@target_argument
@click.option("--json", "as_json", is_flag=True, help="A JSON array instead of a table.")
@app_dir_option
def handlers_command(target: str, *, as_json: bool, app_dir: Path) -> None:
    """List the handlers of the App at MODULE:ATTR, in the order in which they are asked."""
    set_up_logging("warning", event_lines=False)
    # Only now: this loads the framework and the user's code.
    from mister_webhooks_router.cli.importer import load_app, parse_target  # noqa: PLC0415  --help stays quick
    from mister_webhooks_router.cli.summary import handler_lines  # noqa: PLC0415  as above

    found = load_app(parse_target(target), app_dir).handlers
    if as_json:
        click.echo(json.dumps(list(map(_as_json, found)), ensure_ascii=False, indent=2))
        return
    for line in handler_lines(found):
        click.echo(line)
    if not found:
        say(f"{target} has no handlers")


def _as_json(handler: Handler) -> dict[str, Any]:
    return {
        "handler": handler.name,
        "takes": handler.takes,
        "events": handler.events,
        "topics": handler.topics,
        "methods": handler.methods,
        "async": handler.is_async,
        "final": handler.final,
        "unmatched": handler.fallback,
        "at": handler.location,
    }
