from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mister_webhooks.errors import DecodeError, PayloadDecodeError
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import ABSENT, App, NotMatched
from mister_webhooks_router.providers import EventPattern
from mister_webhooks_router.routing import (
    Condition,
    EventCondition,
    HeaderCondition,
    MethodCondition,
    Selected,
    Selection,
    Selector,
    TopicCondition,
    header_conditions,
    method_condition,
    topic_condition,
    when_condition,
    where_condition,
)
from tests.mister_webhooks_router.memory_source import TOPIC, _record, body, make_event

SENDER_OF = App()._sender


@dataclass(frozen=True)
class Fixed(Condition):
    """A condition with a fixed answer that notes when it is asked."""

    answer: bool | Exception
    asked: list[Fixed] = field(default_factory=list, compare=False)

    def matches(self, event: WebhookEvent) -> bool:
        self.asked.append(self)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def fault(self, event: WebhookEvent) -> str:
        return "fixed"


@dataclass(frozen=True)
class Route:
    """What is needed of a handler."""

    conditions: tuple[Condition, ...] = ()
    final: bool = False
    wants_payload: bool = False


def select(routes: list[Route], event: WebhookEvent) -> Selected[Route]:
    return Selector(routes, SENDER_OF).select(event)


def undecoded(**headers: str) -> WebhookEvent:
    """An event out of a record, its body as it came."""
    sent = {name.replace("_", "-"): [value] for name, value in headers.items()}
    event = WebhookEvent.from_record(_record(TOPIC, 0, body(headers=sent, raw=b"{"), (b"\x80",)))
    assert event is not None
    return event


def events(*patterns: str) -> EventCondition:
    return EventCondition(tuple(EventPattern(*one.split(":", 1)) for one in patterns), SENDER_OF)


def test_all_conditions_must_match() -> None:
    """One that does not is enough, and those after it are not asked."""
    asked = list[Fixed]()
    yes, no = Fixed(answer=True, asked=asked), Fixed(answer=False, asked=asked)
    routes = [Route((yes, yes)), Route((no, yes)), Route((yes, no)), Route()]

    assert select(routes, make_event()).handlers == [Selection(routes[0]), Selection(routes[3])]
    assert [one.answer for one in asked] == [True, True, False, True, False]


def test_a_final_match_leaves_out_what_follows() -> None:
    """But only a match does."""
    no = Fixed(answer=False)
    routes = [Route((no,), final=True), Route(), Route(final=True), Route()]

    assert [one.handler for one in select(routes, make_event()).handlers] == routes[1:3]


def test_a_condition_that_raises_stands_with_its_handler() -> None:
    """The others are selected as ever; what is not known to match cuts nothing off."""
    error = ValueError("boom")
    routes = [Route(), Route((Fixed(answer=error),), final=True), Route()]

    assert select(routes, make_event()).handlers == [
        Selection(routes[0]),
        Selection(routes[1], error),
        Selection(routes[2]),
    ]


@pytest.mark.parametrize(
    ("route", "headers"),
    [
        (Route(wants_payload=True), {}),
        (Route((where_condition({"a": 1}),)), {}),
        (Route((when_condition(lambda event: event.payload),)), {}),
        (Route((events("github:pull_request.opened"),)), {"X_GitHub_Event": "pull_request"}),
        (Route((events("github:*.opened"),)), {"X_GitHub_Event": "pull_request"}),
        (Route((events("stripe:invoice.paid"),)), {"Stripe_Signature": "s"}),
        (Route((events("stripe:invoice.*"),)), {"Stripe_Signature": "s"}),
    ],
    ids=str,
)
def test_where_the_body_is_needed_and_broken_nobody_is_selected(route: Route, headers: dict[str, str]) -> None:
    """It is neither a match nor none; nor is it blamed on the condition that happened to ask first."""
    selected = select([Route(), route], undecoded(**headers))

    assert selected.handlers == []
    assert isinstance(selected.undecodable, PayloadDecodeError)


