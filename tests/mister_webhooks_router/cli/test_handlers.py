"""`mwh handlers`: the table and the JSON."""

from __future__ import annotations

import json
from pathlib import Path

from tests.mister_webhooks_router.cli.processes import problems, run, write_app

APP = """
    from mister_webhooks_router import App

    app = App()

    @app.on("github:push", where={"ref": "refs/heads/main"}, topic="a.b", method="POST")
    def deploy(event): ...

    @app.on(header={"X-Token": "hunter2-do-not-print"}, final=True)
    async def audit(event): ...

    @app.unmatched
    def rest(event): ...
"""


def test_the_table(tmp_path: Path) -> None:
    """Each handler has a line: what it takes, how it runs and where it stands, in the order of registration."""
    write_app(tmp_path, APP)
    ended = run("mwh", "handlers", "app:app", folder=tmp_path)

    assert (ended.code, ended.err, problems(ended, "hunter2-do-not-print")) == (0, "", [])
    assert [line.split() for line in ended.out.splitlines()] == [
        ["handler", "takes", "runs", "as", "at"],
        [
            *("deploy", "topic", "a.b;", "method", "POST;", "github:push;", "where", '{"ref":', '"refs/heads/main"}'),
            *("def", "app.py:6"),
        ],
        ["audit", "header", "X-Token", "***", "async", "def,", "final", "app.py:9"],
        ["rest", "what", "no", "other", "handler", "takes", "def", "app.py:12"],
    ]


def test_json(tmp_path: Path) -> None:
    """--json gives the same to a program."""
    write_app(tmp_path, APP)
    ended = run("mwh", "handlers", "app:app", "--json", folder=tmp_path)
    deploy, audit, rest = json.loads(ended.out)

    assert deploy == {
        "handler": "deploy",
        "takes": 'topic a.b; method POST; github:push; where {"ref": "refs/heads/main"}',
        "events": ["github:push"],
        "topics": ["a.b"],
        "methods": ["POST"],
        "async": False,
        "final": False,
        "unmatched": False,
        "at": "app.py:6",
    }
    assert (audit["async"], audit["final"], rest["unmatched"]) == (True, True, True)


def test_an_app_without_handlers(tmp_path: Path) -> None:
    """There is nothing wrong with asking: an empty list, and a word about it."""
    write_app(tmp_path, "from mister_webhooks_router import App\napp = App()")
    table, as_json = (run("mwh", "handlers", "app:app", *more, folder=tmp_path) for more in ((), ("--json",)))

    assert (table.code, table.err) == (0, "app:app has no handlers\n")
    assert json.loads(as_json.out) == []


def test_an_app_that_is_not_there(tmp_path: Path) -> None:
    """Exit code 3 and the name that was meant."""
    write_app(tmp_path, APP)
    ended = run("mwh", "handlers", "app:ap", folder=tmp_path)

    assert (ended.code, problems(ended)) == (3, [])
    assert "Did you mean 'app'?" in ended.err
