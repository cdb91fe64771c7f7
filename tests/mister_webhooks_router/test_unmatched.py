from __future__ import annotations

import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import ANY, App, AppError, HandlerFailed
from mister_webhooks_router.engine import EventResult, Runner
from mister_webhooks_router.providers import sample_event
from mister_webhooks_router.samples import providers, samples
from mister_webhooks_router.unmatched import MOST_LINES, Fate, UnmatchedLog, suggestion
from tests.mister_webhooks_router.memory_source import TOPIC, UNDECODABLE, MemorySource, body, make_event
from tests.mister_webhooks_router.running import BURST, run

LOGGER = "mister_webhooks_router.unmatched"
SLACK = {"X-Slack-Signature": ["v0=abc"], "X-Slack-Request-Timestamp": ["1"]}


def github(event: str, payload: object = None) -> bytes:
    return body(payload, headers={"X-GitHub-Event": [event]})


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)


def pasted(line: str) -> App:
    """An app with a handler under that line."""
    namespace = {"app": App(), "ANY": ANY}
    exec(f"{line}\ndef handler(event): ...", namespace)
    app = namespace["app"]
    assert isinstance(app, App)
    return app


def test_each_shape_is_logged_once_with_a_line_to_paste(caplog: pytest.LogCaptureFixture) -> None:
    """Counted each time, logged the first time, with the place of that event."""
    app = App()
    app.on("github:push", name="push")(lambda headers: None)
    source = MemorySource(github("push"), github("star"), github("fork"), github("star"), body(), body())
    report = run(app, source)

    assert (report.events, report.unmatched, report.handled) == (6, 5, 1)
    about = "no handler takes this and others like it. One would with"
    assert lines(caplog) == [
        f'{TOPIC}:0:1: {about} @app.on("github:star")',
        f'{TOPIC}:0:2: {about} @app.on("github:fork")',
        f'{TOPIC}:0:4: {about} @app.on(method="POST", topic="{TOPIC}")',
    ]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (make_event(headers={"X-GitHub-Event": ["star"]}, payload={"action": "new"}), '@app.on("github:star.new")'),
        (make_event(headers={"X-GitHub-Event": [' "']}), '@app.on("github:*")'),
        (make_event(headers={"Stripe-Signature": ["s"]}, payload={"type": "a.b"}), '@app.on("stripe:a.b")'),
        (make_event(headers={"Stripe-Signature": ["s"]}, payload={}), '@app.on("stripe:*")'),
        (
            make_event("PUT", {"X-Acme-Event": ["order.paid"], "X-Event-Id": ["7"], "Content-Type": ["text/plain"]}),
            '@app.on(method="PUT", header={"X-Acme-Event": "order.paid"}, topic="incoming.acme.github")',
        ),
        (
            make_event(headers={"X-Topic": ["a b"], "X-Event-Token": ["s3cret"], "event-type": ["9" * 65]}),
            '@app.on(method="POST", header={"X-Topic": ANY, "event-type": ANY}, topic="incoming.acme.github")',
        ),
        (make_event(headers={"\u017f-event": ["a"]}), '@app.on(method="POST", topic="incoming.acme.github")'),
    ],
)  # fmt: skip
def test_the_line_to_paste_matches_the_event(event: WebhookEvent, line: str) -> None:
    """What is suggested works as it stands, and shows no secret."""
    suggested = suggestion(event, App()._sender(event))

    assert suggested == line
    assert len(pasted(suggested).match(event)) == 1


@pytest.mark.parametrize("provider", providers())
def test_the_line_to_paste_matches_every_sample(provider: str) -> None:
    """Of every provider, decoded or not."""
    for one in samples(provider):
        event = sample_event(one)
        assert len(pasted(suggestion(event, App()._sender(event))).match(event)) == 1


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=70)


@given(name=TEXT, kind=TEXT, payload=st.one_of(TEXT, st.none()))
def test_the_line_to_paste_matches_whatever_was_sent(name: str, kind: str, payload: str | None) -> None:
    """Names that a sender made up are quoted, or left out."""
    headers = {"x-github-event": [name], "X-Kind": [kind]}
    for event in (
        make_event(headers=headers, payload={"action": payload}),
        make_event(headers={"Stripe-Signature": ["s"]}, payload={"type": name, "action": payload}),
        make_event(headers={"X-Kind": [kind], name: [name]}),
    ):
        assert len(pasted(suggestion(event, App()._sender(event))).match(event)) == 1


def test_a_body_is_not_decoded_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Where nobody asks for a sender's events by name, the line is about all of them."""
    report = run(App(), MemorySource(body(headers={"Stripe-Signature": ["s"]}, raw=b"{")))

    assert (report.unmatched, report.failed) == (1, 0)
    assert '@app.on("stripe:*")' in lines(caplog)[0]


