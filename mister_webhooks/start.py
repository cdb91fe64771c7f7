"""Where a group starts to read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypeVar

StartFrom = Literal["earliest", "latest"] | datetime
"""`"earliest"`, `"latest"`, or the first record that is not older than a datetime with a time zone."""

T = TypeVar("T")


def checked_start(start_from: StartFrom) -> StartFrom:
    """The same. Raises `ValueError` for another word, or a datetime without a time zone."""
    if not isinstance(start_from, datetime):
        return checked_choice("start_from", start_from, ("earliest", "latest"))
    if start_from.tzinfo is None:
        raise ValueError("start_from: this datetime has no time zone; use for example datetime(…, tzinfo=UTC)")
    return start_from


def checked_choice(parameter: str, value: T, allowed: Iterable[str]) -> T:
    """The same value. Raises `ValueError`, naming the parameter and what was meant, when it is not allowed."""
    allowed = tuple(allowed)
    if value in allowed:
        return value
    near = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(map(repr, allowed))}"
    raise ValueError(f"{parameter}={value!r}: {hint}")
