"""Filter documents once more, written plainly: no compiling, no closures, one rule after the other.

It shares no code with the package. The tests compare the two on every case in docs/reference/filters.md and on
generated documents.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value."""

NOTHING = object()
OPERATORS = {
    *("$eq", "$neq", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"),
    *("$startsWith", "$endsWith", "$regex", "$exist", "$or", "$and", "$not"),
}


def reference_matches(document: Json, body: Json) -> bool:
    """Whether the body matches the document."""
    return condition(document, body, whole_body=True)


def condition(document: Json, value: Json, *, whole_body: bool = False) -> bool:
    """Whether a value, or `NOTHING`, fulfils a condition."""
    if isinstance(document, dict):
        return object_condition(document, value, whole_body=whole_body)
    if value is NOTHING:
        return False
    if isinstance(document, list):
        return isinstance(value, list) and all(any(condition(wanted, item) for item in value) for wanted in document)
    return equal(document, value) or any(equal(document, item) for item in flat(value))


def object_condition(document: dict[str, Json], value: Json, *, whole_body: bool) -> bool:
    """Whether a value fulfils every entry of an object."""
    names = [key for key in document if key not in OPERATORS]
    if not document:
        return value is not NOTHING
    if isinstance(value, list) and names:
        return list_condition(document, value, whole_body=whole_body)
    if whole_body and names and not isinstance(value, dict):
        return False
    return all(entry(key, document[key], value, whole_body=whole_body) for key in document)


def list_condition(document: dict[str, Json], values: list[Json], *, whole_body: bool) -> bool:
    """Whether a list fulfils an object with fields: indices mean the list, the rest means one of its items."""
    names = [key for key in document if key not in OPERATORS]
    of_list = [key for key in names if is_index(split(key)[0])]
    of_item = {key: operand for key, operand in document.items() if key not in of_list}
    if len(of_list) == len(names):
        return all(entry(key, operand, values, whole_body=whole_body) for key, operand in document.items())
    return all(entry(key, document[key], values, whole_body=whole_body) for key in of_list) and any(
        object_condition(of_item, item, whole_body=whole_body) for item in flat(values)
    )


def entry(key: str, operand: Json, value: Json, *, whole_body: bool) -> bool:
    """Whether a value fulfils one entry of an object."""
    if key in OPERATORS:
        return operation(key, operand, value, whole_body=whole_body)
    first, *rest = split(key)
    inner = {".".join(escape(part) for part in rest): operand} if rest else operand
    if isinstance(value, dict):
        return condition(inner, value.get(first, NOTHING))
    if isinstance(value, list) and is_index(first):
        return condition(inner, value[int(first)] if int(first) < len(value) else NOTHING)
    return condition(inner, NOTHING)


def operation(name: str, operand: Json, value: Json, *, whole_body: bool) -> bool:  # noqa: PLR0911 - one line for each operator
    """Whether a value fulfils one operator."""
    if name == "$or":
        return any(condition(each, value, whole_body=whole_body) for each in operand)
    if name == "$and":
        return all(condition(each, value, whole_body=whole_body) for each in operand)
    if name == "$exist":
        return bool(operand) == (value is not NOTHING)
    if value is NOTHING:
        return False
    if name == "$not":
        return not condition(operand, value, whole_body=whole_body)
    if name in {"$eq", "$neq"}:
        return equal(operand, value) == (name == "$eq")
    if name in {"$in", "$nin"}:
        return member(operand, value) == (name == "$in")
    return ordered(name, operand, value) or text(name, operand, value)


def ordered(name: str, operand: Json, value: Json) -> bool:
    """The four comparisons: numbers with numbers, strings with strings."""
    if kind(operand) != kind(value) or kind(value) not in {"number", "string"}:
        return False
    return bool(
        (name == "$gt" and value > operand)
        or (name == "$gte" and value >= operand)
        or (name == "$lt" and value < operand)
        or (name == "$lte" and value <= operand)
    )


def text(name: str, operand: Json, value: Json) -> bool:
    """The three operators on strings."""
    if kind(value) != "string":
        return False
    return bool(
        (name == "$startsWith" and value[: len(operand)] == operand)
        or (name == "$endsWith" and value[max(0, len(value) - len(operand)) :] == operand)
        or (name == "$regex" and re.search(operand, value))
    )


def member(operand: Json, value: Json) -> bool:
    """Whether a value is listed, or contains something listed; a string operand is looked for in the value."""
    if isinstance(operand, str):
        found = isinstance(value, str) and value.find(operand) >= 0
        return found or (isinstance(value, list) and any(equal(operand, item) for item in value))
    listed = any(equal(choice, value) for choice in operand)
    return listed or (isinstance(value, list) and any(equal(choice, item) for choice in operand for item in value))


def equal(left: Json, right: Json) -> bool:
    """Whether two JSON values are of one kind and equal."""
    if kind(left) != kind(right):
        return False
    if kind(left) == "list":
        return len(left) == len(right) and all(equal(left[index], right[index]) for index in range(len(left)))
    if kind(left) == "object":
        return set(left) == set(right) and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def kind(value: Json) -> str:
    """The JSON kind of a value."""
    kinds = {bool: "bool", int: "number", float: "number", str: "string", list: "list", dict: "object"}
    return kinds.get(type(value), "null")


def flat(value: Json) -> list[Json]:
    """The items of a list and of the lists in it."""
    if not isinstance(value, list):
        return []
    return [leaf for item in value for leaf in (flat(item) if isinstance(item, list) else [item])]


def split(path: str) -> list[str]:
    """The keys of a path."""
    keys = re.findall(r"(?:[^.\\]|\\.)+", path)
    return [re.sub(r"\\(.)", r"\1", key) for key in keys]


def escape(key: str) -> str:
    """A key as it is written in a path."""
    return re.sub(r"([.\\$])", r"\\\1", key)


def is_index(key: str) -> bool:
    """Whether a key can be an index."""
    return re.fullmatch(r"0|[1-9][0-9]{0,11}", key) is not None
