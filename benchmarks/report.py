"""The table as Markdown: medians with their spread, and ratios to the hand-written loop within each round."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.environments import LEGACY, OTHERS, OURS, versions
from benchmarks.race import Run
from benchmarks.roster import REFERENCE, Peer
from benchmarks.topics import Topic
from tests.broker.kafka_process import jars

TITLES = {OURS: "Ours and the hand-written loop", OTHERS: "Others", LEGACY: "First release"}
LIBRARIES = {
    OURS: ("kafka-python", "crc32c", "fastavro", "avro", "cbor2", "uvloop", "mister-webhooks"),
    OTHERS: ("aiokafka", "confluent-kafka", "faststream"),
    LEGACY: ("mister-webhooks", "kafka-python", "avro", "cbor2"),
}

# Taken on import: from then on our own processes are in it.
LOAD_BEFORE = os.getloadavg()[0]

METHOD = """\
## How it is measured

- A real broker on loopback, SASL_SSL with PLAIN, one topic of one partition for each corpus. Every event carries its
  serial number in the body; every handler reads it.
- Each peer is a process of its own with a consumer group of its own that reads the whole topic from the start, decodes
  envelope and body and commits every second or every 1,000 events. All take part in turn, round after round, once the
  broker is warm.
- **events/s**: over the window from the first call of the handler to the last, median (least-most) of the rounds.
- **ratio**: events/s relative to the hand-written loop of the same round and corpus, median (least-most).
- **CPU µs/event**: user and system time of the whole process, less the same of a run over a single event (imports,
  joining, leaving), a further event; median (least-most). **CPU ratio**: relative to the hand-written loop, as above.
- **MB**: peak memory, median.
- A run counts only if the process ended well, the handler saw every event once (number and sum of the serials) and the
  group's committed offset is the end of the topic. Otherwise the row says what was wrong.
- The hand-written loop, avro apart, decodes with fastavro and cbor2; the aiokafka loop and FastStream run on uvloop.
  FastStream acknowledges first and commits on a timer, its default.
- (1) `mister-webhooks` 1.0.0 cannot read events with HTTP headers. It gets a tenth of the events, without them.
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the ends of some figures."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one figure."""
        found = sorted(values)
        return cls(median(found), found[0], found[-1])

    def text(self, form: str) -> str:
        """`middle (least-most)`, each in the given format."""
        return f"{self.middle:{form}} ({self.least:{form}}-{self.most:{form}})"


class Table:
    """One corpus' rows. `runs` are of this corpus; `starts` are those over a single event."""

    def __init__(self, peers: Sequence[Peer], runs: Iterable[Run], starts: Iterable[Run]) -> None:
        self._peers = peers
        self._runs = _by_peer(runs)
        self._starts = _by_peer(starts)

    def markdown(self) -> str:
        """The table."""
        head = ["", "events/s", "ratio", "CPU µs/event", "CPU ratio", "MB"]
        rows = [head, ["---", *["---:"] * (len(head) - 1)], *(self._row(peer) for peer in self._peers)]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def _row(self, peer: Peer) -> list[str]:
        runs = self._runs[peer.name]
        every = [*runs, *self._starts[peer.name]]
        errors = [f"{run.corpus}, round {run.number}: {run.error}" for run in every if run.error]
        if errors:
            return [peer.label, f"**failed**: {'; '.join(errors)}", "", "", "", ""]
        return [
            peer.label,
            Spread.of(run.rate for run in runs).text(",.0f"),
            self._relative(runs, lambda run: run.rate),
            Spread.of(map(self._cpu, runs)).text(",.0f"),
            self._relative(runs, self._cpu),
            f"{median(run.cost.memory for run in runs):.0f}",
        ]

    def _cpu(self, run: Run) -> float:
        """Microseconds of processor time that a further event costs."""
        start = median(start.cost.cpu for start in self._starts[run.peer])
        return (run.cost.cpu - start) / (run.events - 1) * 1e6

    def _relative(self, runs: Iterable[Run], figure: Callable[[Run], float]) -> str:
        reference = {run.number: figure(run) for run in self._runs[REFERENCE] if not run.error}
        ratios = [figure(run) / reference[run.number] for run in runs if run.number in reference]
        return Spread.of(ratios).text(".2f") if ratios else "no reference"


def report(peers: Sequence[Peer], runs: Sequence[Run], starts: Sequence[Run], topics: Mapping[str, Topic]) -> str:
    """The whole report: where and on what it ran, a table for each corpus, and how it was measured."""
    environments = [name for name in LIBRARIES if any(peer.environment == name for peer in peers)]
    parts = ["# Reading a topic, side by side", facts(max(run.number for run in runs), environments)]
    for corpus, topic in topics.items():
        table = Table(peers, (run for run in runs if run.corpus == corpus), starts)
        parts += [f"## {corpus}", description(topic), table.markdown()]
    return "\n\n".join([*parts, METHOD])


def facts(rounds: int, environments: Iterable[str]) -> str:
    """The machine, how busy it was without us, and the versions."""
    lines = [
        f"{os.cpu_count()} CPUs, {platform.system()}, Python {platform.python_version()}, {rounds} rounds.",
        f"Load average before the start: {LOAD_BEFORE:.1f}; the figures are good where it is near 0.",
        f"Broker: Apache Kafka {jars().parent.name.removeprefix('kafka-')}, one node.",
        *(_line(environment, LIBRARIES[environment]) for environment in environments),
    ]
    return "\n".join(f"- {line}" for line in lines)


def description(topic: Topic) -> str:
    """What the corpus' events are like."""
    return (
        f"{topic.events:,} events; bodies of {topic.body_size:,.0f} bytes of JSON in the mean, records of "
        f"{topic.record_size:,.0f}; {topic.cbor:.0%} were smaller as CBOR and are CBOR, the others JSON."
    )


def _line(environment: str, names: tuple[str, ...]) -> str:
    found = ", ".join(f"{name} {number}" for name, number in versions(environment, names).items())
    return f"{TITLES[environment]}: {found}."


def _by_peer(runs: Iterable[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.peer, []).append(run)
    return found
