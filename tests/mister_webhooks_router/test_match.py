from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import App, Matched, NotMatched, Undecided
from tests.mister_webhooks_router.memory_source import TOPIC, UNDECODABLE, _record, body, make_event
from tests.mister_webhooks_router.routing.test_selection import BODIES, HEADERS, ROUTES, Route


def explained(app: App, event: WebhookEvent) -> dict[str, object]:
    return {one.handler.name: one.match for one in app.explain(event)}


def from_bytes(value: bytes) -> WebhookEvent:
    event = WebhookEvent.from_record(_record(TOPIC, 0, value, (b"\x80",)))
    assert event is not None
    return event


def test_each_handler_says_why_it_does_not_get_an_event() -> None:
    """In the order of registration, the first clause that the event does not fulfil; those after a final one too."""
    app = App()
    app.on("github:push", method="PUT", name="method")(lambda: None)
    app.on("github:issues", name="event")(lambda: None)
    app.on("github:push", where={"ref": "main"}, name="where")(lambda: None)
    app.on("github:push", when=lambda event: event.payload.get("big"), name="when")(lambda: None)
    app.on("github:push", name="gets-it", final=True)(lambda: None)
    app.on(name="late")(lambda: None)
    event = make_event(headers={"x-github-event": ["push"]}, payload={"ref": "dev"})
    explanations = app.explain(event)

    assert [one.handler for one in explanations] == list(app.handlers)
    assert [one.match for one in explanations] == [
        NotMatched('method: expected "PUT", got "POST"'),
        NotMatched('event: expected "github:issues", got "github:push"'),
        NotMatched('where.ref: expected "main", got "dev"'),
        NotMatched("when: <lambda> returned None"),
        Matched(),
        NotMatched("after the final handler 'gets-it'"),
    ]


def test_a_condition_that_raises_leaves_it_undecided() -> None:
    """That is no match and not none either, and cuts nothing off."""
    app = App()
    app.on(when=lambda event: event.payload["size"] > 1, name="raises", final=True)(lambda: None)
    app.on(name="all")(lambda: None)

    assert explained(app, make_event(payload={})) == {
        "raises": Undecided("match", "KeyError: 'size'"),
        "all": Matched(),
    }


def test_a_body_that_cannot_be_decoded_leaves_all_undecided_that_might_match() -> None:
    """None of them runs, also not the one that needs no body; those that did not want the event say why."""
    app = App()
    app.on(name="headers")(lambda headers: None)
    app.on(method="PUT", name="put")(lambda: None)
    app.on(where={"a": 1}, name="where")(lambda: None)
    match = explained(app, from_bytes(UNDECODABLE))

    assert match["put"] == NotMatched('method: expected "PUT", got "POST"')
    assert match["headers"] == match["where"]
    assert isinstance(match["where"], Undecided)
    assert match["where"].stage == "decode"
    assert f"PayloadDecodeError: {TOPIC}:0:0" in match["where"].reason


def test_a_broken_body_that_nobody_needs_leaves_nothing_undecided() -> None:
    """What is handled by headers alone, or cut off by such a handler, is decided."""
    app = App()
    app.on(name="headers", final=True)(lambda headers: None)
    app.on(where={"a": 1}, name="where")(lambda: None)

    assert explained(app, from_bytes(UNDECODABLE)) == {
        "headers": Matched(),
        "where": NotMatched("after the final handler 'headers'"),
    }


def test_why_another_event_does_not_match_needs_no_body() -> None:
    """What the headers decide stays decided where the body, which holds the action, is broken."""
    app = App()
    app.on("github:push", name="other event")(lambda: None)
    app.on("stripe:*", name="other sender")(lambda: None)
    event = from_bytes(body(headers={"X-GitHub-Event": ["pull_request"]}, raw=b"{"))

    assert explained(app, event) == {
        "other event": NotMatched('event: expected "github:push", got "github:pull_request"'),
        "other sender": NotMatched('event: expected "stripe:*", got "github:pull_request"'),
    }
    assert app.match(event) == []


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (make_event(headers={"X-GitHub-Event": ["push"]}), NotMatched("unmatched: {} one that is taken")),
        (make_event(headers={"X-GitHub-Event": ["ping"]}), NotMatched("unmatched: {} a handshake")),
        (make_event(headers={"X-GitHub-Event": ["star"]}), NotMatched("unmatched: {} one that is ignored")),
        (make_event(headers={"X-GitHub-Event": ["fork"]}), Matched()),
        (make_event(), Matched()),
    ],
)
def test_the_handler_of_the_rest_says_why_too(event: WebhookEvent, said: Any) -> None:  # noqa: ANN401  a match
    """It gets what no other handler takes, but no handshakes and nothing that is ignored."""
    app = App()
    app.unmatched(name="rest")(lambda headers: None)
    app.on("github:push", name="push")(lambda: None)
    app.ignore("github:star")
    if isinstance(said, NotMatched):
        said = NotMatched(said.reason.format("expected an event that no other handler takes, got"))

    assert explained(app, event)["rest"] == said
    assert [one.name for one in app.match(event)] == (
        ["push"] if "taken" in str(said) else ["rest"] * (said == Matched())
    )


@given(routes=ROUTES, headers=HEADERS, raw=BODIES)
@settings(max_examples=60)
def test_explanations_agree_with_what_is_selected(
    routes: list[Route], headers: dict[str, list[str]], raw: bytes
) -> None:
    """Who matches in one matches in the other, whatever handlers and event are."""
    app = App()
    for number, route in enumerate(routes):
        function = (lambda payload: None) if route.wants_payload else (lambda: None)
        app._register(function, conditions=route.conditions, name=str(number), final=route.final)
    routed = app.route(from_bytes(body(headers=headers, raw=raw)))
    explanations = app.explain(from_bytes(body(headers=headers, raw=raw)))

    matched = [one.handler for one in explanations if one.match == Matched()]
    undecided = [one for one in explanations if isinstance(one.match, Undecided)]
    assert matched == [handler for handler, error in routed.handlers if error is None]
    if routed.undecodable is None:
        assert [one.handler for one in undecided] == [one.handler for one in routed.handlers if one.error is not None]
    else:
        assert undecided
        assert {one.match.stage for one in undecided if isinstance(one.match, Undecided)} >= {"decode"}
