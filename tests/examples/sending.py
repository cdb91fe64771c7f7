"""Runs an example as a user does, and sends it samples over HTTP."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import httpx

from mister_webhooks_router.event_file import FileEvent
from mister_webhooks_router.providers import sample, sample_body
from tests.broker.waiting import wait_until
from tests.mister_webhooks_router.cli.processes import Program

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(slots=True)
class Running(AbstractContextManager["Running"]):
    """`mwh-run TARGET --local` of an example. Leaving the block stops it, which must end well."""

    target: str
    folder: Path
    _program: Program = field(init=False)
    _sent: int = 0

    def __enter__(self) -> Self:
        arguments = (self.target, "--app-dir", EXAMPLES, "--local", "--http", "127.0.0.1:0")
        self._program = Program("mwh-run", *arguments, folder=self.folder, env={"PYTHONUNBUFFERED": "1"})
        self._program.until("/in/TOPIC")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._program:
            if kind is None:
                self._program.send(signal.SIGTERM)
                assert self._program.wait().code == 0, self._program.err

    @property
    def told(self) -> list[str]:
        """What the example printed."""
        return [line.strip() for line in self._program.out.splitlines() if line.startswith("  ")]

    def send(self, event: FileEvent) -> str:
        """Send a webhook and wait for its line: each handler's result, without its time."""
        found = re.search(r"http://\S+/in/", self._program.err)
        assert found is not None
        headers = [(name, value) for name, values in event.headers.items() for value in values]
        answer = httpx.request(event.method, found[0] + event.topic, content=sample_body(event), headers=headers)
        assert answer.status_code == 202, answer.text
        self._sent += 1
        wait_until(lambda: len(self._results()) == self._sent, f"result {self._sent}")
        return self._results()[-1]

    def _results(self) -> list[str]:
        lines = re.findall(r"^\d\d:\d\d:\d\d \w+ \S+:0:\d+  (.*)$", self._program.out, re.MULTILINE)
        return [re.sub(r" [\d.]+ ms", "", line) for line in lines]


Example: TypeAlias = Callable[[str], Running]


def send(program: Running, name: str, changes: Mapping[str, Any] | None = None, *, topic: str = "") -> str:
    """Send a sample, with fields of its object changed, perhaps to another topic."""
    event = sample(name)
    payload: Any = event.payload
    if changes and "data" in payload:
        payload = {**payload, "data": {"object": {**payload["data"]["object"], **changes}}}
    elif changes:
        payload = {**payload, **changes}
    return program.send(replace(event, topic=topic or event.topic, payload=payload))
