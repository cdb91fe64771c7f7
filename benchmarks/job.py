"""What the bench tells a peer's process: where to read, as whom, and how much there is."""

from __future__ import annotations

import atexit
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from benchmarks.meter import Meter

VARIABLE = "BENCH_JOB"


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one peer. As JSON in the environment: some peers are started by a program of their own."""

    bootstrap: str
    ca_file: str
    topic: str
    group: str
    secret: str
    events: int
    folder: str

    @property
    def result(self) -> Path:
        """Where the meter leaves its figures."""
        return Path(self.folder) / "result.json"

    @property
    def profile(self) -> Path:
        """The connection profile of `group`, in the service's form."""
        return Path(self.folder) / "profile.json"

    @classmethod
    def from_env(cls) -> Self:
        """The job of this process."""
        return cls(**json.loads(os.environ[VARIABLE]))

    def to_env(self) -> dict[str, str]:
        """The environment variable that carries this job."""
        return {VARIABLE: json.dumps(asdict(self))}

    def meter(self) -> Meter:
        """A meter whose figures are written when the process ends."""
        meter = Meter(self.events)
        atexit.register(meter.write, self.result)
        return meter
