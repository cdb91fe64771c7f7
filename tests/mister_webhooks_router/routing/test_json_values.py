from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks_router.routing.json_values import MISSING, items_of, same, show
from tests.mister_webhooks_router.routing.reference_filter import Json


def nested(depth: int, innermost: Json) -> list[Json]:
    """Lists in lists."""
    value = [innermost]
    for _ in range(depth):
        value = [value]
    return value


def test_items_of_lists_in_lists_need_no_recursion() -> None:
    """The items of lists nested deeper than Python recurses are found, in order."""
    assert list(items_of([1, [2, [], [3]], nested(100_000, 4), 5])) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ([1, [True]], [1.0, [True]], True),
        ([1, [True]], [1, [1]], False),
        ({"a": 1, "b": None}, {"b": None, "a": 1.0}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ([1], [1, 2], False),
        (None, None, True),
        (None, False, False),
        ("", None, False),
        ([], {}, False),
        (10**400, 1.5, False),
    ],
)
def test_what_is_equal(left: Json, right: Json, *, equal: bool) -> None:
    """Kinds are kept apart at any depth, and 1 equals 1.0; either way round."""
    assert same(left, right) is equal
    assert same(right, left) is equal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MISSING, "nothing"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("ü", '"ü"'),
        ({"a": [1, "x", None], "b": {}}, '{"a": [1, "x", null], "b": {}}'),
        ((1, 2), "[1, 2]"),
        ("a\n\x1b[31m\x9b\u2028\u202e", '"a\\n\\u001b[31m\\u009b\\u2028\\u202e"'),
        ("\ud800", '"\\ud800"'),
        ({"a": 1 << 20_000}, '{"a": an integer of 20001 bits}'),
        ("x" * 100, '"' + "x" * 77 + '…"'),
        ([["x" * 100]], '[["' + "x" * 76 + "…"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, …"),
    ],
)
def test_how_a_value_is_shown(value: Json, text: str) -> None:
    """A value is shown as JSON on one line, cut, with nothing in it that a terminal would obey."""
    assert show(value) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_anything_is_shown_on_one_printable_line(value: Json) -> None:
    """Any JSON value is shown in at most 80 printable characters."""
    text = show(value)

    assert len(text) <= 90 if isinstance(value, str) else len(text) <= 80
    assert text.isprintable()


def test_a_huge_value_is_not_read_to_its_end() -> None:
    """Showing a value looks only at its beginning, at any depth and of any size."""
    read = []

    class Watched(list[Json]):
        def __iter__(self) -> Json:
            for item in range(10**9):
                read.append(item)
                yield item

    show({"a": Watched()})
    show(nested(100_000, 1))

    assert len(read) < 100
