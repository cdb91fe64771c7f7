"""Who takes part, where each lives and how it is started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.environments import LEGACY, OTHERS, OURS, bin_folder
from benchmarks.job import Job

Arguments = Callable[[Job], list[str]]


@dataclass(frozen=True, slots=True)
class Peer:
    """One participant: `arguments` gives its command line without the program."""

    name: str
    label: str
    environment: str
    program: str
    arguments: Arguments
    variables: dict[str, str] = field(default_factory=dict)
    legacy: bool = False
    """Reads events without HTTP headers only, starts at the latest offset and commits each event."""

    def command(self, job: Job) -> list[str]:
        """The whole command line."""
        return [str(bin_folder(self.environment) / self.program), *self.arguments(job)]


def _module(name: str, *arguments: str) -> Arguments:
    return lambda _job: ["-P", "-m", f"benchmarks.peers.{name}", *arguments]


def _mwh_run(app: str, *options: str) -> Arguments:
    def arguments(job: Job) -> list[str]:
        where = ["--profile", str(job.profile), "--ca-file", job.ca_file, "--topic", job.topic]
        return [f"benchmarks.peers.{app}:app", "--burst", *where, *options]

    return arguments


def _faststream(_job: Job) -> list[str]:
    return ["run", "benchmarks.peers.faststream_app:app"]


REFERENCE = "hand-written"

PEERS = (
    Peer(REFERENCE, "hand-written loop, kafka-python and fastavro", OURS, "python", _module("hand_written")),
    Peer("hand-written-avro", "the same with avro", OURS, "python", _module("hand_written", "avro")),
    Peer("aiokafka", "aiokafka loop", OTHERS, "python", _module("aiokafka_loop")),
    Peer("confluent-kafka", "confluent-kafka loop", OTHERS, "python", _module("confluent_loop")),
    Peer("faststream-async", "FastStream, `async def`", OTHERS, "faststream", _faststream, {"BENCH_HANDLER": "async"}),
    Peer("faststream-def", "FastStream, `def`", OTHERS, "faststream", _faststream, {"BENCH_HANDLER": "def"}),
    Peer("legacy", "mister-webhooks 1.0.0 (1)", LEGACY, "python", _module("legacy_client"), legacy=True),
    Peer("client", "**our client**, `run(callback)`", OURS, "python", _module("plain_client")),
    Peer("mwh-run-async", "**`mwh-run --burst`**, `async def`", OURS, "mwh-run", _mwh_run("app_async")),
    Peer("mwh-run-def", "**`mwh-run --burst`**, `def`", OURS, "mwh-run", _mwh_run("app_def")),
)
