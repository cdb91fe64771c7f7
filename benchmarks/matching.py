"""One measurement of matching: which events there are, and what one costs. Imports none of the libraries compared."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final, Self, TypeVar

KINDS_SENT: Final = 10
"""Different events that come, spread evenly over the handlers from the first to the last."""

BATCH: Final = 500
SECONDS: Final = 0.4
"""Processor time of one measurement."""

LEAST_BATCHES: Final = 5

# As GitHub sends them, spelled as a Go server hands them on.
HEADERS: Final[Mapping[str, str]] = {
    "Accept": "*/*",
    "Content-Length": "7324",
    "Content-Type": "application/json",
    "User-Agent": "GitHub-Hookshot/044aadd",
    "X-Github-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "X-Github-Event": "KIND",
    "X-Github-Hook-Id": "292430182",
    "X-Github-Hook-Installation-Target-Id": "79929171",
    "X-Github-Hook-Installation-Target-Type": "repository",
    "X-Hub-Signature-256": "sha256=d57c68ca6f92289e6987922ff26938930f6e66a2d161ef06abdf1859230aa23c",
}

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Job:
    """What a process measures.

    Args:
        form: how handlers say what they want, see `routing.FORMS`.
        handlers: how many of them, each for a kind of event of its own.
    """

    form: str
    handlers: int

    @classmethod
    def from_arguments(cls) -> Self:
        """The job of this process."""
        return cls(**json.loads(sys.argv[1]))

    def to_argument(self) -> str:
        """The command-line argument that carries this job."""
        return json.dumps(asdict(self))

    @property
    def kinds(self) -> list[str]:
        """What the handlers ask for, in their order."""
        return [f"kind_{number:04}" for number in range(self.handlers)]

    @property
    def sent(self) -> list[str]:
        """The kinds that come, in turn."""
        last = self.handlers - 1
        return [self.kinds[round(last * step / (KINDS_SENT - 1))] for step in range(KINDS_SENT)]


def headers_of(kind: str) -> dict[str, str]:
    """The headers of an event of this kind."""
    return {**HEADERS, "X-Github-Event": kind}


def payload_of(kind: str) -> dict[str, Any]:
    """The body of an event: its kind stands at `ref` and at `repository.full_name` too."""
    return {"ref": kind, "repository": {"id": 35129377, "full_name": kind}, "sender": {"login": "ada-k"}}


def measure(job: Job, make: Callable[[str], E], run: Callable[[Sequence[E]], list[str]]) -> float:
    """Microseconds of processor time an event: the median of batches of fresh events.

    Args:
        job: what is measured.
        make: makes an event of a kind; not measured.
        run: matches events, and says which kind each one's handler asked for.

    Raises `RuntimeError` where an event goes to another handler than it should.
    """
    kinds = (job.sent * BATCH)[:BATCH]
    if run([make(kind) for kind in kinds]) != kinds:
        raise RuntimeError(f"{job}: events went to the wrong handlers")
    costs: list[int] = []
    while sum(costs) < SECONDS * 1e9 or len(costs) < LEAST_BATCHES:
        costs.append(_cost([make(kind) for kind in kinds], run))
    return median(costs) / len(kinds) / 1e3


def _cost(events: Sequence[E], run: Callable[[Sequence[E]], object]) -> int:
    """Nanoseconds that the batch takes."""
    gc.collect()
    gc.disable()
    try:
        start = time.process_time_ns()
        run(events)
        return time.process_time_ns() - start
    finally:
        gc.enable()
