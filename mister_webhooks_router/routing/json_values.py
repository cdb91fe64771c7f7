"""JSON values as filters see them: what is equal, what a list holds, and how a value is shown to a person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final

SHOWN = 80
"""Values in messages are cut to so many characters."""

_LARGEST_SHOWN_BITS = 1024


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""Stands for a value that is not there (null is there)."""


def same(left: object, right: object) -> bool:
    """Whether two JSON values are equal: bool, string and number are three kinds, and 1 equals 1.0, at any depth."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def items_of(values: Iterable[object]) -> Iterator[object]:
    """The items of a list, those of the lists in it among them, in order; none of them is a list.

    It holds its own stack: how deep a sender nests lists is not to be answered with a `RecursionError`.
    """
    stack = [iter(values)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, list):
                stack.append(iter(item))
                break
            yield item
        else:
            stack.pop()


def show(value: object, limit: int = SHOWN) -> str:
    """The value as JSON on one line, cut to `limit` characters, with nothing in it that a terminal would obey.

    The work is bounded by `limit`, not by the size of the value; the same value always gives the same text.
    """
    if value is MISSING:
        return "nothing"
    if isinstance(value, str):
        return _quoted(value, limit)
    text = ""
    for piece in _pieces(value, limit):
        text += piece
        if len(text) > limit:
            return text[: limit - 1] + "…"
    return text


def cut(text: str, limit: int) -> str:
    """The text, with `…` for what is past `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _pieces(value: object, limit: int) -> Iterator[str]:
    if isinstance(value, str):
        yield _quoted(value, limit)
    elif isinstance(value, Mapping):
        yield from _object_pieces(value, limit)
    elif isinstance(value, list | tuple):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _pieces(item, limit)
        yield "]"
    else:
        yield _scalar(value)


def _object_pieces(value: Mapping[object, object], limit: int) -> Iterator[str]:
    yield "{"
    for number, (key, item) in enumerate(value.items()):
        yield ", " if number else ""
        yield _quoted(key, limit) if isinstance(key, str) else _scalar(key)
        yield ": "
        yield from _pieces(item, limit)
    yield "}"


def _quoted(text: str, limit: int) -> str:
    room = limit - 2
    text = text if len(text) <= room else text[: room - 1] + "…"
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(map(_printable, quoted))


def _printable(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]


def _scalar(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > _LARGEST_SHOWN_BITS:
        # Python refuses to write integers of more than 4,300 digits.
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value)
