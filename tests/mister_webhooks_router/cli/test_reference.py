"""The reference pages say what the programs do."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from mister_webhooks_router.cli.program import mwh_command
from mister_webhooks_router.cli.run import run_command

FOLDER = Path(__file__).parents[3] / "docs" / "reference"
COMMANDS: dict[str, click.Command] = {"mwh-run": run_command}
COMMANDS |= {f"mwh {name}": command for name, command in mwh_command.commands.items() if command is not run_command}


def table(command: str) -> str:
    """The rows of the command's option table: it has a page of its own, or a section of the page of `mwh`."""
    page = (FOLDER / "mwh-run.md").read_text() if command == "mwh-run" else section(command)
    found = re.search(r"^\| option \|.*\n\|---.*\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert found is not None
    return found[1]


def section(command: str) -> str:
    return (FOLDER / "mwh.md").read_text().partition(f"## {command}\n")[2].partition("\n## ")[0]


def rows(command: str) -> dict[str, list[str]]:
    """The cells of the option table by the longest name of the option."""
    found = {}
    for line in table(command).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        [*_, name] = re.findall(r"--[a-z-]+", cells[0])
        found[name] = cells
    return found


def options(command: str) -> dict[str, click.Option]:
    parameters = COMMANDS[command].get_params(click.Context(COMMANDS[command], info_name=command))
    return {max(one.opts, key=len): one for one in parameters if isinstance(one, click.Option)}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_its_row(command: str) -> None:
    """The table has all options, in the order of --help, and no others."""
    assert list(rows(command)) == list(options(command))


@pytest.mark.parametrize(("command", "name"), [(command, name) for command in COMMANDS for name in options(command)])
def test_a_row(command: str, name: str) -> None:
    """The row has the option's short name, its variable and its kind of value."""
    option, cells = options(command)[name], rows(command)[name]

    assert all(f"`{short}" in cells[0] for short in option.opts)
    assert cells[1] == (f"`{option.envvar}`" if option.envvar else "")
    assert bool(re.search(r" [A-Z]+(:[A-Z]+)*`", cells[0])) is not option.is_flag


def test_every_command_is_listed() -> None:
    """The page of `mwh` names each command, and no other."""
    listed = re.findall(r"^\| \[?`mwh ([a-z-]+)`", (FOLDER / "mwh.md").read_text(), re.MULTILINE)

    assert listed == list(mwh_command.commands)


def test_the_help_says_where_it_is_all_explained() -> None:
    """--help has the exit codes of the reference, each once."""
    codes = re.findall(r"^\| (\d+)", (FOLDER / "exit-codes.md").read_text(), re.MULTILINE)

    assert re.findall(r"\b(\d+) ", (run_command.epilog or "").partition(": ")[2]) == codes
