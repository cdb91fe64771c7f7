"""The compiled filter against the plainly written one, on generated documents. `FUZZ_CASES` sets how many."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, reject, settings

from mister_webhooks_router.routing.filters import Filter, FilterError, compile_filter
from tests.mister_webhooks_router.routing.filter_strategies import questions
from tests.mister_webhooks_router.routing.reference_filter import Json, reference_matches

CASES = int(os.environ.get("FUZZ_CASES", "300"))

QUICK = settings(max_examples=min(CASES, 300), deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))


@LONG
@given(question=questions())
def test_compiled_and_plain_agree(question: tuple[dict[str, Json], list[Json]]) -> None:
    """For any document and body, compiled and plain say the same, and `explain` says None exactly on a match."""
    document, bodies = question
    wanted = compiled(document)
    for body in bodies:
        matches = reference_matches(document, body)
        assert wanted.matches(body) is matches
        explanation = wanted.explain(body)
        assert (explanation is None) is matches
        assert explanation is None or (explanation.startswith("where") and "\n" not in explanation)


@QUICK
@given(left=questions(), right=questions())
def test_combined_filters_are_the_combined_documents(
    left: tuple[dict[str, Json], list[Json]], right: tuple[dict[str, Json], list[Json]]
) -> None:
    """`&`, `|` and `~` match what `and`, `or` and `not` of the two filters say, and so do their documents."""
    one, other = compiled(left[0]), compiled(right[0])
    both, either, neither = one & other, one | other, ~one

    for body in left[1] + right[1]:
        assert both.matches(body) is (one.matches(body) and other.matches(body))
        assert either.matches(body) is (one.matches(body) or other.matches(body))
        assert neither.matches(body) is not one.matches(body)
        for combined in (both, either, neither):
            assert compile_filter(combined.document).matches(body) is combined.matches(body)
            assert (combined.explain(body) is None) is combined.matches(body)


@QUICK
@given(question=questions())
def test_nested_and_dotted_paths_are_the_same(question: tuple[dict[str, Json], list[Json]]) -> None:
    """`{"a": {"b": X}}` and `{"a.b": X}` say the same of every body."""
    document, bodies = question
    compiled(document)
    nested, dotted = compile_filter({"a": {"b": document}}), compile_filter({"a.b": document})

    for inner in bodies:
        for body in ({"a": {"b": inner}}, {"a": [{"b": inner}, inner]}, {"a": inner}, inner):
            assert nested.matches(body) is dotted.matches(body)
            assert nested.explain(body) == dotted.explain(body)


def compiled(document: dict[str, Json]) -> Filter:
    """The filter; documents that are refused are drawn anew."""
    try:
        return compile_filter(document)
    except FilterError:
        reject()
