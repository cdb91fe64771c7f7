"""Where to start, as it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mister_webhooks.start import StartFrom, checked_choice, checked_start


@pytest.mark.parametrize("start_from", ["earliest", "latest", datetime(2026, 1, 1, tzinfo=UTC)])
def test_what_is_allowed_is_returned(start_from: StartFrom) -> None:
    """Unchanged."""
    assert checked_start(start_from) is start_from


def test_a_misspelled_word_is_answered_with_the_right_one() -> None:
    """And one that is like none of them with all of them."""
    with pytest.raises(ValueError, match="start_from='lastest': did you mean 'latest'"):
        checked_start("lastest")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="size='x': use one of 'small', 'large'"):
        checked_choice("size", "x", ["small", "large"])


def test_a_moment_needs_a_time_zone() -> None:
    """Else it would be another moment on another machine."""
    with pytest.raises(ValueError, match="no time zone"):
        checked_start(datetime.fromisoformat("2026-01-01T12:00"))
