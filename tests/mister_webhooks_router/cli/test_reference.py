"""The reference pages say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from mister_webhooks_router.cli.run import run_command

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "mwh-run.md"


def rows() -> dict[str, list[str]]:
    """The cells of the option table by the longest name of the option."""
    table = re.search(r"^\|---.*\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    assert table is not None
    found = {}
    for line in table[1].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        [*_, name] = re.findall(r"--[a-z-]+", cells[0])
        found[name] = cells
    return found


def options() -> dict[str, click.Option]:
    ctx = click.Context(run_command, info_name="mwh-run")
    return {max(one.opts, key=len): one for one in run_command.get_params(ctx) if isinstance(one, click.Option)}


def test_every_option_has_its_row() -> None:
    """The table has all options, in the order of --help, and no others."""
    assert list(rows()) == list(options())


@pytest.mark.parametrize("name", options())
def test_a_row(name: str) -> None:
    """The row has the option's short name, its variable and its kind of value."""
    option, cells = options()[name], rows()[name]

    assert all(f"`{short}" in cells[0] for short in option.opts)
    assert cells[1] == (f"`{option.envvar}`" if option.envvar else "")
    assert bool(re.search(r" [A-Z]+(:[A-Z]+)?`", cells[0])) is not option.is_flag


def test_the_help_says_where_it_is_all_explained() -> None:
    """--help has the exit codes of the reference, each once."""
    codes = re.findall(r"^\| (\d+)", (PAGE.parent / "exit-codes.md").read_text(), re.MULTILINE)

    assert re.findall(r"\b(\d+) ", (run_command.epilog or "").partition(": ")[2]) == codes
