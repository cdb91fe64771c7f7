"""The commands `mwh` and `mwh-run`, as they are installed."""

from __future__ import annotations

import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.mister_webhooks_router.cli.processes import COMMANDS, Program, environment, problems, run, write_app


def test_mwh_alone_shows_the_commands(tmp_path: Path) -> None:
    """`mwh` is a question, not a mistake."""
    ended = run("mwh", folder=tmp_path)

    assert ended.code == 0
    assert "run Run the App at MODULE:ATTR" in " ".join(ended.out.split())


def test_mwh_run_is_mwh_run(tmp_path: Path) -> None:
    """`mwh run` has the options of `mwh-run`."""
    first, second = (run(*command, "--help", folder=tmp_path).out for command in (("mwh", "run"), ("mwh-run",)))

    assert first.replace("mwh run", "mwh-run") == second


def test_the_examples_of_the_help(tmp_path: Path) -> None:
    """Each example stands on a line of its own, as it is typed."""
    lines = run("mwh-run", "--help", folder=tmp_path).out.splitlines()

    assert [" ".join(line.split()) for line in lines if line.startswith("  mwh-run app:app")] == [
        "mwh-run app:app --local without Kafka: receives HTTP",
        "mwh-run app:app --profile profile.json --topic incoming.a.b from the broker",
    ]


@pytest.mark.parametrize("command", ["mwh", "mwh-run"])
def test_version(command: str, tmp_path: Path) -> None:
    """--version says which, and nothing else."""
    assert run(command, "--version", folder=tmp_path).out == f"{command} {version('mister-webhooks')}\n"


def test_the_version_needs_no_kafka(tmp_path: Path) -> None:
    """kafka-python takes longer to load than everything else; what needs no broker does not load it."""
    code = "import sys, mister_webhooks_router.cli.program, mister_webhooks_router; sys.exit('kafka' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


def test_a_misspelled_command(tmp_path: Path) -> None:
    """The nearest command is named."""
    ended = run("mwh", "rnu", folder=tmp_path)

    assert ended.code == 2
    assert "Did you mean 'run'?" in ended.err


def test_a_misspelled_option(tmp_path: Path) -> None:
    """The nearest option is named."""
    ended = run("mwh-run", "app:app", "--bust", folder=tmp_path)

    assert ended.code == 2
    assert "Did you mean '--burst'?" in ended.err
    assert not problems(ended)


@pytest.mark.parametrize(
    ("command", "code"), [("--help | true", 0), ("app:app --nope 2>&1 | true", 2), ("app:app 2>&1 | true", 2)]
)
def test_a_reader_that_goes_away(command: str, code: int, tmp_path: Path) -> None:
    """`mwh-run --help | head -1` ends quietly, and a mistake keeps its exit code though nobody reads of it."""
    pipe = ["bash", "-o", "pipefail", "-c", f"{COMMANDS / 'mwh-run'} {command}"]
    ended = subprocess.run(pipe, cwd=tmp_path, capture_output=True, text=True, env=environment(), check=False)

    assert (ended.returncode, ended.stderr) == (code, "")


def test_interrupted_while_the_app_is_loaded(tmp_path: Path) -> None:
    """Ctrl-C during the start is no error: one line, exit code 130."""
    write_app(tmp_path, "import time\nprint('loading', flush=True)\ntime.sleep(100)\n")
    with Program("mwh-run", "app:app", "--local", folder=tmp_path) as program:
        program.until("loading")
        program.send(signal.SIGINT)
        ended = program.wait()

    assert (ended.code, ended.err.strip()) == (130, "mwh-run: interrupted")