@pytest.mark.parametrize(
    ("routes", "headers", "expected"),
    [
        ([Route((events("github:push"),))], {"X_GitHub_Event": "push"}, 1),
        ([Route((events("github:pull_request"),))], {"X_GitHub_Event": "pull_request"}, 1),
        ([Route((events("github:*"),))], {"X_GitHub_Event": "pull_request"}, 1),
        ([Route((events("github:pull*"),))], {"X_GitHub_Event": "pull_request"}, 1),
        ([Route((events("stripe:*"),))], {"Stripe_Signature": "s"}, 1),
        ([Route((events("stripe:push", "stripe:*"),))], {"Stripe_Signature": "s"}, 1),
        ([Route((events("github:pull_request.opened"),))], {"X_GitHub_Event": "push"}, 0),
        ([Route((events("github:pull*.opened"),))], {"X_GitHub_Event": "push"}, 0),
        ([Route((events("stripe:invoice.paid"),), wants_payload=True)], {"X_GitHub_Event": "push"}, 0),
        ([Route((method_condition("PUT"), where_condition({"a": 1})))], {}, 0),
        ([Route((*header_conditions({"X-A": "1"}), where_condition({"a": 1})))], {"X_A": "2"}, 0),
        ([Route((*header_conditions({"X-A": str.isdigit}), events("stripe:a")))], {"Stripe_Signature": "s"}, 0),
        ([Route((topic_condition("other"), events("stripe:a")))], {"Stripe_Signature": "s"}, 0),
        ([Route(final=True), Route((events("stripe:a"),))], {"Stripe_Signature": "s"}, 1),
        ([Route(final=True), Route((where_condition({"a": 1}),), wants_payload=True)], {}, 1),
    ],
    ids=str,
)
def test_the_body_is_not_decoded_for_what_headers_tell(
    routes: list[Route], headers: dict[str, str], expected: int
) -> None:
    """A broken body passes where topic, method, headers or a final handler have settled who gets the event."""
    event = undecoded(**headers)
    selected = select(routes, event)

    assert selected.undecodable is None
    assert len(selected.handlers) == expected
    assert "payload" not in vars(event)


@pytest.mark.parametrize("asked", [{"header": {"X-A": int, "X-B": "2"}}, {"events": ["github:issues"]}])
def test_a_function_that_raises_does_not_matter_where_the_event_is_another(asked: dict[str, Any]) -> None:
    """Whether it is asked at all is the index's affair; what comes out must not hang on that."""
    app = App()
    app.on(*asked.get("events", []), header=asked.get("header", {"X-A": int}), name="one")(lambda: None)
    event = make_event(headers={"X-GitHub-Event": ["push"], "X-A": ["no number"], "X-B": ["1"]})
    (explained,) = app.explain(event)

    assert app.match(event) == []
    assert isinstance(explained.match, NotMatched)


def test_an_exact_header_that_the_index_does_not_hold_counts_as_much() -> None:
    """It holds one of each handler; a second one is asked, also behind a function that raises."""
    app = App()
    app.on(header={"X-B": "1", "X-A": int, "X-C": "1"}, name="one")(lambda: None)
    event = make_event(headers={"X-A": ["no number"], "X-B": ["1"], "X-C": ["2"]})

    assert app.match(event) == []
    assert app.explain(event)[0].match == NotMatched('header.X-C: expected "1", got "2"')


def test_a_decode_error_of_the_users_own_is_a_failed_match() -> None:
    """Only where this event's own body is broken does the event fail as a whole."""
    error = PayloadDecodeError("something else")
    route = Route((Fixed(answer=error),))

    assert select([route], make_event()).handlers == [Selection(route, error)]


# --- The index changes nothing ----------------------------------------------------------------------------------------


