"""`mwh explain`: the text for every kind of clause, the same as the API's, and what is said where there is no event."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from mister_webhooks import HTTPMethod
from mister_webhooks_router.cli.importer import load_app, parse_target
from mister_webhooks_router.event_file import FileEvent, write_events
from mister_webhooks_router.match import Match, Matched, NotMatched, Undecided
from mister_webhooks_router.providers import sample_event
from tests.mister_webhooks_router.cli.processes import COMMANDS, Ended, environment, problems, run, write_app

SECRET = "hunter2-do-not-print"

MISSES: dict[str, tuple[str, str]] = {
    "topic": ('topic="incoming.acme.pay"', 'topic: expected "incoming.acme.pay", got "incoming.acme.github"'),
    "topics": ('topic=["a.b", "c.d"]', 'topic: expected "a.b" or "c.d", got "incoming.acme.github"'),
    "method": ('method=["PUT", "PATCH"]', 'method: expected "PUT" or "PATCH", got "POST"'),
    "header": ('header={"x-github-event": "star"}', 'header.x-github-event: expected "star", got "push"'),
    "header regex": (
        'header={"X-GitHub-Event": re.compile("^pull_")}',
        'header.X-GitHub-Event: expected /^pull_/, got "push"',
    ),
    "header ANY": ('header={"X-No": ANY}', "header.X-No: expected ANY, but the event has no such header"),
    "header ABSENT": ('header={"X-GitHub-Event": ABSENT}', 'header.X-GitHub-Event: expected ABSENT, got "push"'),
    "header function": (
        'header={"X-GitHub-Event": str.isupper}',
        'header.X-GitHub-Event: expected str.isupper, got "push"',
    ),
    "header list": (
        'header={"X-GitHub-Event": ["star", re.compile("^fork$")]}',
        'header.X-GitHub-Event: expected "star" or /^fork$/, got "push"',
    ),
    "header secret": (
        f'header={{"X-Hub-Signature-256": "{SECRET}"}}',
        "header.X-Hub-Signature-256: expected ***, got ***",
    ),
    "event": ('"github:star"', 'event: expected "github:star", got "github:push"'),
    "event action": ('"github:push.created"', 'event: expected "github:push.created", got "github:push"'),
    "event glob": ('"github:pull_request.*"', 'event: expected "github:pull_request.*", got "github:push"'),
    "events": ('"github:star", "stripe:*"', 'event: expected "github:star" or "stripe:*", got "github:push"'),
    "where": (
        'where={"ref": "refs/heads/dev"}',
        'where.ref: expected "refs/heads/dev", got "refs/heads/main"',
    ),
    "where second": (
        'where={"forced": False, "owner": {"login": "nobody"}}',
        'where.owner.login: expected "nobody", got "acme"',
    ),
    "where absent": (
        'where={"nothing.here": 1}',
        "where.nothing.here: expected 1, got nothing (there is no where.nothing)",
    ),
    "where kind": ('where={"forced": 0}', "where.forced: expected 0, got false"),
    "where gt": ('where={"size": {"$gt": 5}}', "where.size: expected $gt 5, got 2"),
    "where in": (
        'where={"ref": {"$in": ["a", "b"]}}',
        'where.ref: expected $in ["a", "b"], got "refs/heads/main"',
    ),
    "where regex": (
        'where={"ref": {"$regex": "^refs/tags/"}}',
        'where.ref: expected $regex "^refs/tags/", got "refs/heads/main"',
    ),
    "where exist": ('where={"size": {"$exist": False}}', "where.size: expected $exist false, got 2"),
    "where or": (
        'where={"$or": [{"size": 3}, {"forced": True}]}',
        "where: no part of $or holds: where.size: expected 3, got 2; where.forced: expected true, got false",
    ),
    "where not": (
        'where={"size": {"$not": 2}}',
        "where.size: expected $not 2, got 2",
    ),
    "when": ("when=on_saturday", "when: on_saturday returned False"),
    "the first of several": (
        '"github:push", where={"size": 2}, header={"X-No": ANY}',
        "header.X-No: expected ANY, but the event has no such header",
    ),
}
"""By the name of a handler: what it asks, and why it does not get the event."""

CODE = "; ".join(f"app.on({asked}, name={name!r})(nothing)" for name, (asked, _) in MISSES.items())

APP = f"""
    import re
    from mister_webhooks_router import ABSENT, ANY, App

    app = App()

    def on_saturday(event):
        return event.timestamp.weekday() == 5

    def broken(event):
        raise LookupError("no such table")

    def nothing(log): ...

    {CODE}
    app.on(when=broken, name="broken")(nothing)
    app.on(final=True, name="the last")(nothing)
    app.on(name="behind it")(nothing)
    app.unmatched(name="the rest")(nothing)
