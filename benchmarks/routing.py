"""`python -m benchmarks routing`: what it costs to find the handlers of one event."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from benchmarks.environments import OTHERS, OURS, ROOT, bin_folder, set_up, versions
from benchmarks.matching import BATCH, HEADERS, KINDS_SENT, SECONDS, Job
from benchmarks.race import say
from benchmarks.report import Spread

FORMS: Final = {
    "header": '`method="POST", header={"X-GitHub-Event": …}`',
    "event": '`"github:…"`',
    "where": '`where={"ref": …}`',
    "path": '`where={"repository.full_name": …}`',
}
COUNTS: Final = (10, 100, 1000)
MOST_GROWTH: Final = 1.2
"""How much more a thousand handlers may cost than ten, where an index applies."""

MOST_MICROSECONDS: Final = 5.0
"""What ten handlers may cost."""

LIMIT: Final = 120.0


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who finds handlers: a program, its environment, the forms and numbers of handlers that it takes on."""

    name: str
    label: str
    environment: str
    forms: tuple[str, ...]
    counts: tuple[int, ...]

    def cost(self, form: str, count: int) -> float:
        """Microseconds an event, measured by a process of its own. Raises `RuntimeError` with what it said."""
        command = [str(bin_folder(self.environment) / "python"), "-m", f"benchmarks.peers.matching_{self.name}"]
        done = subprocess.run(
            [*command, Job(form, count).to_argument()],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}, {form}, {count}: {done.stderr}")
        return float(done.stdout)


APP: Final = Contender("app", "`app.match`", OURS, tuple(FORMS), COUNTS)
IFS: Final = Contender("ifs", "a chain of `if`s", OURS, ("header", "where", "path"), COUNTS)
FASTSTREAM: Final = Contender("faststream", "FastStream filters", OTHERS, ("header", "where", "path"), (10, 100))
CONTENDERS: Final = (APP, IFS, FASTSTREAM)


@dataclass(frozen=True, slots=True)
class Figure:
    """What one contender took for an event in one round."""

    contender: Contender
    form: str
    count: int
    number: int
    microseconds: float


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often everybody runs.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file too.")
def routing(*, rounds: int, output: Path | None) -> None:
    """Measure what it costs to find the handlers of one event. Needs no broker."""
    set_up(OTHERS)
    text = report(list(measured(CONTENDERS, rounds)))
    print(text)
    if output:
        output.write_text(text + "\n", encoding="utf-8")


def measured(contenders: Sequence[Contender], rounds: int) -> Iterator[Figure]:
    """Everybody in turn, round after round; within a round what is compared runs one after the other."""
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        for form in FORMS:
            for contender in contenders:
                for count in contender.counts if form in contender.forms else ():
                    yield Figure(contender, form, count, number, contender.cost(form, count))


def report(figures: Sequence[Figure]) -> str:
    """The whole report: the table, the bars, and how it was measured."""
    rounds = max(one.number for one in figures)
    machine = f"{os.cpu_count()} CPUs, {platform.system()}"
    faststream = versions(OTHERS, ("faststream",))["faststream"]
    return "\n\n".join(
        [
            "# Finding the handlers of an event",
            f"{machine}, Python {platform.python_version()}, FastStream {faststream}, {rounds} rounds.",
            COLUMNS,
            table(figures),
            bars(figures),
            METHOD,
        ]
    )


def table(figures: Sequence[Figure]) -> str:
    """One row for each form and contender."""
    head = ["handlers say", "found by", *(f"{count:,}" for count in COUNTS), "growth"]
    lines = [head, ["---", "---", *["---:"] * (len(head) - 2)]]
    lines += [
        [FORMS[form], contender.label, *(_cost(figures, contender, form, count) for count in COUNTS), growth]
        for form in FORMS
        for contender in CONTENDERS
        if (growth := _growth_text(figures, contender, form))
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bars(figures: Sequence[Figure]) -> str:
    """What is asked of `app.match`, and whether it holds."""
    lines = []
    for form in ("header", "event"):
        growth = Spread.of(_ratios(figures, APP, form, COUNTS[-1]))
        lines.append(_bar(f"{FORMS[form]}: 1,000 handlers cost as 10, times", growth, MOST_GROWTH))
    for form in ("header", "event", "where"):
        ten = Spread.of(one.microseconds for one in _of(figures, APP, form, COUNTS[0]))
        lines.append(_bar(f"{FORMS[form]}: one event among 10 handlers, µs", ten, MOST_MICROSECONDS))
    return "\n".join(["| asked for | measured | at most | |", "|---|---:|---:|---|", *lines])


def _bar(what: str, found: Spread, most: float) -> str:
    return f"| {what} | {found.text('.2f')} | {most:g} | {'holds' if found.middle <= most else '**missed**'} |"


def _of(figures: Iterable[Figure], contender: Contender, form: str, count: int) -> list[Figure]:
    return [one for one in figures if (one.contender, one.form, one.count) == (contender, form, count)]


def _cost(figures: Iterable[Figure], contender: Contender, form: str, count: int) -> str:
    found = _of(figures, contender, form, count)
    return Spread.of(one.microseconds for one in found).text(",.2f") if found else ""


def _ratios(figures: Sequence[Figure], contender: Contender, form: str, count: int) -> list[float]:
    ten = {one.number: one.microseconds for one in _of(figures, contender, form, COUNTS[0])}
    return [one.microseconds / ten[one.number] for one in _of(figures, contender, form, count)]


def _growth_text(figures: Sequence[Figure], contender: Contender, form: str) -> str:
    most = max((one.count for one in figures if (one.contender, one.form) == (contender, form)), default=0)
    return Spread.of(_ratios(figures, contender, form, most)).text(".2f") if most else ""


COLUMNS: Final = """\
Microseconds of processor time for one event: median (least-most) of the rounds. Growth: the most handlers relative to
ten, within a round."""

METHOD: Final = f"""\
## How it is measured

- Each figure comes from a process of its own, which takes batches of {BATCH} events for {SECONDS:g} s and says
  the median of their means. The garbage collector is off within a batch. All take turns within a
  round, so that what else the machine does hits everybody.
- Each handler wants a kind of event of its own, and each event goes to exactly one handler. {KINDS_SENT} kinds come
  in turn, spread evenly over the handlers from the first to the last. Every event is a new object with the
  {len(HEADERS)} headers of a GitHub webhook. An event that goes to another handler than it should ends the whole run.
- Bodies are decoded before: decoding costs all of them the same. Nobody calls a handler.
- `app.match` asks every handler that the index leaves, and finds all that match. `where` alone cannot be indexed.
- The chain of `if`s is one function that looks up the header, or the field, once, and compares it with each kind.
- FastStream is asked as its subscriber asks, in `SubscriberUsecase.process_message`: `is_suitable` of each filtered
  handler is awaited in order, up to the first that is. The filters are `async def`. Its middlewares, its parser, its
  decoder and the call are left out; the coroutines are driven by hand, without an event loop between two events.
- FastStream and the `if`s find the first handler, `app.match` all of them.
"""
