"""The operators that look at one value: `$eq`, `$gt`, `$in`, … Each is a row in `OPERATORS`.

An operator looks at the value as a whole, at a list as a list. `$or`, `$and` and `$not` join conditions; they stand in
clauses.py.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from mister_webhooks_router.routing.json_values import same
from mister_webhooks_router.routing.patterns import Pattern, PatternError, compile_pattern

Test: TypeAlias = Callable[[object], bool]
"""Whether a value that is there passes."""


class OperandError(ValueError):
    """The operand does not fit its operator. The message completes "…: "."""


@dataclass(frozen=True, slots=True)
class Operator:
    """What one operator name means.

    Args:
        accepts: completes "needs …" in the error about a wrong operand.
        fits: whether an operand is of the right kind.
        build: makes the test from the operand; raises `OperandError` on what `fits` cannot see.
        accepts_missing: whether the condition holds where there is no value.
    """

    accepts: str
    fits: Callable[[Any], bool]
    build: Callable[[Any], Test]
    accepts_missing: Callable[[Any], bool] = lambda _: False


def number(value: object) -> bool:
    """Whether a value is a JSON number; a bool is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def equality(expected: object) -> Test:
    """The test whether a value equals `expected`: 1 equals 1.0, true equals true only."""
    # The commonest are functions of C: a call of one of Python costs as much as all else that a plain field needs.
    if expected is None or isinstance(expected, bool):
        return functools.partial(operator.is_, expected)
    if isinstance(expected, str):
        return functools.partial(operator.eq, expected)
    if isinstance(expected, int | float):
        return lambda value: value == expected and not isinstance(value, bool)
    return lambda value: same(value, expected)


def _difference(expected: object) -> Test:
    equal = equality(expected)
    return lambda value: not equal(value)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def build(bound: Any) -> Test:  # noqa: ANN401 - a number or a string, as `fits` saw
        if isinstance(bound, str):
            return lambda value: isinstance(value, str) and compare(value, bound)
        return lambda value: number(value) and compare(value, bound)

    return build


def _membership(operand: Any) -> Test:  # noqa: ANN401 - a list or a string, as `fits` saw
    return _contains(operand) if isinstance(operand, str) else _one_of(operand)


def _contains(part: str) -> Test:
    # For a string this asks for a part of it, for a list it asks for an item.
    return lambda value: isinstance(value, str | list) and part in value


def _one_of(choices: list[object]) -> Test:
    strings = frozenset(choice for choice in choices if isinstance(choice, str))
    others = tuple(equality(choice) for choice in choices if not isinstance(choice, str))

    def listed(value: object) -> bool:
        if isinstance(value, str):
            return value in strings
        return any(equal(value) for equal in others)

    def test(value: object) -> bool:
        return listed(value) or (isinstance(value, list) and any(map(listed, value)))

    return test


def _no_membership(operand: Any) -> Test:  # noqa: ANN401 - as `_membership`
    member = _membership(operand)
    return lambda value: not member(value)


def _starts_with(start: str) -> Test:
    return lambda value: isinstance(value, str) and value.startswith(start)


def _ends_with(end: str) -> Test:
    return lambda value: isinstance(value, str) and value.endswith(end)


def _regex(source: str | re.Pattern[str]) -> Test:
    try:
        pattern: Pattern = compile_pattern(source)
    except PatternError as error:
        raise OperandError(f"no regular expression: {error}") from None
    return lambda value: isinstance(value, str) and pattern.found_in(value)


def _existence(wanted: bool) -> Test:  # noqa: FBT001 - the operand of `$exist`
    return lambda _: wanted


def _comparable(operand: object) -> bool:
    return isinstance(operand, str) or number(operand)


def _string(operand: object) -> bool:
    return isinstance(operand, str)


_BOUND = "a number or a string"
_CHOICES = "a list of values, or a string to look for"

OPERATORS: dict[str, Operator] = {
    "$eq": Operator("a value", lambda _: True, equality),
    "$neq": Operator("a value", lambda _: True, _difference),
    "$gt": Operator(_BOUND, _comparable, _comparison(operator.gt)),
    "$gte": Operator(_BOUND, _comparable, _comparison(operator.ge)),
    "$lt": Operator(_BOUND, _comparable, _comparison(operator.lt)),
    "$lte": Operator(_BOUND, _comparable, _comparison(operator.le)),
    "$in": Operator(_CHOICES, lambda operand: isinstance(operand, str | list), _membership),
    "$nin": Operator(_CHOICES, lambda operand: isinstance(operand, str | list), _no_membership),
    "$startsWith": Operator("a string", _string, _starts_with),
    "$endsWith": Operator("a string", _string, _ends_with),
    "$regex": Operator("a pattern", lambda operand: isinstance(operand, str | re.Pattern), _regex),
    "$exist": Operator(
        "true or false", lambda operand: isinstance(operand, bool), _existence, lambda wanted: not wanted
    ),
}
"""The operators on values, by name."""

JOINERS = ("$or", "$and", "$not")
"""The operators that join conditions."""
