"""Filter documents: conditions on a payload, written as data, compiled once.

    compile_filter({"ref": "refs/heads/main", "commits": {"author.name": {"$neq": "bot"}}})

docs/reference/filters.md says what each form means, case by case. The array rules and most operators are those of
Hookdeck's `simple-json-match` (MIT); kinds of values are kept apart here, and what is wrong is refused at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from mister_webhooks_router.routing.clauses import AllOf, AnyOf, Clause, Not, Spot
from mister_webhooks_router.routing.filter_documents import FilterError, copy_document
from mister_webhooks_router.routing.filter_parser import parse_filter
from mister_webhooks_router.routing.json_values import cut, show
from mister_webhooks_router.routing.operators import Test

__all__ = ["Filter", "FilterError", "compile_filter"]

_LONGEST_EXPLANATION = 500


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Filter:
    """A compiled filter document. Immutable; `&`, `|` and `~` make new ones.

    Args:
        clause: what the document says.
        document: the document itself, as it was compiled.
        name: what messages call the payload: the name of the argument or option that the document came from.
        matches: tells whether a payload matches. Raises `PatternGaveUp` where a `$regex` ran out of its budget.
    """

    clause: Clause
    document: Mapping[str, object]
    name: str
    matches: Test = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", self.clause.holds)

    def explain(self, payload: object) -> str | None:
        """The first condition that the payload does not fulfil, with what is there instead; None where it matches.

        One line, the same for the same payload: `where.ref: expected "refs/heads/main", got "refs/heads/dev"`.
        """
        if self.matches(payload):
            return None
        return cut(self.clause.fault(Spot(self.name, payload)), _LONGEST_EXPLANATION)

    def __and__(self, other: Filter) -> Filter:
        document = {"$and": [self.document, other.document]}
        return Filter(AllOf((self.clause, other.clause)), document, self.name)

    def __or__(self, other: Filter) -> Filter:
        operand = [self.document, other.document]
        return Filter(AnyOf(operand, (self.clause, other.clause)), {"$or": operand}, self.name)

    def __invert__(self) -> Filter:
        return Filter(Not(self.document, self.clause), {"$not": self.document}, self.name)

    def __repr__(self) -> str:
        return f"<Filter {show(self.document)}>"


def compile_filter(document: Mapping[str, object], *, name: str = "where") -> Filter:
    """Checks and compiles a filter document. The document is copied: changing it later changes nothing.

    Args:
        document: the conditions; `{}` matches every payload.
        name: what messages call the payload.

    Raises:
        FilterError: something in the document cannot work. The message names the place and what to write instead.
    """
    if not isinstance(document, Mapping):
        raise FilterError(name, f"a filter is a mapping like {{'ref': 'refs/heads/main'}}, got {show(document)}")
    copy = copy_document(document, name)
    return Filter(parse_filter(copy, name), copy, name)
