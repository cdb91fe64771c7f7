"""`python -m benchmarks`: everybody side by side; `--profile PEER`: where a peer's time goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.environments import OTHERS, set_up
from benchmarks.profile import RATE, profile
from benchmarks.race import Race, say
from benchmarks.report import report
from benchmarks.roster import PEERS, REFERENCE, Peer
from benchmarks.routing import routing
from benchmarks.topics import CORPORA
from tests.broker.broker import Broker

TITLE = f"""# Where the time goes

Stacks of the threads that hold the interpreter, {RATE} times a second from start to end, by py-spy. A sample counts for
the part of the program that its innermost known function belongs to. Time in TLS and in the kernel is not in it."""

NAMES = [peer.name for peer in PEERS]


@click.group(invoke_without_command=True)
@click.option("--events", default=20_000, show_default=True, help="Events in each corpus.")
@click.option("--rounds", default=3, show_default=True, help="How often everybody runs.")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Only these peers, and the reference.")
@click.option("--corpus", "corpora", multiple=True, type=click.Choice(list(CORPORA)), help="Only these corpora.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file too.")
@click.option("--profile", "profiled", multiple=True, type=click.Choice(NAMES), help="Sample these peers; no race.")
@click.pass_context
def main(
    ctx: click.Context,
    *,
    events: int,
    rounds: int,
    only: Sequence[str],
    corpora: Sequence[str],
    output: Path | None,
    profiled: Sequence[str],
) -> None:
    """Measure this package beside its peers, on a real broker that is started for it."""
    if ctx.invoked_subcommand:
        return
    corpora = corpora or list(CORPORA)
    if profiled:
        text = run_profile(_chosen(profiled), events, corpora)
    else:
        text = run_race(_chosen([REFERENCE, *only] if only else NAMES), events, rounds, corpora)
    print(text)
    if output:
        output.write_text(text + "\n", encoding="utf-8")


main.add_command(routing)


def run_race(peers: Sequence[Peer], events: int, rounds: int, corpora: Sequence[str]) -> str:
    """The report of a whole race."""
    for environment in sorted({peer.environment for peer in peers}):
        set_up(environment)
    with arena(events, corpora) as race:
        race.warm_up(_chosen([REFERENCE])[0])
        starts = list(race.starts(peers, rounds))
        runs = list(race.rounds(peers, rounds))
        return report(peers, runs, starts, {corpus: race.topic(corpus) for corpus in corpora})


def run_profile(peers: Sequence[Peer], events: int, corpora: Sequence[str]) -> str:
    """Where the peers' time goes."""
    for environment in sorted({OTHERS, *(peer.environment for peer in peers)}):
        set_up(environment)
    with arena(events, corpora) as race:
        race.warm_up(_chosen([REFERENCE])[0])
        parts = [profile(peer, race, corpus) for corpus in corpora for peer in peers]
    return "\n\n".join([TITLE, *parts])


@contextmanager
def arena(events: int, corpora: Sequence[str]) -> Iterator[Race]:
    """A running broker with a race on it, in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="mwh-bench-") as name:
        folder = Path(name)
        broker = Broker(folder, java_options=())
        say("starting the broker")
        broker.start()
        try:
            yield Race(broker, folder, events=events, corpora=corpora)
        finally:
            broker.close()


def _chosen(names: Sequence[str]) -> list[Peer]:
    return [peer for peer in PEERS if peer.name in names]


if __name__ == "__main__":
    main()
