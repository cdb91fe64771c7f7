"""Reads the tables of docs/reference/filters.md: what the page promises is what the tests run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "filters.md"


class Case(NamedTuple):
    """A row of a table that says whether a payload matches."""

    document: Any
    payload: Any
    matches: bool
    rule: str


class Explanation(NamedTuple):
    """A row of the table that says what `explain` says."""

    document: Any
    payload: Any
    text: str


class Refusal(NamedTuple):
    """A row of the table of documents that are refused."""

    document: Any
    error: str


def cases() -> list[Case]:
    """All rows that say whether a payload matches."""
    return [
        Case(json.loads(_code(document)), json.loads(_code(payload)), {"yes": True, "no": False}[matches], rule)
        for document, payload, matches, rule in _rows("filter", "payload", "matches", "rule")
    ]


def explanations() -> list[Explanation]:
    """All rows that say what `explain` says."""
    return [
        Explanation(json.loads(_code(document)), json.loads(_code(payload)), _code(text))
        for document, payload, text in _rows("filter", "payload", "text")
    ]


def refusals() -> list[Refusal]:
    """All documents that are refused, with the message."""
    return [Refusal(json.loads(_code(document)), _code(error)) for document, error in _rows("filter", "error")]


def examples() -> list[str]:
    """The Python on the page."""
    return re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def _rows(*heads: str) -> Iterator[list[str]]:
    """The rows of all tables with these column heads."""
    inside = False
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells == list(heads):
            inside = True
        elif not cells:
            inside = False
        elif inside and not set(line) <= set("|- "):
            yield cells


def _code(cell: str) -> str:
    assert cell.startswith("`"), cell
    assert cell.endswith("`"), cell
    return cell[1:-1]
