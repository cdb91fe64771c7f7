"""From a filter document to clauses."""

from __future__ import annotations

import difflib
from itertools import product

from mister_webhooks_router.routing.clauses import AllOf, AnyOf, Clause, Comparison, Equals, Lists, Not
from mister_webhooks_router.routing.fields import Field, Fields
from mister_webhooks_router.routing.filter_documents import FilterError
from mister_webhooks_router.routing.json_values import show
from mister_webhooks_router.routing.operators import JOINERS, OPERATORS, OperandError
from mister_webhooks_router.routing.paths import PathError, parse_path

_ELSEWHERE = {
    "$ref": "comparing two fields is for when=, which is given the event",
    "$nor": 'write {"$not": {"$or": […]}}',
    "$all": "a plain list asks for all its items",
    "$elemMatch": "an object under a list's name asks for one item that matches it",
    "$size": "the length of a list is for when=, which is given the event",
    "$type": "the kind of a value is for when=, which is given the event",
    "$options": 'flags stand in the pattern: "(?i)…"',
}


def parse_filter(document: dict[str, object], path: str) -> Clause:
    """The clause that a document asks of a body. Raises `FilterError`."""
    return _object(document, path, root=True)


def _condition(document: object, path: str, *, root: bool) -> Clause:
    if isinstance(document, dict):
        return _object(document, path, root=root)
    if isinstance(document, list):
        return _list(document, path)
    return Equals(document)


def _list(document: list[object], path: str) -> Clause:
    if not document:
        raise FilterError(path, 'an empty list asks for nothing; write {"$eq": []} for an empty list')
    wanted = tuple(_condition(item, f"{path}[{number}]", root=False) for number, item in enumerate(document))
    return Lists(document, wanted)


def _object(document: dict[str, object], path: str, *, root: bool) -> Clause:
    _check_together(document, path, root=root)
    parts = tuple(_part(key, value, f"{path}.{key}", root=root) for key, value in document.items())
    if len(parts) == 1:
        return parts[0]
    return Fields(parts, root) if any(isinstance(part, Field) for part in parts) else AllOf(parts)


def _part(key: str, value: object, path: str, *, root: bool) -> Clause:
    if not key.startswith("$"):
        return _field(key, value, path, root=root)
    if key in JOINERS:
        return _joined(key, value, path, root=root)
    if key in OPERATORS:
        return _comparison(key, value, path)
    raise FilterError(path, f"unknown operator {key}; {_instead(key)}")


def _field(key: str, value: object, path: str, *, root: bool) -> Field:
    try:
        keys = parse_path(key)
    except PathError as error:
        raise FilterError(path, str(error)) from None
    clause = _condition(value, path, root=False)
    if isinstance(clause, Field):
        # {"a": {"b": …}} is {"a.b": …}, and walked in one go.
        keys, clause = keys + clause.keys, clause.clause
    return Field(keys, clause, root)


def _joined(name: str, value: object, path: str, *, root: bool) -> Clause:
    if name == "$not":
        return _negation(value, path, root=root)
    if not isinstance(value, list) or not value:
        raise FilterError(path, f"needs a list of conditions, got {show(value)}")
    clauses = tuple(_condition(item, f"{path}[{number}]", root=root) for number, item in enumerate(value))
    return AnyOf(value, clauses) if name == "$or" else AllOf(clauses)


def _negation(value: object, path: str, *, root: bool) -> Clause:
    if isinstance(value, dict) and value.get("$exist") is True and len(value) == 1:
        raise FilterError(path, '$not needs a value, so this never matches; write {"$exist": false}')
    return Not(value, _condition(value, path, root=root))


def _comparison(name: str, operand: object, path: str) -> Clause:
    operator = OPERATORS[name]
    if not operator.fits(operand):
        raise FilterError(path, f"needs {operator.accepts}, got {show(operand)}")
    if operand == [] and name in {"$in", "$nin"}:
        raise FilterError(path, "the list is empty")
    try:
        test = operator.build(operand)
    except OperandError as error:
        raise FilterError(path, str(error)) from None
    return Comparison(name, operand, test, operator.accepts_missing(operand))


def _instead(name: str) -> str:
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    known = [*OPERATORS, *JOINERS]
    folded = {operator.lower(): operator for operator in known}
    close = difflib.get_close_matches(name.lower(), folded, n=1)
    guess = f"did you mean {folded[close[0]]}?" if close else f"there are {', '.join(known)}"
    return f"{guess} (a field of this name is written \\{name})"


def _check_together(document: dict[str, object], path: str, *, root: bool) -> None:
    """Refuses objects that nothing can match."""
    if root and "$exist" in document:
        raise FilterError(f"{path}.$exist", "the body is always there; ask for one of its fields")
    if document.get("$exist") is False and len(document) > 1:
        others = ", ".join(key for key in document if key != "$exist")
        raise FilterError(path, f'{{"$exist": false}} allows nothing beside it, and there is {others}')
    for lower, upper in product(("$gt", "$gte"), ("$lt", "$lte")):
        if lower in document and upper in document:
            _check_range(document, lower, upper, path)


def _check_range(document: dict[str, object], lower: str, upper: str, path: str) -> None:
    low, high = document[lower], document[upper]
    if isinstance(low, str) is not isinstance(high, str):
        raise FilterError(path, f"no value is both {lower} {show(low)} and {upper} {show(high)}: they differ in kind")
    if isinstance(low, int | float | str) and isinstance(high, int | float | str):
        _check_not_empty(
            low, high, f"{lower} {show(low)} and {upper} {show(high)}", path, closed=lower + upper == "$gte$lte"
        )


def _check_not_empty(low: object, high: object, both: str, path: str, *, closed: bool) -> None:
    empty = low > high or (low == high and not closed)  # type: ignore[operator]
    if empty:
        raise FilterError(path, f"no value is both {both}")
