r"""Paths into a payload: `data.object.customer`, `commits.0.author`.

A dot separates the keys; `\.` is a dot in a key, `\\` a backslash, and `\$` a dollar sign (filters read a key that
starts with a bare one as an operator). Where the value is a list, a decimal number is an index, from 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from mister_webhooks_router.errors import AppError
from mister_webhooks_router.routing.json_values import MISSING, show

_MOST_KEYS = 32
_INDEX_DIGITS = 12
_ESCAPED = {".", "\\", "$"}


class PathError(AppError):
    """A path cannot be read. The message names it and says how to write it."""


@dataclass(frozen=True, slots=True)
class Path:
    """A place in a payload.

    Args:
        keys: the object keys and list indices that lead there, outermost first.
    """

    keys: tuple[str, ...]

    def get(self, payload: object, default: object = MISSING) -> object:
        """The value at the path, or `default` where there is none; null is a value.

        Lists are entered by index only: a path names one place.
        """
        value = payload
        for key in self.keys:
            value = child(value, key)
            if value is MISSING:
                return default
        return value

    def __str__(self) -> str:
        return ".".join(map(escape_key, self.keys))


def compile_path(text: str) -> Path:
    """Reads a path.

    Raises:
        PathError: the text is no string, has an empty key, a stray backslash, or more than 32 keys.
    """
    return Path(parse_path(text))


def parse_path(text: object) -> tuple[str, ...]:
    """The keys of a path; raises `PathError` as `compile_path` does."""
    if not isinstance(text, str):
        raise PathError(f"a path is a string like 'data.object.id', got {type(text).__name__}")
    keys = tuple(_split(text)) if "\\" in text else tuple(text.split("."))
    if not all(keys):
        raise PathError(rf"path {show(text)}: a key is empty; write \. for a dot that belongs to a key")
    if len(keys) > _MOST_KEYS:
        raise PathError(f"path {show(text)}: more than {_MOST_KEYS} keys")
    return keys


def child(value: object, key: str) -> object:
    """The value under `key` in an object, or at that index of a list; `MISSING` where there is none."""
    if isinstance(value, dict):
        return value.get(key, MISSING)
    if isinstance(value, list) and is_index(key) and int(key) < len(value):
        return value[int(key)]
    return MISSING


def is_index(key: str) -> bool:
    """Whether a key can be the index of a list item: a decimal number as JSON would write it."""
    return key.isascii() and key.isdigit() and len(key) <= _INDEX_DIGITS and (key == "0" or key[0] != "0")


def escape_key(key: str) -> str:
    """The key as it is written in a path."""
    key = key.replace("\\", "\\\\").replace(".", "\\.")
    return "\\" + key if key.startswith("$") else key


def _split(text: str) -> list[str]:
    keys = [""]
    characters = iter(text)
    for character in characters:
        if character == ".":
            keys.append("")
        elif character == "\\":
            keys[-1] += _escaped(next(characters, ""), text)
        else:
            keys[-1] += character
    return keys


def _escaped(character: str, text: str) -> str:
    if character not in _ESCAPED:
        raise PathError(rf"path {show(text)}: after a backslash comes a dot, a dollar sign or a backslash (\. \$ \\)")
    return character
