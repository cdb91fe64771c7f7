"""The options of `mwh-run`, some of which other commands have too: how they are written, and which go together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
from click.core import ParameterSource

from mister_webhooks.start import StartFrom

LOG_LEVELS = ("debug", "info", "warning", "error")
PROFILE_VARIABLE = "MWH_PROFILE"
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_ADDRESS = re.compile(r"(?:(?P<name>[^\s:\[\]/]+)|\[(?P<ip6>[0-9A-Fa-f:.]+)\]):(?P<port>[0-9]{1,5})", re.ASCII)
_PORTS = range(65536)
_F = TypeVar("_F", bound=Callable[..., Any])


class Address(NamedTuple):
    """Where an HTTP server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class AddressType(click.ParamType[Address]):
    """`HOST:PORT`; an IPv6 address stands in brackets."""

    name = "HOST:PORT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Take host and port apart. Port 0 asks the system for a free one."""
        if isinstance(value, Address):
            return value
        found = _ADDRESS.fullmatch(str(value))
        if found is None or int(found["port"]) not in _PORTS:
            self.fail(f"{value!r} is not HOST:PORT, for example 127.0.0.1:8008 or [::1]:8008", param, ctx)
        return Address(found["name"] or found["ip6"], int(found["port"]))


class StartType(click.ParamType[StartFrom]):
    """`earliest`, `latest` or an ISO 8601 time; without a zone it is UTC."""

    name = "earliest|latest|TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> StartFrom:
        """Read a word or a time."""
        if isinstance(value, datetime):
            return value
        if value == "earliest" or value == "latest":  # noqa: PLR1714  mypy narrows by comparisons only
            return value
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is neither 'earliest' nor 'latest' nor a time such as 2026-11-20T08:00Z", param, ctx)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time


class TopicType(click.ParamType[tuple[str, ...]]):
    """One topic, or several with commas or spaces between them."""

    name = "TOPIC"

    def split_envvar_value(self, rv: str) -> list[str]:
        """Leave a variable's text whole: `convert` takes it apart."""
        return [rv] if rv.strip() else []

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split, and refuse what can be no topic."""
        if isinstance(value, tuple):
            return value
        topics = tuple(re.split(r"[,\s]+", str(value).strip(", \t\n")))
        for topic in topics:
            if not _TOPIC.fullmatch(topic):
                self.fail(f"{topic!r} can be no topic: letters, digits, dots, dashes and underscores only", param, ctx)
        return topics


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line and the environment say, checked.

    `profile` is None where it was not given as an option; `profile_variable` is the environment variable that holds it
    then, its path or its JSON text.
    """

    target: str
    app_dir: Path
    profile: Path | None
    profile_variable: str | None
    topics: tuple[str, ...]
    ca_file: Path | None
    start_from: StartFrom | None
    burst: bool
    local: bool
    http: Address | None
    log_level: str
    check: bool

    @property
    def names_a_source(self) -> bool:
        """Whether it is known where events come from."""
        return self.local or self.profile is not None or self.profile_variable is not None


def run_options(command: _F) -> _F:
    """Give a command the options of `mwh-run`."""
    for decorate in reversed(_DECORATORS):
        command = decorate(command)
    return command


def checked_options(ctx: click.Context, values: dict[str, Any]) -> RunOptions:
    """Options that do not go together raise `click.UsageError`, which says what to drop or to add."""
    if values["local"]:
        _refuse_beside_local(ctx)
        values = {**values, "profile": None, "ca_file": None, "start_from": None}
    elif values["http"] is not None:
        raise click.UsageError("--http is where --local receives webhooks: add --local, or drop --http", ctx)
    values["profile"], values["profile_variable"] = split_profile(ctx, values["profile"])
    values["topics"] = tuple(dict.fromkeys(topic for group in values["topics"] for topic in group))
    values["log_level"] = values["log_level"] or ("warning" if values["local"] else "info")
    return RunOptions(**values)


def split_profile(ctx: click.Context, profile: Path | None) -> tuple[Path | None, str | None]:
    """The profile's path, or the variable that holds a path or the profile's text; neither where none is given."""
    if profile is not None and ctx.get_parameter_source("profile") is ParameterSource.ENVIRONMENT:
        return None, PROFILE_VARIABLE
    return profile, None


def _refuse_beside_local(ctx: click.Context) -> None:
    """An option on the command line is meant; a variable may be set for other runs and is passed over."""
    kafka_only = (("profile", "--profile"), ("ca_file", "--ca-file"), ("start_from", "--start-from"))
    given = [flag for name, flag in kafka_only if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        raise click.UsageError(
            f"--local reads no Kafka: drop {' and '.join(given)}, or drop --local to read from the broker", ctx
        )


target_argument = click.argument("target", metavar="MODULE:ATTR")

profile_option = click.option(
    "--profile",
    type=click.Path(path_type=Path),
    envvar=PROFILE_VARIABLE,
    show_envvar=True,
    metavar="PATH",
    help="The connection profile of the Mister Webhooks consumer, a JSON file.",
)

ca_file_option = click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    envvar="MWH_CA_FILE",
    show_envvar=True,
    metavar="PATH",
    help="PEM file with the certificate authority to trust instead of the service's own.",
)

app_dir_option = click.option(
    "--app-dir",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default=".",
    show_default=True,
    metavar="DIR",
    help="Folder to import the app from.",
)

_DECORATORS: Sequence[Callable[[Any], Any]] = (
    target_argument,
    profile_option,
    click.option(
        "--topic",
        "topics",
        type=TopicType(),
        multiple=True,
        envvar="MWH_TOPIC",
        show_envvar=True,
        help="Topic to read; give it again for more. Default: the topics that handlers name with topic=.",
    ),
    ca_file_option,
    click.option(
        "--start-from",
        type=StartType(),
        metavar="WHERE",
        help="Where to start in partitions for which the group has no offset: earliest, latest, "
        "or an ISO 8601 time (UTC where it names no zone).",
    ),
    click.option("--burst", is_flag=True, help="Work off what is there at the start, then exit with 0."),
    click.option("--local", is_flag=True, help="No Kafka: receive webhooks over HTTP on this machine."),
    click.option(
        "--http",
        type=AddressType(),
        help="Where --local receives webhooks.  [default: 127.0.0.1:8008]",
    ),
    click.option(
        "--log-level",
        type=click.Choice(LOG_LEVELS, case_sensitive=False),
        help="What to log on stderr.  [default: info; with --local: warning]",
    ),
    click.option(
        "--check",
        is_flag=True,
        help="Load the app, check the options and the broker, print the summary, exit.",
    ),
    app_dir_option,
    click.version_option(package_name="mister-webhooks", prog_name="mwh-run", message="%(prog)s %(version)s"),
)
