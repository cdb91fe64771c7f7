"""Filter documents as they are given: a copy of one in plain JSON types, and the error about a bad one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from mister_webhooks_router.errors import AppError
from mister_webhooks_router.routing.json_values import show

_DEEPEST = 32


class FilterError(AppError):
    """A filter document cannot work.

    Args:
        path: the place in the document: `where.count.$gt`.
        reason: what is wrong there, and what to write instead.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def copy_document(document: Mapping[str, object], path: str) -> dict[str, object]:
    """A deep copy in plain dicts, lists and scalars. Raises `FilterError` on what JSON does not have."""
    return _copy_object(document, path, 0)


def _copy_object(given: Mapping[str, object], path: str, depth: int) -> dict[str, object]:
    if depth > _DEEPEST:
        raise FilterError(path, f"more than {_DEEPEST} levels deep")
    for key in given:
        if not isinstance(key, str):
            raise FilterError(path, f"the key {show(key)} is no string")
    return {str(key): _copy(value, f"{path}.{key}", depth + 1) for key, value in given.items()}


def _copy(value: object, path: str, depth: int) -> object:
    if isinstance(value, Mapping):
        return _copy_object(value, path, depth)
    if isinstance(value, list | tuple):
        if depth > _DEEPEST:
            raise FilterError(path, f"more than {_DEEPEST} levels deep")
        return [_copy(item, f"{path}[{number}]", depth + 1) for number, item in enumerate(value)]
    if isinstance(value, re.Pattern) and not path.endswith(".$regex"):
        raise FilterError(path, 'a compiled pattern goes under {"$regex": …}')
    return _copy_scalar(value, path)


def _copy_scalar(value: object, path: str) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        raise FilterError(path, f"{value} is no JSON number")
    if value is None or isinstance(value, bool | int | float | str | re.Pattern):
        return value
    if isinstance(value, set | frozenset):
        raise FilterError(path, "a set is no JSON value; write a list")
    if callable(value):
        raise FilterError(path, "a function is no JSON value; pass it as when=, it is given the event")
    raise FilterError(
        path,
        f"{type(value).__name__} is no JSON value; allowed are strings, numbers, true, false, null, lists and objects",
    )