"""

REASONS = {
    **{name: reason for name, (_, reason) in MISSES.items()},
    "behind it": "after the final handler 'the last'",
    "the rest": "unmatched: expected an event that no other handler takes, got one that is taken",
}

PUSH = FileEvent(
    "incoming.acme.github",
    datetime(2026, 11, 20, 8, tzinfo=UTC),
    HTTPMethod.POST,
    {"X-GitHub-Event": ["push"], "X-GitHub-Delivery": ["1"], "X-Hub-Signature-256": [SECRET[::-1]]},
    {"ref": "refs/heads/main", "size": 2, "forced": False, "owner": {"login": "acme"}},
)


class Said(NamedTuple):
    """What was said of the event: by the API, by `--json`, and on the terminal line by line."""

    api: dict[str, Match]
    json: dict[str, dict[str, str]]
    lines: list[str]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """One event, explained in this process and by two programs."""
    folder = tmp_path_factory.mktemp("explained")
    write_app(folder, APP, name="explained_app")
    write_events(folder / "push.jsonl", [PUSH])
    ended = [explain(folder, "--event", "push.jsonl", *more, app="explained_app:app") for more in ((), ("--json",))]
    app = load_app(parse_target("explained_app:app"), folder)
    return Said(
        {one.handler.name: one.match for one in app.explain(sample_event(PUSH))},
        {one["handler"]: one for one in json.loads(ended[1].out)["handlers"]},
        ended[0].out.splitlines(),
    )


def explain(folder: Path, *options: str, app: str = "app:app", code: int = 0) -> Ended:
    ended = run("mwh", "explain", app, *options, folder=folder)
    assert ended.code == code, ended.err
    assert problems(ended, SECRET, SECRET[::-1]) == []
    return ended


def line_of(name: str, said: Said) -> str:
    [line] = [line for line in said.lines if re.match(rf"  {re.escape(name)}  ", line)]
    return line


@pytest.mark.parametrize("name", REASONS)
def test_a_near_miss(name: str, said: Said) -> None:
    """The first clause that the event does not fulfil, with what is there instead: one text, whoever is asked."""
    reason = REASONS[name]

    assert said.api[name] == NotMatched(reason)
    assert (said.json[name]["match"], said.json[name]["reason"]) == ("not matched", reason)
    assert line_of(name, said).endswith(f"  not matched: {reason}")


def test_a_match(said: Said) -> None:
    """A handler that would get the event is said to match, without a reason."""
    assert said.api["the last"] == Matched()
    assert {**said.json["the last"], "at": "…"} == {"handler": "the last", "at": "…", "match": "matched"}
    assert line_of("the last", said).endswith("  matched")


def test_a_condition_that_raises(said: Said) -> None:
    """It is said to fail, at which stage and with what."""
    reason = "LookupError: no such table"

    assert said.api["broken"] == Undecided("match", reason)
    assert {**said.json["broken"], "at": "…"} == {
        "handler": "broken",
        "at": "…",
        "match": "failed",
        "stage": "match",
        "reason": reason,
    }
    assert line_of("broken", said).endswith(f"  failed (stage match): {reason}")


def test_the_heading(said: Said) -> None:
    """The event is named first, then come the handlers in their order."""
    assert said.lines[0] == "incoming.acme.github  2026-11-20T08:00:00.000Z  POST  github:push"
    assert [line.split("  ")[1] for line in said.lines[2:]] == list(said.api)


ONE_EVENT = """
    from mister_webhooks_router import App

    app = App(providers={"incoming.acme.pay": "adyen"})

    @app.on("github:star")
    def star(event): ...

    app.ignore("github:fork")
