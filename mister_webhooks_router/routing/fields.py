"""The clauses that enter a value: a field of an object, and an object of several conditions.

What they say of a list: a key that is an index means the list's own item; all the rest is asked of the list's items,
and one item has to satisfy all of it. The items of lists in lists count as items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mister_webhooks_router.routing.clauses import Clause, Spot, accepts, every
from mister_webhooks_router.routing.json_values import MISSING, items_of
from mister_webhooks_router.routing.operators import Test
from mister_webhooks_router.routing.paths import child, is_index


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A clause on what stands at a path.

    Args:
        keys: the path, of at least one key.
        clause: the condition on the value there.
        root: whether it is asked of the body itself. A body that is no object has no fields: nothing holds for one,
            not even that a field is not there.
    """

    keys: tuple[str, ...]
    clause: Clause
    root: bool
    holds: Test = field(init=False)
    accepts_missing: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "accepts_missing", self.clause.accepts_missing)
        object.__setattr__(self, "holds", self._fast() if len(self.keys) == 1 else self._fast_way())

    def fault(self, spot: Spot) -> str:
        """What the clause says of the value at the path, or of the first item on the way."""
        return self._fault(spot, 0)

    def _fast(self) -> Test:
        (key,) = self.keys
        test, if_missing, through, missing = self.clause.holds, self.clause.accepts_missing, self._through, MISSING

        def holds(value: object) -> bool:
            if isinstance(value, dict):
                found = value.get(key, missing)
                return if_missing if found is missing else test(found)
            return through(value, 0)

        return holds

    def _fast_way(self) -> Test:
        keys = self.keys
        test, if_missing, through, missing = self.clause.holds, self.clause.accepts_missing, self._through, MISSING

        def holds(start: object) -> bool:
            value = start
            for key in keys:
                if not isinstance(value, dict):
                    # A list or a scalar on the way is rare: begin again, slowly.
                    return through(start, 0)
                value = value.get(key, missing)
                if value is missing:
                    return if_missing
            return test(value)

        return holds

    def _through(self, value: object, depth: int) -> bool:
        if depth == len(self.keys):
            return self.clause.holds(value)
        key = self.keys[depth]
        if isinstance(value, list) and not is_index(key):
            return any(self._through(item, depth) for item in items_of(value))
        if not isinstance(value, dict | list):
            return self.accepts_missing and not (self.root and depth == 0)
        found = child(value, key)
        return self.accepts_missing if found is MISSING else self._through(found, depth + 1)

    def _fault(self, spot: Spot, depth: int) -> str:
        if depth == len(self.keys):
            return self.clause.fault(spot)
        key = self.keys[depth]
        if isinstance(spot.value, list) and not is_index(key):
            return _fault_of_items(spot, lambda item: self._fault(item, depth))
        if self.root and depth == 0 and not isinstance(spot.value, dict | list):
            return spot.fault("an object")
        return self._fault(spot.under(key), depth + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """Several conditions of which at least one is on a field: all hold, for a list all hold for one of its items.

    Args:
        parts: the conditions, in the order in which they were written.
        root: as of `Field`.
    """

    parts: tuple[Clause, ...]
    root: bool
    holds: Test = field(init=False)
    accepts_missing: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "accepts_missing", all(part.accepts_missing for part in self.parts))
        of_object = every(tuple(part.holds for part in self.parts))
        of_list, of_item = self._split()
        of_list_itself = every(tuple(part.holds for part in of_list))
        of_one_item = every(tuple(part.holds for part in of_item))

        def holds(value: object) -> bool:
            if isinstance(value, dict):
                return of_object(value)
            if isinstance(value, list):
                return of_list_itself(value) and (not of_item or any(map(of_one_item, items_of(value))))
            return of_object(value)

        object.__setattr__(self, "holds", holds)

    def fault(self, spot: Spot) -> str:
        """What the first part that does not hold says."""
        if isinstance(spot.value, list):
            return self._fault_of_list(spot)
        if self.root and not isinstance(spot.value, dict):
            return spot.fault("an object")
        return _first_fault(self.parts, spot)

    def _split(self) -> tuple[tuple[Clause, ...], tuple[Clause, ...]]:
        """The parts that are asked of a list itself, and those that are asked of its items."""
        indexed = tuple(part for part in self.parts if _indexed(part))
        others = tuple(part for part in self.parts if not _indexed(part))
        names = any(isinstance(part, Field) for part in others)
        return (indexed, others) if names else (self.parts, ())

    def _fault_of_list(self, spot: Spot) -> str:
        of_list, of_item = self._split()
        if not every(tuple(part.holds for part in of_list))(spot.value):
            return _first_fault(of_list, spot)
        return _fault_of_items(spot, lambda item: _first_fault(of_item, item))


def _indexed(part: Clause) -> bool:
    return isinstance(part, Field) and is_index(part.keys[0])


def _first_fault(parts: tuple[Clause, ...], spot: Spot) -> str:
    return next(part.fault(spot) for part in parts if not accepts(part, spot.value))


def _fault_of_items(spot: Spot, fault: Callable[[Spot], str]) -> str:
    """What is wrong with the first item, and that no other does better."""
    spots = _item_spots(spot)
    first = next(spots, None)
    if first is None:
        return spot.fault("an item")
    others = sum(1 for _ in spots)
    return fault(first) + (f" (none of {others + 1} items matches)" if others else "")


def _item_spots(spot: Spot) -> Iterator[Spot]:
    """The spots of the items that `items_of` yields."""
    stack = [(spot.place, enumerate(_list(spot.value)))]
    while stack:
        place, items = stack[-1]
        for number, item in items:
            if isinstance(item, list):
                stack.append((f"{place}.{number}", enumerate(item)))
                break
            yield Spot(f"{place}.{number}", item)
        else:
            stack.pop()


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
