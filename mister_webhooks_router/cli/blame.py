"""Tracebacks as the user wants them: their own code, without the frames of the program that ran it."""

from __future__ import annotations

import traceback
from pathlib import Path

_PACKAGES = (Path(__file__).parents[1], Path(__file__).parents[2] / "mister_webhooks")


def is_ours(filename: str) -> bool:
    """Whether the file is part of this distribution or of Python's import machinery."""
    if filename.startswith("<frozen importlib") or "/importlib/" in filename.replace("\\", "/"):
        return True
    return any(package in Path(filename).parents for package in _PACKAGES)


def user_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of the traceback that are neither ours nor the import machinery's, outermost first."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]


def user_traceback(error: BaseException) -> str:
    """The traceback as Python prints it, without our frames. A `SyntaxError` shows the line and the place in it."""
    report = traceback.TracebackException.from_exception(error)
    _cut(report)
    lines = list(report.format())
    if not report.stack and not report.__cause__ and not report.__context__:
        lines = list(report.format_exception_only())
    return "".join(lines).rstrip()


def _cut(report: traceback.TracebackException) -> None:
    """Remove our frames from the whole chain of causes."""
    seen: set[int] = set()
    waiting = [report]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        kept = [frame for frame in one.stack if not is_ours(frame.filename)]
        one.stack = traceback.StackSummary.from_list(kept)
        waiting += [link for link in (one.__cause__, one.__context__, *(one.exceptions or ())) if link is not None]
