from __future__ import annotations

import pytest

from mister_webhooks_router.errors import AppError, ExitCode
from mister_webhooks_router.routing.filters import FilterError, compile_filter
from tests.mister_webhooks_router.routing.filter_page import (
    Case,
    Explanation,
    Refusal,
    cases,
    examples,
    explanations,
    refusals,
)
from tests.mister_webhooks_router.routing.reference_filter import reference_matches


def test_the_page_has_enough_cases() -> None:
    """The reference page shows at least 150 cases, none twice, each with the rule it shows."""
    shown = [(repr(case.document), repr(case.payload)) for case in cases()]

    assert len(shown) >= 150
    assert len(set(shown)) == len(shown)
    assert all(case.rule for case in cases())
    assert len(explanations()) >= 20
    assert len(refusals()) >= 30


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.document} {case.payload}"[:80])
def test_a_case_of_the_page(case: Case) -> None:
    """A payload matches as the page says, in the plain evaluator too, and is explained where it does not."""
    wanted = compile_filter(case.document)

    assert wanted.matches(case.payload) is case.matches
    assert reference_matches(case.document, case.payload) is case.matches
    assert (wanted.explain(case.payload) is None) is case.matches


@pytest.mark.parametrize("case", explanations(), ids=lambda case: case.text[:60])
def test_an_explanation_of_the_page(case: Explanation) -> None:
    """A payload that does not match is explained in the words of the page."""
    assert compile_filter(case.document).explain(case.payload) == case.text


@pytest.mark.parametrize("case", refusals(), ids=lambda case: case.error[:60])
def test_a_refusal_of_the_page(case: Refusal) -> None:
    """A document that cannot work is refused at registration with the message of the page."""
    with pytest.raises(FilterError) as refused:
        compile_filter(case.document)

    assert str(refused.value) == case.error
    assert case.error == f"{refused.value.path}: {refused.value.reason}"
    assert isinstance(refused.value, AppError)
    assert refused.value.exit_code == ExitCode.APP


@pytest.mark.parametrize("code", examples())
def test_the_python_of_the_page_runs(code: str) -> None:
    """The examples on the page run as they stand there."""
    exec(compile(code, "filters.md", "exec"), {})
