"""`mwh tail` before it connects: the options, and what is said of wrong ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from mister_webhooks_router.cli.tail import tail_command
from tests.mister_webhooks_router.cli.processes import problems, run


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MWH_PROFILE", "MWH_CA_FILE"):
        monkeypatch.delenv(name, raising=False)


def read(*options: str) -> dict[str, Any]:
    return tail_command.make_context("mwh tail", ["a.b", *options]).params


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("earliest", "earliest"),
        ("latest", "latest"),
        ("0", 0),
        ("20261120", 20261120),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T10:00+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
    ],
)
def test_where_to_start(text: str, start: object) -> None:
    """A word, a time in UTC where it names no zone, or digits, which are an offset."""
    assert read("--from", text)["start"] == start


def test_the_default() -> None:
    """Without options only new events are shown, all of them, secrets masked."""
    found = read()

    assert (found["start"], found["where"], found["count"]) == ("latest", None, None)
    assert (found["burst"], found["as_json"], found["show_secrets"]) == (False, False, False)


def test_a_filter_from_a_file(tmp_path: Path) -> None:
    """`@FILE` reads the filter from the file."""
    (tmp_path / "filter.json").write_text('{"n": {"$gt": 1}}')
    where = read("--where", f"@{tmp_path / 'filter.json'}")["where"]

    assert [where.matches({"n": number}) for number in (1, 2)] == [False, True]


MISTAKES = {
    "no JSON": (("--where", "{ref: 1}"), "this is no JSON: "),
    "no filter": (("--where", "3"), "where: a filter is a mapping"),
    "an operator": (("--where", '{"n": {"$gte ": 1}}'), "where.n"),
    "no file": (("--where", "@none.json"), "none.json: No such file"),
    "no start": (("--from", "yesterday"), "'yesterday' is neither 'earliest' nor 'latest' nor a time"),
    "no count": (("--count", "0"), "0 is not in the range x>=1"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake(name: str) -> None:
    """A wrong value is refused before anything is read, and the message says what is wrong with it."""
    options, told = MISTAKES[name]
    with pytest.raises(click.BadParameter) as caught:
        read(*options)

    assert told in caught.value.format_message()
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("a.b",), "which broker? Give --profile profile.json, or set MWH_PROFILE"),
        (("a.b,c.d", "--profile", "x"), "one topic at a time"),
        (("a/b", "--profile", "x"), "'a/b' can be no topic"),
    ],
)
def test_what_is_missing_or_too_much(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """Exit code 2, and what to give instead."""
    ended = run("mwh", "tail", *arguments, folder=tmp_path)

    assert (ended.code, ended.out, problems(ended)) == (2, "", [])
    assert told in ended.err


def test_a_time_is_no_offset() -> None:
    """Times are compared as moments, whichever zone they are written in."""
    start = read("--from", "2026-11-20T10:00+02:00")["start"]

    assert start - read("--from", "2026-11-20T07:00")["start"] == timedelta(hours=1)
