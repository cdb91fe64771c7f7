"""Small pieces of sentences and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def count(number: int, noun: str) -> str:
    """`1 event`, `1,234 events`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(text: str, *, keep: str = "") -> str:
    """The text on one line, without characters that steer a terminal, but `keep`: headers come from strangers."""
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode() for char in text
    )


def table(rows: Sequence[Sequence[str]], *, indent: str = "  ") -> Iterable[str]:
    """Lines with the cells of each column under each other; the first row is the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield (indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
