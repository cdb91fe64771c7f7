"""Where a peer's time goes: its stacks, sampled from outside by py-spy and sorted by what they were at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from benchmarks.environments import OTHERS, bin_folder
from benchmarks.process import Figures, last_words, run
from benchmarks.race import LIMIT, Race
from benchmarks.roster import Peer

RATE = 500
"""Samples a second."""

LONGEST = 20
"""Functions that are listed."""

IMPORT = "<frozen importlib"
COMMIT = ".commit ("
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("handler", ("benchmarks/meter.py", "handle (benchmarks/")),
    ("body", ("payload.py", "decode_body", "cbor2/", "json/")),
    ("envelope", ("envelope.py", "decode_envelope", "fastavro/", "avro/")),
    ("event and headers", ("webhook_event.py", "headers.py")),
    (
        "kafka: source, network, records",
        ("kafka_source.py", "kafka_client", "/kafka/", "kafka/", "ssl.py", "<codegen_"),
    ),
    ("intake", ("intake.py",)),
    ("route", ("_router/routing/", "_router/app.py")),
    ("log", ("_router/middleware/log", "logging/")),
    ("middleware and delivery", ("_router/middleware/", "_router/delivery.py")),
    ("runner", ("_router/engine/", "mister_webhooks/client.py")),
)
REST = "other"
"""What belongs to no part: each sample goes to the part of the innermost frame that belongs to one."""


def profile(peer: Peer, race: Race, corpus: str) -> str:
    """Where the interpreter was, from start to end and in all threads, and the functions that it was in most.

    Only threads that hold the interpreter are sampled: those that wait do not, nor do TLS and the network at work.
    """
    job = race.job(peer, race.topic(corpus, legacy=peer.legacy))
    stacks, output = Path(job.folder, "stacks.txt"), Path(job.folder, "output.txt")
    spy = [str(bin_folder(OTHERS) / "py-spy"), "record", "--format", "raw", "--function", "--gil", "--rate", str(RATE)]
    command = [*spy, "--output", str(stacks), "--", *peer.command(job)]
    cost = run(command, job.to_env() | peer.variables, output, LIMIT)
    if cost.code or not stacks.exists() or Figures.read(job.result).count != job.events:
        return f"{peer.name} failed, code {cost.code}: {last_words(output)}"
    samples = dict(filter(_counts, map(_sample, stacks.read_text("utf-8").splitlines())))
    return f"## {peer.name}, {corpus}\n\nImports are left out.\n\n{_shares(samples)}\n\n{_functions(samples)}"


Stack = tuple[str, ...]
"""Frames from the outermost to the innermost, as `function (file)`."""


def _sample(line: str) -> tuple[Stack, int]:
    frames, _, count = line.rpartition(" ")
    return tuple(frames.split(";")), int(count)


def _counts(sample: tuple[Stack, int]) -> bool:
    """Whether the thread was in Python at all, which it is not at its very start and end, and not importing."""
    return any(sample[0]) and not any(IMPORT in frame for frame in sample[0])


def _shares(samples: dict[Stack, int]) -> str:
    found: Counter[str] = Counter()
    for stack, count in samples.items():
        found[_part(stack)] += count
    return _table("where", found)


def _functions(samples: dict[Stack, int]) -> str:
    found: Counter[str] = Counter()
    for stack, count in samples.items():
        found[f"`{stack[-1]}` ({_part(stack)})"] += count
    return _table("innermost function", found)


def _table(title: str, found: Counter[str]) -> str:
    whole = found.total()
    rows = [f"| {name} | {count / whole:.1%} |" for name, count in found.most_common(LONGEST)]
    return "\n".join([f"| {title} | share |", "| --- | ---: |", *rows])


def _part(stack: Stack) -> str:
    if any(COMMIT in frame for frame in stack):
        return "commit"
    for frame in reversed(stack):
        for name, fragments in PARTS:
            if any(fragment in frame for fragment in fragments):
                return name
    return REST
