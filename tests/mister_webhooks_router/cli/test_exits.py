"""How the program ends: codes, texts and pipes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mister_webhooks import errors as client
from mister_webhooks_router import errors as router
from mister_webhooks_router.cli.exits import EXIT_CODES, exit_code, guarded
from mister_webhooks_router.errors import ExitCode

PROGRAM = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from mister_webhooks_router.cli.exits import end

if sys.argv[2] == "stuck":
    ThreadPoolExecutor().submit(threading.Event().wait)
print("last words")
end(int(sys.argv[1]))
"""

SAYING = """
from mister_webhooks_router.cli.exits import end, say

print("last words")
say("why it ends")
end(5)
"""


def below(base: type[Exception]) -> Iterator[type[Exception]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("mister_webhooks"):
            yield kind
            yield from below(kind)


@pytest.mark.parametrize(("code", "state"), [(0, "free"), (1, "free"), (75, "stuck")])
def test_the_program_ends_with_its_code_and_all_that_was_printed(code: int, state: str) -> None:
    """With 75 also where a thread is stuck that the interpreter would wait for."""
    command = [sys.executable, "-c", PROGRAM, str(code), state]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (code, "last words\n")


@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", ">full", "2>full", ">full 2>&1"])
def test_streams_that_cannot_be_written_change_no_code(streams: str, tmp_path: Path) -> None:
    """Closed at the start, or a file that cannot grow: the code says what became of the events, not of the output."""
    command = ["sh", "-c", f'ulimit -f 0; exec "$0" -c "$1" {streams}', sys.executable, SAYING]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # what is printed is written at the end
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path, env=buffered)

    assert (done.returncode, "Traceback" in done.stderr) == (5, False)


def test_streams_that_a_handler_has_closed_change_no_code() -> None:
    """As a handler may do that makes a daemon of itself."""
    program = f"import sys\nsys.stdout.close()\nsys.stderr.close()\n{SAYING}".replace('print("last words")', "")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (5, "")


@pytest.mark.parametrize("kind", [*below(client.MisterWebhooksError), *below(router.RouterError)])
def test_every_exception_has_an_exit_code(kind: type[Exception]) -> None:
    """What both packages raise on purpose never ends as a defect of the program."""
    assert exit_code(kind) is not ExitCode.INTERNAL


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (client.ProfileNotFound, ExitCode.SETTINGS),
        (client.TopicNotFound, ExitCode.BROKER),
        (client.CommitRefused, ExitCode.BROKER),
        (client.FormatError, ExitCode.MALFORMED),
        (client.EnvelopeDecodeError, ExitCode.MALFORMED),
        (client.PayloadDecodeError, ExitCode.HANDLER_FAILED),
        (router.UsageError, ExitCode.USAGE),
        (router.MiddlewareError, ExitCode.SETTINGS),
        (KeyError, ExitCode.INTERNAL),
    ],
)
def test_codes(kind: type[Exception], code: ExitCode) -> None:
    """The nearest kind in the table decides."""
    assert exit_code(kind) is code


def test_the_page_of_exit_codes() -> None:
    """docs/reference/exit-codes.md has a row for each code."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "exit-codes.md"
    rows = [line.split("|")[1].strip() for line in page.read_text().splitlines() if line.startswith("| ")]

    assert rows[1:] == [*map(str, map(int, ExitCode)), "130"]
    assert {code for _, code in EXIT_CODES} < set(ExitCode)


@pytest.fixture
def no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mwh-x"])


def ending(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    @click.command
    def command() -> None:
        raise error

    return guarded(command, "mwh-x"), capsys.readouterr().err


@pytest.mark.usefixtures("no_arguments")
def test_a_mistake_of_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    """The message and nothing else."""
    assert ending(router.UsageError("give more"), capsys) == (2, "mwh-x: give more\n")


@pytest.mark.usefixtures("no_arguments")
def test_a_defect(capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody expected ends with 70, with the whole traceback and where to report it."""
    code, text = ending(KeyError("oops"), capsys)

    assert code == 70
    assert "Traceback" in text
    assert "KeyError: 'oops'" in text
    assert "Please report it" in text


@pytest.mark.usefixtures("no_arguments")
def test_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C outside of the run."""
    assert ending(KeyboardInterrupt(), capsys) == (130, "mwh-x: interrupted\n")


@pytest.mark.usefixtures("no_arguments")
def test_a_handler_that_exits(capsys: pytest.CaptureFixture[str]) -> None:
    """sys.exit() in a handler is a failure of that handler, whatever code it asks for."""
    code, text = ending(SystemExit(0), capsys)

    assert code == 1
    assert "sys.exit(0)" in text


@pytest.mark.usefixtures("no_arguments")
def test_where_it_came_from(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """At level debug the traceback of a user's mistake is in the log."""
    with caplog.at_level(logging.DEBUG):
        ending(router.AppError("wrong"), capsys)

    assert caplog.records[0].exc_info is not None