def in_order(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """As an app has them: what needs no body, the event, and the rest."""
    return tuple(sorted(conditions, key=lambda one: (one.reads_body, not isinstance(one, EventCondition))))


NAMES = ["push", "pull_request", "pull_request.opened", "pull_request.*", "p*", "*", "*.opened", "pull_request.o.x"]
PATTERNS = st.sampled_from([f"{provider}:{name}" for provider in ("github", "stripe", "gitlab") for name in NAMES])
CONDITIONS = st.one_of(
    st.lists(PATTERNS, min_size=1, max_size=3).map(lambda found: events(*found)),
    st.sampled_from(["POST", "PUT", ["POST", "PUT"]]).map(method_condition),
    st.sampled_from([TOPIC, "other", [TOPIC, "other"]]).map(topic_condition),
    st.tuples(
        st.sampled_from(["X-A", "x-a", "X-B", "X-GitHub-Event"]),
        st.sampled_from(["1", "2", ["1", "2"], ABSENT, str.isdigit, ["1", ABSENT], int]),
    ).map(lambda pair: header_conditions(dict([pair]))[0]),  # type: ignore[list-item]  # a pair
    st.sampled_from([{"action": "opened"}, {"action": {"$exist": False}}]).map(where_condition),
    st.sampled_from([lambda event: event.method == "PUT", lambda event: event.payload["action"]]).map(when_condition),
)
ROUTES = st.lists(
    st.builds(
        Route,
        st.lists(CONDITIONS, max_size=4).map(in_order),
        st.sampled_from([False, False, False, True]),
        st.booleans(),
    ),
    max_size=12,
)
HEADERS: Any = st.fixed_dictionaries(
    {},
    optional={
        "X-Github-Event": st.sampled_from([["push"], ["pull_request"], ["pull_request.opened"], []]),
        "Stripe-Signature": st.just(["s"]),
        "X-A": st.sampled_from([["1"], ["2"], ["a", "1"], []]),
        "x-b": st.sampled_from([["1"], ["2"]]),
    },
)
BODIES = st.sampled_from(
    [
        b"{",
        b"",
        b"[]",
        *(
            json.dumps(one).encode()
            for one in (
                {"action": "opened"},
                {"action": "closed", "type": "push"},
                {"type": "pull_request.opened"},
                {"type": "other"},
            )
        ),
    ]
)


def refused(route: Route, event: WebhookEvent) -> bool:
    """Whether topic, method, an exact header or the event says no."""
    plain = (TopicCondition, MethodCondition, EventCondition)
    return not all(
        one.matches(event)
        for one in route.conditions
        if isinstance(one, plain) or (isinstance(one, HeaderCondition) and one.exact)
    )


def wants(route: Route, event: WebhookEvent) -> bool:
    """Whether all of its conditions match. One that raises does not matter where the route is refused anyway."""
    try:
        return all(condition.matches(event) for condition in route.conditions)
    except DecodeError:
        raise
    except Exception:
        if refused(route, event):
            return False
        raise


def plainly(routes: list[Route], event: WebhookEvent) -> tuple[list[tuple[Route, type | None]], bool]:
    """What is selected, found by asking each handler in turn."""
    found: list[tuple[Route, type | None]] = []
    for route in routes:
        try:
            matched = wants(route, event)
        except DecodeError:
            return [], True
        except Exception as error:  # noqa: BLE001  as conditions raise
            found.append((route, type(error)))
            continue
        if matched:
            found.append((route, None))
            if route.final:
                break
    if any(route.wants_payload for route, error in found if error is None):
        try:
            event.payload  # noqa: B018  decodes it
        except DecodeError:
            return [], True
    return found, False


@settings(max_examples=300)
@given(routes=ROUTES, headers=HEADERS, raw=BODIES, method=st.sampled_from(["POST", "PUT"]))
def test_the_index_changes_nothing(routes: list[Route], headers: dict[str, list[str]], raw: bytes, method: str) -> None:
    """Whatever handlers and event are, the outcome is that of asking every handler in turn."""
    record = _record(TOPIC, 0, body(headers=headers, method=method, raw=raw), (b"\x80",))
    first, second = WebhookEvent.from_record(record), WebhookEvent.from_record(record)
    assert first is not None
    assert second is not None
    selected = select(routes, first)

    assert (
        [(one.handler, one.error and type(one.error)) for one in selected.handlers],
        selected.undecodable is not None,
    ) == plainly(routes, second)


@pytest.mark.parametrize(
    "condition",
    [
        lambda number: events(f"github:event{number}"),
        lambda number: events(f"github:event{number}.opened", f"stripe:event{number}"),
        lambda number: header_conditions({"X-GitHub-Event": [f"event{number}", f"other{number}"]})[0],
        lambda number: topic_condition(f"topic{number}"),
    ],
)
def test_of_many_handlers_few_are_asked(condition: Callable[[int], Condition]) -> None:
    """Those that the index knows not to want the event are never looked at, however many there are."""
    asked = list[Fixed]()
    routes = [Route((condition(number), Fixed(answer=True, asked=asked))) for number in range(1000)]
    headers = {"X-GitHub-Event": ["event7"]}
    selected = select(routes, make_event(headers=headers, payload={"action": "opened"}, topic="topic7"))

    assert [one.handler for one in selected.handlers] == [routes[7]]
    assert len(asked) == 1


def test_long_names_do_not_stay_in_memory() -> None:
    """Whoever sends the event chooses its name; what is remembered of names is for those that come again."""
    selector = Selector([Route((events("stripe:invoice.*"),))], SENDER_OF)
    tracemalloc.start()
    try:
        for number in range(40):
            name = f"invoice.{number}".ljust(500_000, "x")
            event = make_event(headers={"Stripe-Signature": ["s"]}, payload={"object": "event", "type": name})
            assert selector.select(event).handlers
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 5_000_000
