"""The arithmetic of the routing benchmark, and that it measures what it says."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.matching import KINDS_SENT, Job, measure
from benchmarks.peers.matching_app import app_for, make
from benchmarks.peers.matching_ifs import LOOKUPS, dispatch_for
from benchmarks.routing import APP, FORMS, Figure, bars, table


def figures(*rounds: tuple[float, float]) -> list[Figure]:
    """Of every form and each round what 10 and 1,000 handlers cost."""
    return [
        Figure(APP, form, count, number, cost)
        for number, costs in enumerate(rounds, 1)
        for form in FORMS
        for count, cost in zip((10, 1000), costs, strict=True)
    ]


def test_growth_is_taken_within_a_round() -> None:
    """A slow round that slows both down leaves the ratio as it is."""
    row = table(figures((2, 4), (10, 20), (3, 6))).splitlines()[2]

    assert row.endswith("| 3.00 (2.00-10.00) |  | 6.00 (4.00-20.00) | 2.00 (2.00-2.00) |")


def test_a_bar_holds_or_is_missed_by_its_median() -> None:
    """One bad round of three misses no bar; two do."""
    good, bad = (4.0, 4.4), (6.0, 9.0)

    assert "missed" not in bars(figures(good, bad, good))
    assert bars(figures(bad, good, bad)).count("**missed**") == 5


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_has_its_handler(form: str) -> None:
    """Each event that is sent goes to the one handler that asked for its kind; the first and the last are asked too."""
    job = Job(form, 25)
    app = app_for(job)

    assert [handler.name for kind in job.sent for handler in app.match(make(kind))] == job.sent
    assert (len(job.sent), job.sent[0], job.sent[-1]) == (KINDS_SENT, "kind_0000", "kind_0024")


@pytest.mark.parametrize("form", LOOKUPS)
def test_the_ifs_do_the_same(form: str) -> None:
    """The chain of `if`s finds the handler that the app finds."""
    job = Job(form, 25)
    dispatch = dispatch_for(job)

    assert [dispatch(make(kind)) for kind in job.sent] == job.sent


def test_wrong_answers_are_not_measured() -> None:
    """A contender that finds another handler has no figure."""
    with pytest.raises(RuntimeError, match="wrong handlers"):
        measure(Job("header", 10), make, lambda events: ["kind_0000" for _ in events])


def test_it_is_a_command_of_its_own() -> None:
    """`python -m benchmarks routing` starts no race, and so no broker."""
    result = CliRunner().invoke(main, ["routing", "--help"])

    assert result.exit_code == 0
    assert "--rounds" in result.output
    assert "--corpus" not in result.output