def test_the_memory_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A sender that makes up new events gets no more than a number of lines."""
    log = UnmatchedLog()
    for number in range(MOST_LINES * 2):
        event = make_event(headers={"X-GitHub-Event": [f"event{number}"]})
        log.note(event, Fate.UNMATCHED, App()._sender(event))

    assert len(lines(caplog)) == MOST_LINES + 1
    assert lines(caplog)[-1] == f"{MOST_LINES} kinds of unmatched events have been logged; no more will be"
    assert len(log._told) == MOST_LINES


def test_handshakes_are_classed_apart(caplog: pytest.LogCaptureFixture) -> None:
    """They are counted and logged as what they are, once; no handler of the rest gets them."""
    app, seen = App(), list[str]()
    app.unmatched(name="rest")(lambda headers: seen.append(headers.first("X-GitHub-Event")))
    slack = body({"type": "url_verification", "challenge": "c"}, headers=SLACK)
    report = run(app, MemorySource(github("ping"), github("ping"), slack, github("star")))

    assert (report.handshakes, report.unmatched, report.handled, seen) == (3, 1, 1, ["star"])
    about = "a handshake, which only checks the address. A handler would take it with"
    assert [line for line in lines(caplog) if "a handshake" in line] == [
        f'{TOPIC}:0:0: {about} @app.on("github:ping")',
        f'{TOPIC}:0:2: {about} @app.on("slack:url_verification")',
    ]


def test_a_handler_that_asks_for_handshakes_gets_them() -> None:
    """Then they are events like the others."""
    app, seen = App(), list[str]()
    app.on("github:ping", name="ping")(lambda headers: seen.append("ping"))
    report = run(app, MemorySource(github("ping")))

    assert (report.handled, report.handshakes, seen) == (1, 0, ["ping"])


def test_ignored_events_are_silent(caplog: pytest.LogCaptureFixture) -> None:
    """No line, nothing for the handler of the rest, a count of their own; a handler that asks for one gets it."""
    app, seen = App(), list[str]()
    app.unmatched(name="rest")(lambda event: seen.append("rest"))
    app.on("github:fork", name="fork")(lambda event: seen.append("fork"))
    app.ignore("github:star.created", "github:f*", "stripe:invoice.*")
    stripe = body({"type": "invoice.paid"}, headers={"Stripe-Signature": ["s"]})
    report = run(app, MemorySource(github("star", {"action": "created"}), github("fork"), stripe))

    assert (report.ignored, report.unmatched, report.handled, seen) == (2, 0, 1, ["fork"])
    assert lines(caplog) == []


def test_what_is_ignored_is_checked() -> None:
    """As events of handlers are, with the place."""
    with pytest.raises(AppError, match=r"^tests/.*test_unmatched.py:\d+: .*Did you mean 'github'\?"):
        App().ignore("githb:star")


def test_a_broken_body_has_no_name() -> None:
    """An event of which nobody can tell whether it is ignored is not; nobody needs its body, so nothing fails."""
    app, seen = App(), list[str]()
    app.ignore("stripe:invoice.*")
    app.unmatched(name="rest")(lambda headers: seen.append("rest"))
    report = run(app, MemorySource(body(headers={"Stripe-Signature": ["s"]}, raw=b"{"), body(headers=SLACK, raw=b"{")))

    assert (report.unmatched, report.failed, seen) == (2, 0, ["rest", "rest"])


def test_the_handler_of_the_rest_is_a_handler_like_others() -> None:
    """With or without parentheses, several of them, in the table and by name; it fails and is reported as ever."""
    app, results = App(), list[EventResult]()

    @app.unmatched
    def rest(event: object) -> None:
        raise ValueError("boom")

    @app.unmatched(name="second")
    async def other(headers: object) -> None: ...

    app.on("github:push", name="push")(lambda: None)
    with pytest.raises(HandlerFailed, match=r"rest failed on .*: ValueError: boom"):
        Runner(app, MemorySource(github("star")), BURST, on_event=results.append).run()

    assert [(one.name.rpartition(".")[2], one.takes) for one in app.handlers] == [
        ("rest", "what no other handler takes"),
        ("second", "what no other handler takes"),
        ("push", "github:push"),
    ]
    assert [one.error is None for one in results[0].deliveries] == [False, True]
    assert results[0].fate is Fate.UNMATCHED


def test_a_broken_body_fails_where_the_rest_needs_it() -> None:
    """It is one failed delivery, as for any handler."""
    app = App()
    app.unmatched(name="rest")(lambda payload: None)
    with pytest.raises(HandlerFailed, match="stage decode") as failure:
        run(app, MemorySource(UNDECODABLE))

    assert failure.value.handlers == ("-",)


def test_a_condition_that_raises_leaves_nothing_to_the_rest() -> None:
    """Nobody knows whether its handler would take the event, so it is not unmatched."""
    app, seen = App(), list[str]()
    app.on(when=lambda _: 1 / 0, name="broken")(lambda: None)
    app.unmatched(name="rest")(lambda: seen.append("rest"))
    with pytest.raises(HandlerFailed, match=re.escape("a condition of broken failed on")):
        run(app, MemorySource(body()))

    assert seen == []
