"""Hypothesis strategies for payloads and for filter documents that are about them.

A document is drawn with a payload at hand: its paths mostly lead somewhere and its operands are mostly near what is
there. Documents drawn on their own hardly ever match.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st

from tests.mister_webhooks_router.routing.reference_filter import Json, reference_matches

KEYS = ("a", "b", "0", "1", "$eq", "a.b", "c\\")
SCALARS = (None, True, False, 0, 1, 1.0, 2, 0.5, 2**53 + 1, float(2**53), "", "a", "ab", "ba", "1")
PATTERNS = ("a", "^a$", "b?", "[ab]+$", "(?i)A", "^$", "a|1", r"\d")
COMPARISONS = ("$gt", "$gte", "$lt", "$lte")


def questions() -> st.SearchStrategy[tuple[dict[str, Json], list[Json]]]:
    """Filter documents, each with bodies to ask it about; it was drawn for the first.

    Hypothesis draws a seed only: its own choices come back to the same few small documents.
    """
    return st.integers(0, 2**64 - 1).map(lambda seed: a_question(Random(seed)))


def a_question(random: Random) -> tuple[dict[str, Json], list[Json]]:
    """A document and three bodies; in about half of the questions the first body matches."""
    body = value(random, 3) if pick(random, range(8)) == 0 else an_object(random, 3)
    wanted = pick(random, (True, False))
    document: dict[str, Json] = {}
    for _ in range(12):
        document = an_object_condition(random, body, 3, top=True)
        if reference_matches(document, body) is wanted:
            break
    return document, [body, a_variation(random, body), an_object(random, 3)]


def pick(random: Random, options: Sequence[Json]) -> Json:
    """One of several."""
    return options[int(random.random() * len(options))]


def value(random: Random, depth: int) -> Json:
    """A JSON value."""
    choice = pick(random, range(6)) if depth > 0 else 0
    if choice in {4, 5}:
        return an_object(random, depth)
    if choice == 3:
        return [value(random, depth - 1) for _ in range(pick(random, range(4)))]
    return pick(random, SCALARS)


def an_object(random: Random, depth: int) -> dict[str, Json]:
    """A JSON object."""
    return {pick(random, KEYS): value(random, depth - 1) for _ in range(pick(random, range(4)))}


def a_variation(random: Random, body: Json) -> Json:
    """The body with one value replaced, removed or put in a list."""
    if not isinstance(body, dict) or not body:
        return [body, value(random, 1)]
    key = pick(random, list(body))
    rest = {name: held for name, held in body.items() if name != key}
    replaced = (value(random, 2), [body[key]], a_variation(random, body[key]), [[body[key]], value(random, 1)])
    return rest if pick(random, range(5)) == 0 else {**rest, key: pick(random, replaced)}


def a_condition(random: Random, about: Json, depth: int) -> Json:
    """A condition on a value."""
    choice = pick(random, range(8)) if depth > 0 else 0
    if choice in {0, 1}:
        return a_scalar_near(random, about)
    if choice == 2:
        items = about if isinstance(about, list) and about else [about]
        return [a_condition(random, pick(random, items), depth - 1) for _ in range(1 + pick(random, range(2)))]
    return an_object_condition(random, about, depth)


def an_object_condition(random: Random, about: Json, depth: int, *, top: bool = False) -> dict[str, Json]:
    """An object of fields, of operators, or of both."""
    shape = pick(random, range(6))
    fields = range(0 if shape == 0 else 1 + pick(random, range(2)))
    names = range(0 if shape > (1 if top else 2) else 1 + pick(random, range(2)))
    document = dict(a_field(random, about, depth) for _ in fields)
    document.update(an_operator(random, about, depth, top=top) for _ in names)
    return document


def a_field(random: Random, about: Json, depth: int) -> tuple[str, Json]:
    """A path of one to three keys, and a condition on what is there."""
    keys = []
    for _ in range(1 + pick(random, (0, 0, 1, 2))):
        if isinstance(about, list) and about and pick(random, range(3)):
            about = pick(random, about)
        here = list(about) if isinstance(about, dict) and pick(random, range(5)) else []
        keys.append(pick(random, here or KEYS))
        about = about.get(keys[-1]) if isinstance(about, dict) else None
    path = ".".join(key.replace("\\", r"\\").replace(".", r"\.") for key in keys)
    return ("\\" + path if path.startswith("$") else path), a_condition(random, about, depth - 1)


def an_operator(random: Random, about: Json, depth: int, *, top: bool) -> tuple[str, Json]:  # noqa: PLR0911 - one line for each operator
    """An operator and its operand."""
    kind = pick(random, range(10))
    if kind in {0, 1, 2} and depth > 0:
        return a_joiner(random, about, depth, top=top)
    if kind == 3 and not top:
        return "$exist", pick(random, (True, False))
    if kind in {4, 5}:
        return pick(random, COMPARISONS), a_bound_near(random, about)
    if kind == 6:
        return pick(random, ("$startsWith", "$endsWith", "$in", "$nin")), pick(random, ("", "a", "b", "ab"))
    if kind == 7:
        return "$regex", pick(random, PATTERNS)
    if kind == 8:
        return pick(random, ("$in", "$nin")), [a_value_near(random, about), value(random, 1)]
    return pick(random, ("$eq", "$neq")), a_value_near(random, about)


def a_joiner(random: Random, about: Json, depth: int, *, top: bool) -> tuple[str, Json]:
    """`$or`, `$and` or `$not`."""

    def one() -> Json:
        return an_object_condition(random, about, depth - 1, top=True) if top else a_condition(random, about, depth - 1)

    name = pick(random, ("$or", "$and", "$not"))
    return name, one() if name == "$not" else [one() for _ in range(1 + pick(random, range(2)))]


def a_scalar_near(random: Random, about: Json) -> Json:
    """The value, an item of it, or any other scalar."""
    while isinstance(about, list) and about:
        about = pick(random, about)
    near = about is None or isinstance(about, bool | int | float | str)
    return about if near and pick(random, range(4)) else pick(random, SCALARS)


def a_value_near(random: Random, about: Json) -> Json:
    """The value, an item of it, or any other value."""
    if isinstance(about, list) and about and pick(random, range(2)):
        about = pick(random, about)
    return about if pick(random, range(3)) else value(random, 2)


def a_bound_near(random: Random, about: Json) -> Json:
    """A number or string to compare with."""
    near = a_scalar_near(random, about)
    fits = near is not None and not isinstance(near, bool)
    return near if fits else pick(random, (0, 1, 1.5, "", "a"))
