"""Does what a page says, step by step, and compares what comes out with what the page shows.

A block of Python that begins with `# name.py` is written to that file, a block of JSON to the file that the line before
it names. In a console block each line after a `$` is typed. A block of text is what the running `mwh-run --local`
prints.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.broker.waiting import wait_until
from tests.house.pages import Block
from tests.mister_webhooks_router.cli.processes import COMMANDS, Program, environment

SHOWN_PORT = "8008"
_TIME = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)
_TAKEN = re.compile(r"\b[\d.]+ ms$", re.MULTILINE)


class Walk:
    """One reader's way through a page, in a folder of its own. Leaving the block kills what still runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._program: Program | None = None
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._program is not None:
            self._program.__exit__(None, None, None)

    def follow(self, block: Block) -> Iterator[tuple[str, str]]:
        """Do what the block says; of each thing that the page shows, that and what came out."""
        name = block.file or _named_file(block)
        if name:
            (self._folder / name).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for typed, shown in block.commands:
                yield from self._type(typed, shown)
        elif block.language == "text":
            yield block.text, self._printed(block.text.count("\n"))

    def _type(self, typed: str, shown: str) -> Iterator[tuple[str, str]]:
        words = shlex.split(typed.replace(SHOWN_PORT, str(self._port)))
        if "--local" in words and "--check" not in words:
            self._start(words)
        elif words[0] != "pip":
            yield shown, self._run(words)

    def _start(self, words: list[str]) -> None:
        """Start it, after the one before was stopped as a reader would."""
        if self._program is not None:
            self._program.send(signal.SIGINT)
            assert self._program.wait().code == 0
        http = f"127.0.0.1:{self._port}"
        self._program = Program(*words, "--http", http, folder=self._folder, env={"PYTHONUNBUFFERED": "1"})
        self._program.until("/in/TOPIC")
        self._seen = 0

    def _run(self, words: list[str]) -> str:
        """What a command prints."""
        path = f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            words,
            cwd=self._folder,
            env=environment({"PATH": path}),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if words[0] == "curl" else subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout if done.stdout.endswith("\n") else f"{done.stdout}\n"

    def _printed(self, count: int) -> str:
        """The next lines of the running program, with times as they stand on pages."""
        assert self._program is not None
        program, wanted = self._program, self._seen + count
        wait_until(lambda: program.out.count("\n") >= wanted, f"{wanted} lines of {program.out}")
        lines = program.out.splitlines(keepends=True)[self._seen :]
        self._seen += len(lines)
        return _TAKEN.sub("0.2 ms", _TIME.sub("12:00:00 ", "".join(lines)))


def _named_file(block: Block) -> str | None:
    found = re.search(r"`([\w.]+\.jsonl)`:$", block.lead)
    return found[1] if found and block.language == "json" else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
