from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks.webhook_event import HTTPMethod
from mister_webhooks_router import ABSENT, ANY, AppError
from mister_webhooks_router.routing import header_conditions, method_condition, topic_condition
from tests.mister_webhooks_router.memory_source import make_event


def matches_header(wanted: Any, values: list[str] | None) -> bool:  # noqa: ANN401  tests give what the type forbids too
    event = make_event(headers={"x-one": ["other"]} | ({} if values is None else {"X-Github-Event": values}))
    (condition,) = header_conditions({"X-GitHub-Event": wanted})
    return condition.matches(event)


@pytest.mark.parametrize(
    ("wanted", "values", "expected"),
    [
        ("push", ["push"], True),
        ("push", ["Push"], False),
        ("push", ["pushed"], False),
        ("push", ["ping", "push"], True),
        ("push", None, False),
        (re.compile("pu"), ["xpush"], True),
        (re.compile("^pu"), ["xpush"], False),
        (re.compile("^pu", re.IGNORECASE), ["ping", "PUSH"], True),
        (re.compile(""), None, False),
        (ANY, [""], True),
        (ANY, [], False),
        (ANY, None, False),
        (ABSENT, None, True),
        (ABSENT, [], True),
        (ABSENT, ["push"], False),
        (str.isdigit, ["a", "1"], True),
        (str.isdigit, ["a"], False),
        (lambda value: value and "yes", [""], False),
        (["push", "ping"], ["ping"], True),
        (("push", ABSENT), None, True),
        ({"push", re.compile("^pi")}, ["ping"], True),
        (["push", "ping"], ["pull"], False),
    ],
    ids=repr,
)
def test_header(wanted: object, values: list[str] | None, expected: bool) -> None:  # noqa: FBT001  the expectation
    """A header matches when any of its values fits any alternative; its name has no case, its values have."""
    assert matches_header(wanted, values) is expected


@given(name=st.text("abcXYZ-", min_size=1), value=st.text())
def test_header_names_are_compared_without_case(name: str, value: str) -> None:
    """However the sender and the app spell a name, it is the same header."""
    (condition,) = header_conditions({name.swapcase(): value})

    assert condition.matches(make_event(headers={name: [value]}))


def test_every_header_must_match() -> None:
    """Each name makes a condition of its own."""
    conditions = header_conditions({"X-A": "1", "X-B": ANY})

    assert [condition.matches(make_event(headers={"x-a": ["1"]})) for condition in conditions] == [True, False]


@pytest.mark.parametrize("wanted", ["PUT", "put", HTTPMethod.PUT, ["GET", "PUT"], {HTTPMethod.PUT}])
def test_method(wanted: Any) -> None:  # noqa: ANN401  several types
    """Text in any case, a member, or several of these."""
    condition = method_condition(wanted)

    assert condition.matches(make_event("PUT"))
    assert not condition.matches(make_event("POST"))


def test_topic() -> None:
    """The whole name, or one of several."""
    event = make_event(topic="incoming.acme.github")

    assert topic_condition("incoming.acme.github").matches(event)
    assert topic_condition(["a", "incoming.acme.github"]).matches(event)
    assert not topic_condition("incoming.acme").matches(event)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("PSOT", "Did you mean 'POST'?"),
        ("pot", "Did you mean 'POST'?"),
        ("OPTIONS", "GET, HEAD, POST, PUT, DELETE, PATCH"),
        (3, "method=3"),
        ([], "method=[] would match no event"),
        (["POST", "FETCH"], "method='FETCH'"),
    ],
)
def test_bad_methods_are_refused(given: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """Unknown ones with the one that was probably meant."""
    with pytest.raises(AppError) as error:
        method_condition(given)

    assert said in str(error.value)


@pytest.mark.parametrize(
    "given", ["", "a b", "incoming/acme", "incoming.*", "a" * 250, ".", "..", "ümlaut", "a\n", None, 3, []], ids=repr
)
def test_bad_topics_are_refused(given: Any) -> None:  # noqa: ANN401  what the type forbids
    """Kafka would not have a topic of such a name."""
    with pytest.raises(AppError, match="topic="):
        topic_condition(given)


@pytest.mark.parametrize("given", ["a", "A_b-c.9", "a" * 249, "...", ".a"])
def test_good_topics_are_taken(given: str) -> None:
    """Everything that Kafka allows."""
    assert topic_condition(given).topics == (given,)


async def _later(value: str) -> bool:
    return bool(value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("push", "header='push' is no dict"),
        ({"": "x"}, "'' is no name of an HTTP header"),
        ({"X Y": "x"}, "'X Y' is no name"),
        ({3: "x"}, "3 is no name"),
        ({"X-N": 5}, "Write '5'."),
        ({"X-N": True}, "True is no condition"),
        ({"X-N": None}, "ABSENT"),
        ({"X-N": b"x"}, "b'x' is no condition"),
        ({"X-N": re.compile(b"x")}, "is no condition"),
        ({"X-N": ["a", ["b"]]}, "['b'] is no condition"),
        ({"X-N": []}, "header X-N=[] would match no event"),
        ({"X-N": _later}, "the function is async"),
    ],
    ids=repr,
)
def test_bad_headers_are_refused(given: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """At registration, with what to write instead."""
    with pytest.raises(AppError) as error:
        header_conditions(given)

    assert said in str(error.value)


def test_conditions_say_what_they_ask() -> None:
    """Their text is for people, the start summary for one."""
    headers = header_conditions({"X-A": ["a", re.compile("^b"), ANY, ABSENT, str.isdigit]})
    texts = [str(one) for one in (topic_condition(["t", "u"]), method_condition(["get", "put"]), *headers)]

    assert texts == ["topic t or u", "method GET or PUT", 'header X-A "a" or /^b/ or ANY or ABSENT or str.isdigit']
    assert repr((ANY, ABSENT)) == "(ANY, ABSENT)"
