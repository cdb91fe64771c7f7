"""Regular expressions with a budget: no pattern and no text can hold the program up.

The standard library's `re` backtracks without end and cannot be stopped. The `regex` package reads the same patterns
and gives up after a time (docs/decisions/0001-regular-expressions-in-filters.md).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from functools import cache
from time import thread_time
from types import ModuleType
from typing import Any

from mister_webhooks_router.errors import ExitCode, RouterError
from mister_webhooks_router.routing.json_values import show

BUDGET = 0.05
"""Seconds of CPU time that one search may take."""

EVENT_BUDGET = 0.2
"""Seconds of CPU time that all searches for one event may take: a body may hold many texts, an app many patterns."""

LONGEST_TEXT = 65_536
"""Characters of the longest text that is searched. The engine looks at its clock between steps, and one step may cross
the whole text: in a text of a million characters it stopped after 1.1 s instead of 0.05."""

_FLAGS = ("ASCII", "DOTALL", "IGNORECASE", "MULTILINE", "VERBOSE")


class _Now(threading.local):
    """What a thread searches for. The budget is set up by the first search: most events need none."""

    event: object | None = None
    budgeted: object | None = None
    left: float = 0.0


_now = _Now()

# What `regex` reads as "with so many errors"; `re` reads it as it stands.
_APPROXIMATE = re.compile(r"(?<!\\)\{[0-9<=+,\s]*[eids][0-9<=+,\seids]*(?::[^}]*)?\}")


class PatternError(ValueError):
    """The text is no regular expression. The message says what is wrong and where."""


class PatternGaveUp(RouterError):
    """It is not known whether a pattern matches. The message names it and the length of the text, never the text."""

    exit_code = ExitCode.HANDLER_FAILED


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression whose searches cannot take longer than `BUDGET`.

    Args:
        source: the expression as the user wrote it.
    """

    source: str
    _search: Any = field(repr=False, compare=False)

    def found_in(self, text: str) -> bool:
        """Whether the expression matches somewhere in the text.

        Raises:
            PatternGaveUp: it could not tell in `BUDGET` seconds or what is left of the event's, or the text is longer
                than `LONGEST_TEXT`.
        """
        if len(text) > LONGEST_TEXT:
            raise PatternGaveUp(
                f"the regular expression {show(self.source)} is not searched for in a text of {len(text)} characters; "
                f"the limit is {LONGEST_TEXT}"
            )
        event = _now.event
        if event is not _now.budgeted:
            _now.budgeted, _now.left = event, EVENT_BUDGET
        left = BUDGET if event is None else _now.left
        if left <= 0:
            raise PatternGaveUp(
                f"the regular expression {show(self.source)} is not searched for: the searches for this event took "
                f"{EVENT_BUDGET * 1000:.0f} ms already"
            )
        began = thread_time()
        try:
            # concurrent: the other threads go on meanwhile.
            return self._search(text, timeout=min(BUDGET, left), concurrent=True) is not None
        except TimeoutError:
            raise PatternGaveUp(
                f"the regular expression {show(self.source)} was given up after {min(BUDGET, left) * 1000:.0f} ms on a "
                f"text of {len(text)} characters; rewrite it without a repeat inside a repeat, as in (a+)+"
            ) from None
        finally:
            if event is not None:
                _now.left -= thread_time() - began

    def __str__(self) -> str:
        return show(self.source)


def search_for(event: object | None) -> None:
    """From now on this thread's searches are for this event and share its budget; None: each is for itself."""
    _now.event = event


def compile_pattern(source: str | re.Pattern[str]) -> Pattern:
    """Compiles a regular expression, or takes over one that `re` compiled, with its flags.

    Raises:
        PatternError: it cannot be compiled, or matches bytes.
    """
    engine = _engine()
    text, flags = (source, 0) if isinstance(source, str) else (source.pattern, _translated(source.flags))
    if not isinstance(text, str):
        raise PatternError("a pattern of bytes; write it as text, without the b")
    if found := _APPROXIMATE.search(text):
        raise PatternError(f"write \\{found[0]} for the text {found[0]}: unescaped it is no plain text everywhere")
    try:
        return Pattern(text, engine.compile(text, flags).search)
    except (engine.error, ValueError, OverflowError, RecursionError) as error:  # the engine lets through all of these
        raise PatternError(str(error)) from None


@cache
def _engine() -> ModuleType:
    # Imported on first use: it takes longer than everything else here, and most apps have no pattern.
    import regex  # noqa: PLC0415 - see above

    return regex


def _translated(flags: int) -> int:
    # The two modules number their flags differently.
    engine = _engine()
    return sum(int(getattr(engine, name)) for name in _FLAGS if flags & getattr(re, name))
