from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

import pytest

from mister_webhooks_router.routing.filters import FilterError, compile_filter
from tests.mister_webhooks_router.routing.reference_filter import Json


class Action(StrEnum):
    """A string with a name."""

    OPENED = "opened"


def nested(depth: int) -> Json:
    """Objects in objects."""
    document: Json = 1
    for _ in range(depth):
        document = {"a": document}
    return document


def test_a_filter_cannot_be_changed() -> None:
    """A filter is immutable, and a document that is changed after compiling changes nothing."""
    inner: list[Json] = ["x"]
    document = {"a": {"$in": inner}}
    wanted = compile_filter(document)
    inner.append("y")
    document["b"] = {}

    assert wanted.matches({"a": "x"})
    assert not wanted.matches({"a": "y"})
    assert wanted.document == {"a": {"$in": ["x"]}}
    with pytest.raises(FrozenInstanceError):
        wanted.name = "other"  # type: ignore[misc]


def test_matching_leaves_the_payload_as_it_is() -> None:
    """A filter only reads."""
    payload = {"a": [{"b": 1}, {"c": [2]}]}
    for document in ({"a.b": 1}, {"a": {"c": {"$exist": True}}}, {"x.y": {"$exist": False}}, {"a": [{"b": 2}]}):
        compile_filter(document).explain(payload)

    assert payload == {"a": [{"b": 1}, {"c": [2]}]}


@pytest.mark.parametrize(
    ("document", "payload"),
    [
        ({"a": {"$in": ("x", "y")}}, {"a": "y"}),
        ({"a": ("x",)}, {"a": ["x"]}),
        (MappingProxyType({"a": MappingProxyType({"b": 1})}), {"a": {"b": 1}}),
        ({"a": Action.OPENED}, {"a": "opened"}),
        ({"a": {"$regex": re.compile("^OPEN", re.IGNORECASE)}}, {"a": "opened"}),
    ],
)
def test_python_values_that_mean_json(document: Json, payload: Json) -> None:
    """Tuples are lists, any mapping is an object, a string enum is its string, and a pattern may be compiled."""
    assert compile_filter(document).matches(payload)
    assert compile_filter(document).explain({}) is not None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("x", """where: a filter is a mapping like {'ref': 'refs/heads/main'}, got "x\""""),
        ([{"a": 1}], "where: a filter is a mapping like {'ref': 'refs/heads/main'}, got [{\"a\": 1}]"),
        (None, "where: a filter is a mapping like {'ref': 'refs/heads/main'}, got null"),
        ({1: 2}, "where: the key 1 is no string"),
        ({"a": {None: 2}}, "where.a: the key null is no string"),
        ({"a": {1, 2}}, "where.a: a set is no JSON value; write a list"),
        ({"a": {"$in": {"x"}}}, "where.a.$in: a set is no JSON value; write a list"),
        ({"a": str.isupper}, "where.a: a function is no JSON value; pass it as when=, it is given the event"),
        ({"a": re.compile("x")}, 'where.a: a compiled pattern goes under {"$regex": …}'),
        ({"a": {"$eq": re.compile("x")}}, 'where.a.$eq: a compiled pattern goes under {"$regex": …}'),
        (
            {"a": {"$regex": re.compile(b"x")}},
            "where.a.$regex: no regular expression: a pattern of bytes; write it as text, without the b",
        ),
        (
            {"a": [b"x"]},
            "where.a[0]: bytes is no JSON value; allowed are strings, numbers, true, false, null, lists and objects",
        ),
        (
            {"a": Decimal(1)},
            "where.a: Decimal is no JSON value; allowed are strings, numbers, true, false, null, lists and objects",
        ),
        (
            {"a": datetime(2026, 1, 1, tzinfo=UTC)},
            "where.a: datetime is no JSON value; allowed are strings, numbers, true, false, null, lists and objects",
        ),
        ({"a": float("-inf")}, "where.a: -inf is no JSON number"),
    ],
)
def test_values_that_json_does_not_have(document: Json, message: str) -> None:
    """What is no JSON value is refused at registration, with its place and what to write instead."""
    with pytest.raises(FilterError) as refused:
        compile_filter(document)

    assert str(refused.value) == message


def test_depth_is_limited() -> None:
    """A document of 32 levels compiles; a deeper one is refused instead of exhausting the stack."""
    assert compile_filter(nested(32)).matches(nested(32))
    for document in (nested(34), nested(900), {"a": {"$or": [nested(40)]}}):
        with pytest.raises(FilterError, match="more than 32 levels deep"):
            compile_filter(document)


def test_a_payload_may_be_nested_deeply() -> None:
    """A payload nested deeper than Python recurses is matched and explained."""
    deep: list[Json] = [{"b": 1}]
    for _ in range(50_000):
        deep = [deep]
    payload = {"a": deep}

    assert compile_filter({"a.b": 1}).matches(payload)
    assert compile_filter({"a": {"b": 1, "c": {"$exist": False}}}).matches(payload)
    assert not compile_filter({"a": "x"}).matches(payload)
    explanation = compile_filter({"a.b": 2}).explain(payload)
    assert explanation is not None
    assert len(explanation) <= 500


def test_filters_combine() -> None:
    """`&`, `|` and `~` make new filters, with the explanation of the part that fails."""
    paid, large = compile_filter({"type": "paid"}), compile_filter({"cents": {"$gte": 100}})

    assert (paid & large).explain({"type": "paid", "cents": 5}) == "where.cents: expected $gte 100, got 5"
    assert (paid | large).explain({"type": "void", "cents": 5}) == (
        'where: no part of $or holds: where.type: expected "paid", got "void"; where.cents: expected $gte 100, got 5'
    )
    assert (~paid).explain({"type": "paid"}) == 'where: expected $not {"type": "paid"}, got {"type": "paid"}'
    assert (paid & ~large).matches({"type": "paid"})
    assert (paid & ~large).document == {"$and": [{"type": "paid"}, {"$not": {"cents": {"$gte": 100}}}]}
    assert repr(~paid) == '<Filter {"$not": {"type": "paid"}}>'


def test_an_explanation_is_called_after_its_filter() -> None:
    """The name of the option that the document came from stands in messages and errors."""
    assert compile_filter({"a": 1}, name="--where").explain({}) == "--where.a: expected 1, got nothing"
    with pytest.raises(FilterError, match=r"^--where\.a\.\$nope: unknown operator"):
        compile_filter({"a": {"$nope": 1}}, name="--where")


def test_long_explanations_are_cut() -> None:
    """Values and the text around them are cut, alternatives past the third are counted."""
    text = compile_filter({"a": "x" * 1000}).explain({"a": "y" * 1000})
    many = compile_filter({"$or": [{f"k{number}": number} for number in range(5)]}).explain({})
    longest = compile_filter({"$or": [{"a" * 300: 1}, {"b" * 300: 2}]}).explain({})

    assert text == f'where.a: expected "{"x" * 77}…", got "{"y" * 77}…"'
    assert many is not None
    assert many.endswith("where.k2: expected 2, got nothing; and 2 more")
    assert longest is not None
    assert len(longest) == 500


def test_numbers_too_long_to_write_are_explained() -> None:
    """An integer of more digits than Python writes does not break the explanation."""
    assert compile_filter({"a": 1}).explain({"a": 1 << 20_000}) == ("where.a: expected 1, got an integer of 20001 bits")
