from __future__ import annotations

import functools
import re
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks_router import ABSENT, ANY, App, AppError
from mister_webhooks_router.routing import Condition, compile_filter, header_conditions
from mister_webhooks_router.routing.patterns import PatternGaveUp
from tests.mister_webhooks_router.memory_source import make_event

GITHUB = {"X-GitHub-Event": ["issues"]}


def is_big(event: Any) -> bool:  # noqa: ANN401  any event
    return bool(event.payload["size"] > 100)


def condition(*events: str, **conditions: Any) -> Condition:  # noqa: ANN401  keywords of all kinds
    app = App()
    app.on(*events, name="handler", **conditions)(lambda: None)
    (found,) = app.handlers[0].conditions
    return found


UNUSABLE = re.compile("a{e<=x}")  # `re` takes it, the engine with the budget does not

PUT = condition(method="PUT")
POST = condition(method="POST")


@pytest.mark.parametrize(
    ("asked", "event", "said"),
    [
        (POST, make_event("GET"), 'method: expected "POST", got "GET"'),
        (condition(method=["POST", "PUT"]), make_event("GET"), 'method: expected "POST" or "PUT", got "GET"'),
        (condition(topic=["a", "b"]), make_event(topic="c"), 'topic: expected "a" or "b", got "c"'),
        (
            condition(header={"X-GitHub-Event": "push"}),
            make_event(headers=GITHUB),
            'header.X-GitHub-Event: expected "push", got "issues"',
        ),
        (
            condition(header={"X-GitHub-Event": ["push", re.compile("^pu")]}),
            make_event(),
            'header.X-GitHub-Event: expected "push" or /^pu/, but the event has no such header',
        ),
        (condition(header={"X-A": ANY}), make_event(), "header.X-A: expected ANY, but the event has no such header"),
        (condition(header={"X-A": ABSENT}), make_event(headers={"x-a": ["1"]}), 'header.X-A: expected ABSENT, got "1"'),
        (
            condition(header={"X-A": str.isdigit}),
            make_event(headers={"x-a": ["a", "b\n"]}),
            'header.X-A: expected str.isdigit, got "a", "b\\n"',
        ),
        (
            condition("github:push"),
            make_event(headers=GITHUB, payload={"action": "opened"}),
            'event: expected "github:push", got "github:issues.opened"',
        ),
        (
            condition("github:push", "stripe:invoice.*"),
            make_event(headers=GITHUB),
            'event: expected "github:push" or "stripe:invoice.*", got "github:issues"',
        ),
        (
            condition("stripe:invoice.paid"),
            make_event(headers={"Stripe-Signature": ["s"]}, payload={}),
            'event: expected "stripe:invoice.paid", got one of stripe without a name',
        ),
        (
            condition("github:push"),
            make_event(),
            'event: expected "github:push", but nothing tells who sent the event',
        ),
        (
            condition(where={"ref": "refs/heads/main"}),
            make_event(payload={"ref": "refs/heads/dev"}),
            'where.ref: expected "refs/heads/main", got "refs/heads/dev"',
        ),
        (condition(when=is_big), make_event(payload={"size": 1}), "when: is_big returned False"),
        (condition(when=lambda event: event.payload), make_event(payload={}), "when: <lambda> returned {}"),
        (
            PUT | condition(topic="t"),
            make_event(topic="u"),
            'method: expected "PUT", got "POST"; and topic: expected "t", got "u"',
        ),
        (POST & PUT, make_event(), 'method: expected "PUT", got "POST"'),
        (~POST, make_event(), "expected not method POST"),
        (~(POST & ~PUT), make_event(), "expected not (method POST and (not method PUT))"),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_says_why_an_event_does_not_match(asked: Condition, event: Any, said: str) -> None:  # noqa: ANN401  an event
    """The clause, what was expected and what is there; the opposite matches and says nothing."""
    assert asked.explain(event) == said
    assert not asked.matches(event)
    assert (~asked).explain(event) is None


@pytest.mark.parametrize(
    "asked",
    [
        condition(method=["POST", "PUT"]),
        condition("github:issues"),
        condition(header={"x-github-event": re.compile("iss")}),
        condition(where={"a": {"$gt": 0}}),
        condition(when=lambda event: event.payload["a"]),
        PUT | POST,
        POST & condition("github:*"),
    ],
    ids=str,
)
def test_a_condition_says_nothing_of_an_event_that_matches(asked: Condition) -> None:
    """There is nothing to explain."""
    event = make_event(headers=GITHUB, payload={"a": 1})

    assert asked.matches(event)
    assert asked.explain(event) is None


def test_conditions_that_are_joined_know_whether_they_read_the_body() -> None:
    """They do where a part does."""
    where = condition(where={"a": 1})

    assert [(POST & PUT).reads_body, (POST | PUT).reads_body, (~POST).reads_body] == [False] * 3
    assert [(POST & where).reads_body, (POST | where).reads_body, (~where).reads_body] == [True] * 3


@pytest.mark.parametrize("value", ["s3cret", re.compile("s3cret")])
def test_values_of_secret_headers_are_never_shown(value: Any) -> None:  # noqa: ANN401  two types
    """Neither what a handler asks for nor what was sent, in no text there is."""
    (asked,) = header_conditions({"X-Gitlab-Token": value})
    event = make_event(headers={"x-gitlab-token": ["hunter2"]})
    texts = [str(asked), repr(asked), str(asked.explain(event)), str(asked.explain(make_event()))]

    assert texts[2] == "header.X-Gitlab-Token: expected ***, got ***"
    assert not any(secret in text for text in texts for secret in ("s3cret", "hunter2"))


def test_long_values_are_cut() -> None:
    """One line that fits a terminal, whatever was sent."""
    said = condition(header={"X-A": "b"}).explain(make_event(headers={"X-A": ["a" * 10_000] * 50}))

    assert said is not None
    assert len(said) <= 500


def test_header_patterns_have_a_budget() -> None:
    """A pattern that runs away raises instead of holding the program up."""
    asked = condition(header={"X-A": re.compile(r"(a|aa)+$")})
    with pytest.raises(PatternGaveUp, match="given up after"):
        asked.matches(make_event(headers={"X-A": ["a" * 200 + "!"]}))


def test_a_header_pattern_that_cannot_be_used_is_refused() -> None:
    """At registration, with the reason."""
    with pytest.raises(AppError, match="header 'X-A': the regular expression cannot be used: "):
        header_conditions({"X-A": UNUSABLE})


@pytest.mark.parametrize("answer", [None, 0, "", [], False, ()], ids=repr)
def test_when_shows_what_was_returned(answer: object) -> None:
    """A function that forgot its `return` is seen to return None."""
    assert condition(when=lambda _: answer).explain(make_event()) == f"when: <lambda> returned {answer!r}"


def test_when_shows_no_object_of_the_users() -> None:
    """What its `repr` would tell, nobody knows."""

    class Answer:
        def __bool__(self) -> bool:
            return False

    assert condition(when=lambda _: Answer()).explain(make_event()) == "when: <lambda> returned a false Answer"


async def later(event: object) -> bool:
    return bool(event)


class Asynchronous:
    async def __call__(self, event: object) -> bool:
        return bool(event)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "when=3 is no function"),
        (later, "when: later is async or a generator"),
        (Asynchronous(), "when: Asynchronous is async or a generator"),
        (lambda: True, "must take one argument, the event"),
        (lambda event, payload: True, "must take one argument, the event"),
        (lambda *, event: True, "must take one argument, the event"),
    ],
)
def test_bad_functions_are_refused(given: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """At registration, with the place."""
    with pytest.raises(AppError, match=r"^tests/.*test_explain.py:\d+: when") as error:
        condition(when=given)

    assert said in str(error.value)


def generated(value: str) -> Iterator[bool]:
    yield value == "a"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (generated, "generated is a generator"),
        (lambda: True, "<lambda> must take one argument, a value of the header"),
        (lambda value, event: True, "<lambda> must take one argument, a value of the header"),
    ],
)
def test_bad_functions_of_a_header_are_refused(given: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """At registration, with the place: a generator would count as true, the others would fail at the first event."""
    with pytest.raises(AppError, match=r"^tests/.*test_explain.py:\d+: header 'X-A': ") as error:
        condition(header={"X-A": given})

    assert said in str(error.value)


@pytest.mark.parametrize("function", [int, str.isdigit, lambda value: value == "1", functools.partial(int, base=16)])
def test_what_takes_one_value_is_a_function_of_a_header(function: Any) -> None:  # noqa: ANN401  any callable
    """Also a class, and what C has written."""
    assert condition(header={"X-A": function}).matches(make_event(headers={"X-A": ["1"]}))


def test_an_error_about_a_secret_header_does_not_show_it() -> None:
    """The text of the exception would: it is left out of what is raised, with everything that leads to it."""
    asked = condition(header={"X-Gitlab-Token": int})
    sent = make_event(headers={"X-Gitlab-Token": ["glpat-1"]})
    with pytest.raises(RuntimeError, match="header 'X-Gitlab-Token': int raised ValueError") as error:
        asked.matches(sent)

    assert "glpat" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("asked", [condition(when=lambda event: later(event)), condition(header={"X-A": lambda v: later(v)})])  # fmt: skip  # noqa: E501, PLW0108
def test_an_answer_to_be_awaited_is_no_answer(asked: Condition) -> None:
    """It would always count as true."""
    with pytest.raises(TypeError, match="nobody does"):
        asked.matches(make_event(headers={"X-A": ["1"]}))


def test_a_filter_may_be_compiled_before() -> None:
    """`where=` takes what `compile_filter` made, joined with others for one."""
    asked = condition(where=compile_filter({"a": 1}) | compile_filter({"b": 1}))

    assert asked.matches(make_event(payload={"b": 1}))
    assert not asked.matches(make_event(payload={"c": 1}))


def test_a_body_that_cannot_be_decoded_is_no_answer() -> None:
    """It raises: it is neither a match nor none."""

    class Broken:
        topic, headers = None, make_event(headers=GITHUB).headers

        @property
        def payload(self) -> object:
            raise PayloadDecodeError("broken")

    for asked in (condition(where={"a": 1}), condition("github:issues.opened"), condition(when=is_big)):
        with pytest.raises(PayloadDecodeError):
            asked.matches(Broken())  # type: ignore[arg-type]  # what conditions ask of an event
