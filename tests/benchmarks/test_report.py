"""The arithmetic of the benchmarks' table."""

from __future__ import annotations

from benchmarks.process import Cost
from benchmarks.race import Run
from benchmarks.report import Table
from benchmarks.roster import PEERS, REFERENCE, Peer

HAND_WRITTEN, OTHER = (next(peer for peer in PEERS if peer.name == name) for name in (REFERENCE, "client"))


def a_run(peer: Peer, number: int, *, rate: float, cpu: float = 2.0, error: str | None = None) -> Run:
    """A run over 1,001 events: its window holds 1,000 of them."""
    return Run(peer.name, "small", number, 1001, 1000 / rate, Cost(0, cpu, 40.0), error)


def a_start(peer: Peer, cpu: float) -> Run:
    return Run(peer.name, "one event", 1, 1, 0.0, Cost(0, cpu, 30.0), None)


def cells(table: Table, row: int) -> list[str]:
    """The cells of a peer's row, without its label."""
    return [cell.strip() for cell in table.markdown().splitlines()[2 + row].strip("|").split("|")][1:]


def test_ratios_are_taken_within_a_round() -> None:
    """A slow round that slows both down leaves the ratio as it is."""
    pairs = [(1000, 500), (400, 200), (900, 450)]
    runs = [
        run
        for number, (reference, rate) in enumerate(pairs, 1)
        for run in (a_run(HAND_WRITTEN, number, rate=reference), a_run(OTHER, number, rate=rate))
    ]
    table = Table([HAND_WRITTEN, OTHER], runs, [a_start(HAND_WRITTEN, 1.0), a_start(OTHER, 1.0)])

    assert cells(table, 1)[:2] == ["450 (200-500)", "0.50 (0.50-0.50)"]


def test_processor_time_is_net_of_the_start() -> None:
    """What imports and joining cost is not charged to the events."""
    runs = [a_run(HAND_WRITTEN, 1, rate=1000, cpu=1.5), a_run(OTHER, 1, rate=1000, cpu=3.0)]
    table = Table([HAND_WRITTEN, OTHER], runs, [a_start(HAND_WRITTEN, 0.5), a_start(OTHER, 1.0)])

    assert cells(table, 1)[2:4] == ["2,000 (2,000-2,000)", "2.00 (2.00-2.00)"]


def test_a_run_that_went_wrong_leaves_no_figure() -> None:
    """One bad round spoils the peer's row, which says why, and no other."""
    runs = [
        a_run(HAND_WRITTEN, 1, rate=1000),
        a_run(OTHER, 1, rate=9000, error="saw 1 events of 2"),
        a_run(HAND_WRITTEN, 2, rate=1000),
        a_run(OTHER, 2, rate=500),
    ]
    table = Table([HAND_WRITTEN, OTHER], runs, [a_start(HAND_WRITTEN, 1.0), a_start(OTHER, 1.0)])

    assert cells(table, 0)[0] == "1,000 (1,000-1,000)"
    assert cells(table, 1) == ["**failed**: small, round 1: saw 1 events of 2", "", "", "", ""]
