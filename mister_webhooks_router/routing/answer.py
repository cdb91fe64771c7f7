"""What a function of the user answered to "does this match?"."""

from __future__ import annotations

import inspect


def truth(answer: object) -> bool:
    """Whether the answer counts as true. Raises `TypeError` for a coroutine, which nobody awaits."""
    if answer is True or answer is False:
        return answer
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise TypeError("the answer of a condition must be awaited, which nobody does: make it a plain function")
    return bool(answer)
