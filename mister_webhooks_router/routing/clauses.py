"""The clauses of a compiled filter. Each knows whether a value holds, and why it does not.

`holds` is a closure, for speed, and is asked only of values that are there; what a clause says of a value that is not
there is known when it is compiled, and stands in `accepts_missing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from mister_webhooks_router.routing.json_values import MISSING, items_of, show
from mister_webhooks_router.routing.operators import Test, equality
from mister_webhooks_router.routing.paths import child, escape_key

_ALTERNATIVES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a payload and what is there, for messages.

    Args:
        place: the path, with the name of the argument in front: `where.data.object`.
        value: what is there; `MISSING` where there is nothing.
        gap: why nothing is there, where the path breaks off further up.
    """

    place: str
    value: object
    gap: str = ""

    def under(self, key: str) -> Spot:
        """The spot one key further on."""
        place = f"{self.place}.{escape_key(key)}"
        if self.value is MISSING:
            return replace(self, place=place, gap=self.gap or f" (there is no {self.place})")
        gap = "" if isinstance(self.value, dict | list) else f" ({self.place} is {show(self.value)})"
        return Spot(place, child(self.value, key), gap)

    def fault(self, expected: str) -> str:
        """The sentence about this spot."""
        return f"{self.place}: expected {expected}, got {show(self.value)}{self.gap}"


class Clause(Protocol):
    """One condition on a value."""

    @property
    def holds(self) -> Test:
        """Whether it holds for a value that is there."""

    @property
    def accepts_missing(self) -> bool:
        """Whether it holds where there is no value."""

    def fault(self, spot: Spot) -> str:
        """Why it does not hold at a spot for which it does not."""


def accepts(clause: Clause, value: object) -> bool:
    """Whether the clause holds for a value, or for `MISSING`."""
    return clause.accepts_missing if value is MISSING else clause.holds(value)


@dataclass(frozen=True, slots=True, eq=False)
class Equals:
    """A plain value: equal to it, or a list that contains it."""

    expected: object
    holds: Test = field(init=False)
    accepts_missing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        equal = equality(self.expected)

        def holds(value: object) -> bool:
            return equal(value) or (isinstance(value, list) and any(map(equal, items_of(value))))

        object.__setattr__(self, "holds", holds)

    def fault(self, spot: Spot) -> str:
        """Expected the value."""
        return spot.fault(show(self.expected))


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """A plain list: a list in which each of these finds an item."""

    expected: object
    wanted: tuple[Clause, ...]
    holds: Test = field(init=False)
    accepts_missing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        tests = tuple(clause.holds for clause in self.wanted)

        def holds(value: object) -> bool:
            return isinstance(value, list) and all(any(map(test, value)) for test in tests)

        object.__setattr__(self, "holds", holds)

    def fault(self, spot: Spot) -> str:
        """Expected all items; a value that is no list may be meant to be one of them, which is `$in`."""
        hint = "" if isinstance(spot.value, list) or spot.value is MISSING else " ($in asks for one of several)"
        return spot.fault(f"a list with all of {show(self.expected)}") + hint


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """An operator with its operand."""

    name: str
    operand: object
    holds: Test
    accepts_missing: bool

    def fault(self, spot: Spot) -> str:
        """Expected what the operator says."""
        return spot.fault(f"{self.name} {show(self.operand)}")


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """`$not`: there is a value, and the inner clause does not hold for it."""

    operand: object
    inner: Clause
    holds: Test = field(init=False)
    accepts_missing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        inner = self.inner.holds
        object.__setattr__(self, "holds", lambda value: not inner(value))

    def fault(self, spot: Spot) -> str:
        """Expected anything else."""
        return spot.fault(f"$not {show(self.operand)}")


@dataclass(frozen=True, slots=True, eq=False)
class AllOf:
    """Every clause holds. Of no clause at all: there is a value."""

    clauses: tuple[Clause, ...]
    holds: Test = field(init=False)
    accepts_missing: bool = field(init=False)

    def __post_init__(self) -> None:
        tests = tuple(clause.holds for clause in self.clauses)
        object.__setattr__(self, "holds", every(tests))
        accepts_missing = bool(self.clauses) and all(clause.accepts_missing for clause in self.clauses)
        object.__setattr__(self, "accepts_missing", accepts_missing)

    def fault(self, spot: Spot) -> str:
        """What the first clause that does not hold says."""
        for clause in self.clauses:
            if not accepts(clause, spot.value):
                return clause.fault(spot)
        return spot.fault("a value")


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf:
    """`$or`: at least one clause holds."""

    operand: object
    clauses: tuple[Clause, ...]
    holds: Test = field(init=False)
    accepts_missing: bool = field(init=False)

    def __post_init__(self) -> None:
        tests = tuple(clause.holds for clause in self.clauses)

        def holds(value: object) -> bool:
            for test in tests:  # noqa: SIM110 - a generator costs as much as two tests
                if test(value):
                    return True
            return False

        object.__setattr__(self, "holds", holds)
        object.__setattr__(self, "accepts_missing", any(clause.accepts_missing for clause in self.clauses))

    def fault(self, spot: Spot) -> str:
        """Expected one of the plain values, or what each alternative says."""
        if all(isinstance(clause, Equals) for clause in self.clauses):
            return spot.fault(f"$or {show(self.operand)}")
        faults = [clause.fault(spot) for clause in self.clauses[:_ALTERNATIVES_SHOWN]]
        more = len(self.clauses) - len(faults)
        return f"{spot.place}: no part of $or holds: {'; '.join(faults)}{f'; and {more} more' if more else ''}"


def every(tests: tuple[Test, ...]) -> Test:
    """The test that passes where all of these do."""
    if len(tests) == 1:
        return tests[0]

    def holds(value: object) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs as much as two tests
            if not test(value):
                return False
        return True

    return holds
