"""docs/results/mistakes.md shows what mwh-run prints for mistakes in an app."""

from __future__ import annotations

import re

import pytest

from scripts.mistakes_page import COMMAND, MISTAKES, PAGE, Mistake, Printed, check, section

TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def printed() -> dict[str, Printed]:
    """What is printed for each; every app is run once for all tests."""
    return {mistake.title: check(mistake) for mistake in MISTAKES}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_the_page_shows_what_is_printed(mistake: Mistake, printed: dict[str, Printed]) -> None:
    """Each section is what comes out today; `python -m scripts.mistakes_page` writes the page anew."""
    assert section(mistake, printed[mistake.title]) in f"{TEXT}\n"


def test_the_page_has_these_mistakes_and_no_others() -> None:
    """A section for each, in order."""
    assert re.findall(r"^## (.*)$", TEXT, re.MULTILINE) == [mistake.title for mistake in MISTAKES]
    assert TEXT.count(f"$ {' '.join(COMMAND)}\n") == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_a_mistake_is_named_with_its_place(mistake: Mistake, printed: dict[str, Printed]) -> None:
    """File and line, no traceback, exit code 3; a name that only looks wrong is a warning, for senders add events."""
    text, code = printed[mistake.title]

    assert code == (0 if "WARNING" in text else 3)
    assert re.search(r"\bapp\.py:\d+: ", text)
    assert "Traceback" not in text


def test_a_correct_app_is_told_apart() -> None:
    """What the tests above see is the mistake's doing: the same file without one is as it should be."""
    text, code = check(Mistake("none", '@app.on("github:push")\ndef deploy(event): ...'))

    assert code == 0
    assert "The app is as it should be." in text
    assert "WARNING" not in text
