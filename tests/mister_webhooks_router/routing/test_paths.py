from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks_router.errors import AppError
from mister_webhooks_router.routing.json_values import MISSING
from mister_webhooks_router.routing.paths import Path, PathError, compile_path
from tests.mister_webhooks_router.routing.reference_filter import Json

PAYLOAD = {
    "data": {"object": {"customer": "cus_1", "void": None}},
    "commits": [{"author": "ada"}, {"author": "bob"}],
    "a.b": {"c": 1},
    "a\\b": 2,
    "$ref": 3,
    "0": "zero",
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("data.object.customer", "cus_1"),
        ("data.object", {"customer": "cus_1", "void": None}),
        ("data.object.void", None),
        ("commits.0.author", "ada"),
        ("commits.1.author", "bob"),
        (r"a\.b.c", 1),
        (r"a\\b", 2),
        (r"\$ref", 3),
        ("$ref", 3),
        ("0", "zero"),
    ],
)
def test_a_path_leads_to_its_value(text: str, found: Json) -> None:
    """A path finds the value in objects and, by index, in lists; null is a value."""
    assert compile_path(text).get(PAYLOAD) == found


@pytest.mark.parametrize(
    "text",
    ["nope", "data.nope.customer", "data.object.customer.x", "commits.2", "commits.-1", "commits.00", "commits.author"],
)
def test_a_path_that_leads_nowhere(text: str) -> None:
    """Where a path breaks off there is nothing: it never searches a list and never counts from its end."""
    assert compile_path(text).get(PAYLOAD) is MISSING
    assert compile_path(text).get(PAYLOAD, "default") == "default"


@pytest.mark.parametrize("payload", [None, 5, "text", True, [], {}])
def test_any_payload_may_be_asked(payload: Json) -> None:
    """A payload of any kind has nothing at a path, and that is no error."""
    assert compile_path("a.b").get(payload) is MISSING


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'path "": a key is empty'),
        ("a..b", 'path "a..b": a key is empty'),
        (".a", 'path ".a": a key is empty'),
        ("a.", 'path "a.": a key is empty'),
        (r"a\b", "after a backslash comes a dot"),
        ("a\\", "after a backslash comes a dot"),
        (".".join("a" * 33), "more than 32 keys"),
        (5, "a path is a string like 'data.object.id', got int"),
    ],
)
def test_a_path_that_cannot_be_read(text: Json, message: str) -> None:
    """A path that cannot be read is an error of the app, in words that say how to write it."""
    with pytest.raises(PathError, match=message.replace("\\", r"\\")) as refused:
        compile_path(text)

    assert isinstance(refused.value, AppError)


@given(st.lists(st.text(alphabet="ab.\\$0é ", min_size=1), min_size=1, max_size=4))
def test_a_path_is_written_as_it_is_read(keys: list[str]) -> None:
    """Writing a path and reading it again gives the same keys, whatever characters they have."""
    path = Path(tuple(keys))
    payload: Json = "here"
    for key in reversed(keys):
        payload = {key: payload}

    assert compile_path(str(path)) == path
    assert path.get(payload) == "here"