"""


def test_an_event_that_nobody_takes(tmp_path: Path) -> None:
    """A line to paste says what would take it; events of a file are told apart by an empty line."""
    write_app(tmp_path, ONE_EVENT)
    write_events(tmp_path / "two.jsonl", [PUSH, replace(PUSH, headers={}, topic="a.b")])
    first, second = explain(tmp_path, "--event", "two.jsonl").out.split("\n\n")

    assert first.splitlines()[-1] == '  A handler would take it with @app.on("github:push")'
    assert second.splitlines() == [
        "a.b  2026-11-20T08:00:00.000Z  POST",
        "  handler  at        this event",
        '  star     app.py:6  not matched: event: expected "github:star", but nothing tells who sent the event',
        '  A handler would take it with @app.on(method="POST", topic="a.b")',
    ]


def test_standard_input(tmp_path: Path) -> None:
    """`--event -` reads what another program writes, as `mwh tail`."""
    write_app(tmp_path, ONE_EVENT)
    command: list[str | Path] = [COMMANDS / "mwh", "explain", "app:app", "--event", "-", "--json"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment(), input=PUSH.to_line(), capture_output=True, text=True, check=True
    )

    assert json.loads(ended.stdout)["event"] == "push"


@pytest.mark.parametrize(
    ("options", "last"),
    [
        (("--sample", "github:star"), "  star     app.py:6  matched"),
        (("--sample", "github:ping"), "  It is a handshake, which only checks the address."),
        (("--sample", "github:fork"), "  It is ignored, as the app says."),
        (
            ("--sample", "adyen:REFUND", "--topic", "incoming.acme.pay"),
            '  A handler would take it with @app.on("adyen:REFUND")',
        ),
    ],
)
def test_a_sample(options: tuple[str, ...], last: str, tmp_path: Path) -> None:
    """A sample is asked for by its event, and can be said to come from a topic of the app."""
    write_app(tmp_path, ONE_EVENT)

    assert explain(tmp_path, *options).out.splitlines()[-1] == last


NO_EVENT: dict[str, tuple[tuple[str, ...], str]] = {
    "no source": ((), "Give one of --event FILE, --at TOPIC:PARTITION:OFFSET, --sample PROVIDER:EVENT"),
    "two sources": (("--event", "x", "--sample", "github:push"), "which event? Give one of --event"),
    "no profile": (("--at", "a.b:0:1"), "--at reads from the broker: give --profile"),
    "at and topic": (("--at", "a.b:0:1", "--topic", "c.d"), "drop --topic"),
    "two topics": (("--sample", "github:push", "--topic", "a.b c.d"), "one topic at a time"),
    "no place": (("--at", "a.b:1"), "'a.b:1' is not TOPIC:PARTITION:OFFSET"),
    "no file": (("--event", "none.jsonl"), "none.jsonl: No such file"),
    "an empty file": (("--event", "empty.jsonl"), "empty.jsonl: there is no event in it"),
    "a bad line": (("--event", "bad.jsonl"), "bad.jsonl:2: the field 'topic' is missing"),
    "a misspelled sample": (("--sample", "github:psuh"), "Did you mean 'github:push'? There are: github:ping, "),
    "a misspelled sender": (("--sample", "gihub:push"), "there is no provider 'gihub'. Did you mean 'github'?"),
}


@pytest.mark.parametrize("name", NO_EVENT)
def test_no_event(name: str, tmp_path: Path) -> None:
    """Exit code 2, and what to give instead."""
    options, told = NO_EVENT[name]
    write_app(tmp_path, ONE_EVENT)
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "bad.jsonl").write_text(f"{PUSH.to_line()}\n{{}}\n")

    assert told in explain(tmp_path, *options, code=2).err


def test_an_app_that_cannot_be_loaded(tmp_path: Path) -> None:
    """It is the app's mistake: exit code 3."""
    write_app(tmp_path, "app = 3")

    assert "app:app is no App" in explain(tmp_path, "--sample", "github:push", code=3).err
