"""One run of one peer as a process of its own: what it counted, what it cost, and what it said when it failed."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import ROOT

PAUSE = 0.05
LAST_LINES = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """How a process ended and what the kernel says of it: user and system seconds, and peak memory in MB."""

    code: int
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a peer's meter wrote: events, the sum of their serials, and seconds from the first call to the last."""

    count: int
    total: int
    seconds: float

    @classmethod
    def read(cls, path: Path) -> Figures:
        """The figures in the file; nothing counted when there is none."""
        return cls(**json.loads(path.read_text("utf-8"))) if path.exists() else cls(0, 0, 0.0)


def run(command: Sequence[str], variables: Mapping[str, str], output: Path, limit: float) -> Cost:
    """Run a process to its end, or kill it after `limit` seconds. Its output goes to a file."""
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | variables, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
    deadline, memory = time.monotonic() + limit, 0.0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        memory = max(memory, _peak_memory(process.pid))
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(PAUSE)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(process.returncode, usage.ru_utime + usage.ru_stime, memory)


def _peak_memory(pid: int) -> float:
    """The peak so far in MB, 0 where the system does not say.

    Not from `wait4`: there a child's peak begins with what its parent held when it was started.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def last_words(output: Path) -> str:
    """The end of what a process printed."""
    return " / ".join(output.read_text("utf-8", "replace").strip().splitlines()[-LAST_LINES:])
