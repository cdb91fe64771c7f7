"""Runs the installed commands as a user does: in a folder, with arguments, and looks at what comes out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from textwrap import dedent
from types import TracebackType
from typing import IO, NamedTuple, Self

COMMANDS = Path(sys.executable).parent
LIMIT = 120.0
"""Seconds after which a program counts as hanging, on a machine that is busy with other tests."""

# kafka-python reads its protocol tables in a way that only Python 3.11 and 3.12 complain of.
_WARNINGS = "error,ignore:open_text is deprecated:DeprecationWarning,ignore:read_text is deprecated:DeprecationWarning"

ONE_HANDLER = """
    from mister_webhooks_router import App

    app = App()

    @app.on()
    def everything(event):
        print("got", event.offset, flush=True)
"""


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    out: str
    err: str


class Program:
    """A running command. Leaving the block kills what still runs."""

    def __init__(
        self, command: str, *arguments: str | Path, folder: Path, env: dict[str, str | Path] | None = None
    ) -> None:
        self._process = subprocess.Popen(
            [COMMANDS / command, *arguments],
            cwd=folder,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._changed = threading.Condition()
        self._lines: dict[str, list[str]] = {"out": [], "err": []}
        self._readers = [self._reader("out", self._process.stdout), self._reader("err", self._process.stderr)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()

    @property
    def err(self) -> str:
        """What came on standard error so far."""
        return "".join(self._lines["err"])

    @property
    def out(self) -> str:
        """What came on standard output so far."""
        return "".join(self._lines["out"])

    def until(self, text: str, limit: float = LIMIT) -> str:
        """The first line, of either stream, that has the text in it."""
        deadline = time.monotonic() + limit
        with self._changed:
            while True:
                for line in (*self._lines["out"], *self._lines["err"]):
                    if text in line:
                        return line
                ended = not any(reader.is_alive() for reader in self._readers)
                if ended or not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no {text!r} came; exit code {self._process.poll()}\n{self.out}\n{self.err}")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self, limit: float = LIMIT) -> Ended:
        """Wait until it has ended."""
        try:
            code = self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running\n{self.out}\n{self.err}") from None
        for reader in self._readers:
            reader.join()
        return Ended(code, self.out, self.err)

    def _reader(self, name: str, stream: IO[str] | None) -> threading.Thread:
        thread = threading.Thread(target=self._read, args=(name, stream))
        thread.start()
        return thread

    def _read(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._lines[name].append(line)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


def environment(more: dict[str, str | Path] | None = None) -> dict[str, str]:
    """The environment of a program: ours without what belongs to `mwh`, and more."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MWH_")}
    return {**kept, "PYTHONWARNINGS": _WARNINGS, **{name: str(value) for name, value in (more or {}).items()}}


def run(command: str, *arguments: str | Path, folder: Path, env: dict[str, str | Path] | None = None) -> Ended:
    """Run a command to its end."""
    with Program(command, *arguments, folder=folder, env=env) as program:
        return program.wait()


def write_app(folder: Path, code: str = ONE_HANDLER, name: str = "app") -> None:
    """Write a module into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(dedent(code))


def problems(ended: Ended, *secrets: str) -> list[str]:
    """What no user should ever see."""
    never = ("Traceback", "Exception ignored", "Warning:", "most recent call", *secrets)
    return [text for text in never if text in ended.out + ended.err]
