"""`mwh tail`: the events of a topic, read without a consumer group."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import click

from mister_webhooks_router.cli.access import read_access
from mister_webhooks_router.cli.logs import set_up_logging
from mister_webhooks_router.cli.options import StartType, TopicType, ca_file_option, profile_option, split_profile
from mister_webhooks_router.cli.output import Output
from mister_webhooks_router.cli.tail_reader import Start, TailReader, Wish
from mister_webhooks_router.routing import Filter, FilterError, compile_filter


class TailStartType(click.ParamType[Start]):
    """`earliest`, `latest`, an ISO 8601 time, or an offset."""

    name = "earliest|latest|TIME|OFFSET"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Start:
        """Read a word, a time, or digits only, which are an offset."""
        if isinstance(value, int | datetime):
            return value
        if str(value).isdecimal():
            return int(str(value))
        return StartType().convert(value, param, ctx)


class WhereType(click.ParamType[Filter]):
    """A filter document: JSON, or `@` and a file that holds it."""

    name = "JSON|@FILE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Filter:
        """Read and compile it."""
        if isinstance(value, Filter):
            return value
        text = str(value)
        try:
            document = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
            return compile_filter(document)
        except FilterError as error:
            self.fail(str(error), param, ctx)
        except OSError as error:
            self.fail(f"{text[1:]}: {error.strerror}", param, ctx)
        except (ValueError, RecursionError) as error:
            self.fail(f"this is no JSON: {error}", param, ctx)


class TailOptions(NamedTuple):
    """Where the broker is, and whom to trust."""

    profile: Path | None
    profile_variable: str | None
    ca_file: Path | None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("topic", type=TopicType())
@profile_option
@ca_file_option
@click.option("--where", type=WhereType(), help="Only events whose body matches this filter document.")
@click.option(
    "--from",
    "start",
    type=TailStartType(),
    default="latest",
    show_default=True,
    metavar="WHERE",
    help="Where to start: earliest, latest, an ISO 8601 time (UTC where it names no zone), or an offset.",
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many events.")
@click.option("--burst", is_flag=True, help="End with the last event that is there at the start.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on a terminal too.")
@click.option("--show-secrets", is_flag=True, help="Do not mask the values of secret headers.")
@click.pass_context
def tail_command(ctx: click.Context, /, topic: tuple[str, ...], profile: Path | None, **values: Any) -> None:  # noqa: ANN401  click's
    """Show the events of TOPIC as they come, until Ctrl-C.

    Reads without a consumer group: no offset is touched, and whoever handles the events does not notice. On a terminal
    the events are shown for people; into a pipe or a file go JSON lines, which are event files.

    \b
    mwh tail incoming.a.b --from earliest --where '{"ref": "refs/heads/main"}' --count 1 > push.jsonl
    """  # noqa: D301  the backspace character itself tells click to keep the line that follows
    if len(topic) > 1:
        raise click.UsageError("one topic at a time", ctx)
    options = TailOptions(*split_profile(ctx, profile), values.pop("ca_file"))
    if options.profile is None and options.profile_variable is None:
        raise click.UsageError("which broker? Give --profile profile.json, or set MWH_PROFILE", ctx)
    set_up_logging("warning", event_lines=False)
    values["as_json"] = values["as_json"] or not sys.stdout.isatty()
    _tail(topic[0], options, Wish(**values))


def _tail(topic: str, options: TailOptions, wish: Wish) -> None:
    profile, ssl_context = read_access(options)
    from mister_webhooks.kafka_tail import KafkaTail  # noqa: PLC0415  kafka-python loads slowly

    output = Output(sys.stdout.buffer, "utf-8" if wish.as_json else sys.stdout.encoding)
    with KafkaTail(topic, profile, ssl_context) as tail, _stop_signals() as stopped:
        TailReader(tail, wish, output).run(stopped)


@contextlib.contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Note the first SIGINT or SIGTERM, so that the line that is being written is finished; the second does as ever."""
    seen: list[int] = []
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, _frame: object) -> None:
        seen.append(number)
        restore()

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler or signal.SIG_DFL)

    for number in previous:
        signal.signal(number, note)
    try:
        yield lambda: bool(seen)
    finally:
        restore()
