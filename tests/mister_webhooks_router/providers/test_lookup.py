from __future__ import annotations

import re

import pytest

from mister_webhooks import PayloadDecodeError
from mister_webhooks.payload import JSON
from mister_webhooks_router.providers import Body, Header, Lookup, OneOf
from tests.mister_webhooks_router.providers.events import broken, event

BODY: JSON = {"a": {"b": "x"}, "n": 7, "f": 7.0, "half": 7.5, "yes": True, "no": False, "none": None, "list": ["i"]}
FORM: JSON = {"payload": '{"type": "t", "actions": [{"id": "one"}]}', "broken": "{", "number": 5}
LIST: JSON = [{"id": 1, "event": "open"}, {"id": 2}, {"id": 3, "event": "click"}]

FOUND = [
    (Header("X-Event"), {"x-event": "push"}, None, "push"),
    (Header("x-event"), {"X-EVENT": "push"}, None, "push"),
    (Header("X-Event"), {}, None, None),
    (Header("X-Event"), {"X-Event": ""}, None, None),
    (Header("X-Event", form="hook {}"), {"X-Event": "push"}, None, "hook push"),
    (Header("X-Event", re.compile("b+")), {"X-Event": "abbc"}, None, "bb"),
    (Header("X-Event", re.compile("b(.)")), {"X-Event": "abc"}, None, "c"),
    (Header("X-Event", re.compile("b(.)?")), {"X-Event": "ab"}, None, None),
    (Header("X-Event", re.compile("z")), {"X-Event": "abc"}, None, None),
    (Body("a.b"), {}, BODY, "x"),
    (Body("a.c"), {}, BODY, None),
    (Body("a"), {}, BODY, None),
    (Body("none"), {}, BODY, None),
    (Body("list"), {}, BODY, None),
    (Body("list.0"), {}, BODY, "i"),
    (Body("n"), {}, BODY, "7"),
    (Body("f"), {}, BODY, "7"),
    (Body("half"), {}, BODY, "7.5"),
    (Body("yes"), {}, BODY, "true"),
    (Body("no"), {}, BODY, "false"),
    (Body("a.b", form="is {}"), {}, BODY, "is x"),
    (Body("n", pattern=re.compile("^7$"), form="SEVEN"), {}, BODY, "SEVEN"),
    (Body("n", pattern=re.compile("^8$"), form="EIGHT"), {}, BODY, None),
    (Body("a"), {}, None, None),
    (Body("a"), {}, "text", None),
    (Body("id"), {}, LIST, "1"),
    (Body("id"), {}, [], None),
    (Body("id", every=True), {}, LIST, "1,2,3"),
    (Body("event", every=True), {}, LIST, None),
    (Body("id", every=True), {}, [], None),
    (Body("id", every=True), {}, {"id": 4}, "4"),
    (Body("type", text="payload"), {}, FORM, "t"),
    (Body("actions.0.id", text="payload"), {}, FORM, "one"),
    (Body("type", text="broken"), {}, FORM, None),
    (Body("type", text="number"), {}, FORM, None),
    (Body("type", text="missing"), {}, FORM, None),
    (OneOf(Header("X-Event"), Body("n")), {"X-Event": "push"}, BODY, "push"),
    (OneOf(Header("X-Event"), Body("n")), {}, BODY, "7"),
    (OneOf(Header("X-Event"), Body("z")), {}, BODY, None),
]


@pytest.mark.parametrize(("lookup", "headers", "payload", "found"), FOUND, ids=lambda value: str(value)[:60])
def test_what_is_found(lookup: Lookup, headers: dict[str, str], payload: JSON, found: str | None) -> None:
    """A lookup finds text, numbers and truth values at its place, one way of writing each, and else nothing."""
    assert lookup.find(event(headers, payload)) == found


def test_only_a_lookup_in_the_body_needs_the_body() -> None:
    """A body that cannot be decoded is raised for by what stands in it, and by nothing else."""
    lost = broken({"X-Event": "push"})

    assert Header("X-Event").find(lost) == "push"
    assert OneOf(Header("X-Event"), Body("type")).find(lost) == "push"
    with pytest.raises(PayloadDecodeError, match=r"incoming\.acme\.mixed:0:7"):
        Body("type").find(lost)


def test_a_place_can_be_shown() -> None:
    """As text, a lookup says where it looks."""
    assert str(Header("X-Event")) == "the header `X-Event`"
    assert str(OneOf(Body("a.b"), Body("id", every=True))) == "`a.b` or `id` of every item"
    assert str(Body("type", text="payload")) == "`type` of the JSON in the form field `payload`"
