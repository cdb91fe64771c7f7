"""Places in the user's code, for messages."""

from __future__ import annotations

import inspect
from pathlib import Path


def shown_path(file: str) -> str:
    """The path, relative to the working directory where it is below."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def place_of_call() -> str:
    """`file:line` of the call of the function that asks."""
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame and frame.f_back
    return "" if frame is None else f"{shown_path(frame.f_code.co_filename)}:{frame.f_lineno}"
