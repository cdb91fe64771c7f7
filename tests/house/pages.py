"""Reads the pages of the docs: their blocks, the commands that they show, and their links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SYNOPSIS = re.compile(r"\bCOMMAND\b|\[OPTIONS\]")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the last line of prose before it."""

    language: str
    text: str
    lead: str

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, where its first line says so."""
        found = re.match(r"# (\w+\.py)\n", self.text)
        return found[1] if found and self.language == "python" else None

    @property
    def commands(self) -> list[tuple[str, str]]:
        """What is typed after each `$`, and what the block shows that it prints."""
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        return [(typed, shown) for typed, _, shown in (part.partition("\n") for part in parts)]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the docs, by its path below docs/."""

    name: str

    @property
    def path(self) -> Path:
        """Where it is."""
        return DOCS / self.name

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order."""
        pieces = re.split(r"^```(\w*)\n(.*?)^```$", self.text, flags=re.MULTILINE | re.DOTALL)
        triples = zip(pieces[::3], pieces[1::3], pieces[2::3], strict=False)
        return [Block(language, text, _last_line(prose)) for prose, language, text in triples]

    @property
    def program(self) -> str:
        """Its Python, without the blocks that are files of their own, as one module."""
        return "\n".join(one.text for one in self.blocks if one.language == "python" and one.file is None)

    @property
    def commands(self) -> list[str]:
        """What can be typed: after a `$`, and what names an app in an indented block or between backticks."""
        typed = [command for one in self.blocks if one.language == "console" for command, _ in one.commands]
        indented = re.findall(r"^    (?:\$ )?(mwh(?:-run)? .*)$", self.text, flags=re.MULTILINE)
        inline = re.findall(r"`(mwh(?:-run)? [^`]*\bapp:app\b[^`]*)`", self.text)
        return [line.partition("  ")[0] for line in [*typed, *indented, *inline] if not _SYNOPSIS.search(line)]

    @property
    def links(self) -> list[str]:
        """Where it links to in this project: a path, a fragment, or both."""
        return re.findall(r"(?<!!)\[[^\]]*\]\((?!https?:)([^)]+)\)", _without_code(self.text))

    @property
    def anchors(self) -> set[str]:
        """The fragments that its headings can be linked by."""
        headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", self.text), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pages() -> Iterator[Page]:
    """All pages below docs/."""
    for path in sorted(DOCS.rglob("*.md")):
        yield Page(str(path.relative_to(DOCS)))


def _last_line(prose: str) -> str:
    lines = prose.strip().splitlines()
    return lines[-1] if lines else ""


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", _FENCED.sub("", text))
