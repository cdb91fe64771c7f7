"""One line an event."""

from __future__ import annotations

import io
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from mister_webhooks_router import App, DeadLettered, Handled, Handler, Skipped, WebhookEvent
from mister_webhooks_router.cli.event_lines import EventLines
from mister_webhooks_router.engine import DeliveryResult, EventResult
from mister_webhooks_router.outcome import Outcome

NOW = datetime(2026, 11, 23, 12, 1, 7, tzinfo=UTC)


def app() -> App:
    app = App()
    app.on(header={"X-GitHub-Event": "push"}, name="on_push")(lambda event: None)
    app.on(header={"x-github-event": "ping", "X-Shop": "a"}, name="notify")(lambda event: None)
    return app


PUSH, NOTIFY = app().handlers


def event(**headers: str) -> WebhookEvent:
    named = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return WebhookEvent("POST", NOW, named, {}, topic="incoming.acme.github", partition=0, offset=3)  # type: ignore[arg-type]  # as a test may


def ended(handler: Handler | None, outcome: Outcome | None = None, error: Exception | None = None) -> DeliveryResult:
    return DeliveryResult(handler, outcome, error, 0.00141)


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError("in __str__")


def line(*deliveries: DeliveryResult, **headers: str) -> str:
    out = io.StringIO()
    EventLines(app().handlers, out, clock=lambda: NOW)(EventResult(event(**headers), list(deliveries)))
    return out.getvalue()


@pytest.mark.parametrize(
    ("deliveries", "text"),
    [
        ([ended(PUSH, Handled())], "on_push ok 1.4 ms"),
        ([ended(PUSH, Skipped("done before"))], "on_push skipped (done before)"),
        ([ended(PUSH, DeadLettered("OSError: down"))], "on_push dead-lettered (OSError: down)"),
        ([ended(PUSH, None, ValueError("no\nbranch"))], "on_push failed ValueError: no\\nbranch"),
        ([ended(PUSH, None, ValueError())], "on_push failed ValueError"),
        ([ended(PUSH, None, Broken())], "on_push failed Broken: <exception str() failed>"),
        ([ended(None, None, ValueError("no JSON"))], "- failed ValueError: no JSON"),
        ([ended(PUSH, Handled()), ended(NOTIFY, Skipped("x"))], "on_push ok 1.4 ms, notify skipped (x)"),
    ],
)
def test_what_became_of_an_event(deliveries: list[DeliveryResult], text: str) -> None:
    """Time, method, position, and each handler's result in the order in which they ran."""
    assert line(*deliveries) == f"12:01:07 POST incoming.acme.github:0:3  {text}\n"


def test_an_event_that_nobody_wants() -> None:
    """It is shown with what it has of the headers that handlers ask for, once for each spelling."""
    assert line(X_GitHub_Event="is\x1bsues").endswith(
        "no handler matched (x-github-event: is\\x1bsues, X-Shop: none)\n"
    )


def test_no_handler_asks_for_a_header() -> None:
    """Then there is no header to show."""
    out = io.StringIO()
    EventLines([], out, clock=lambda: NOW)(EventResult(event(), []))

    assert out.getvalue().endswith("  no handler matched\n")


def test_secret_and_long_headers_of_an_event_that_nobody_wants() -> None:
    """The one is masked, the other cut: a stranger chose both."""
    asked = App()
    asked.on(header={"Authorization": "Bearer a", "X-Kind": "b"}, name="asks")(lambda: None)
    out = io.StringIO()
    unwanted = event(Authorization="Bearer secret", X_Kind="x" * 9000)
    EventLines(asked.handlers, out, clock=lambda: NOW)(EventResult(unwanted, []))

    assert "(Authorization: ***, X-Kind: xxx" in out.getvalue()
    assert "secret" not in out.getvalue()
    assert len(out.getvalue()) < 400


def test_the_text_of_an_error_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It may quote the body; the traceback keeps its lines."""
    line(ended(PUSH, None, ValueError("\x1b[2Jgone\u202e")))
    said = capsys.readouterr().err

    assert "ValueError: \\x1b[2Jgone\\u202e" in said
    assert not set(said) & {"\x1b", "\u202e"}


def test_a_long_error_is_cut() -> None:
    """A line stays a line."""
    assert len(line(ended(PUSH, None, ValueError("x" * 9999)))) < 300


def test_where_a_handler_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """The traceback, of the user's frames alone, goes to standard error."""
    try:
        int("a")
    except ValueError as error:
        line(ended(PUSH, None, error))

    text = dedent(capsys.readouterr().err)
    assert text.startswith("Traceback (most recent call last):\n")
    assert 'int("a")' in text


def test_the_reader_goes_away() -> None:
    """The run is stopped, once, and nothing is raised into the engine."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    stopped: list[None] = []
    with open(write_end, "w", encoding="utf-8") as out:  # noqa: PTH123  a descriptor has no path
        lines = EventLines([], out)
        lines.on_closed = lambda: stopped.append(None)
        lines(EventResult(event(), []))
        lines(EventResult(event(), []))

    assert len(stopped) == 1


def test_lines_that_cannot_be_written_stop_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As on a full disk: it is told once, and the events are handled all the same."""
    readable = os.open(tmp_path / "out", os.O_RDONLY | os.O_CREAT)  # the system refuses every write
    stopped: list[None] = []
    out = open(readable, "w", encoding="utf-8")  # noqa: PTH123, SIM115  a descriptor has no path; closing it fails
    lines = EventLines([], out)
    lines.on_closed = lambda: stopped.append(None)
    lines(EventResult(event(), []))
    lines(EventResult(event(), []))
    with pytest.raises(OSError, match="descriptor"):
        out.close()

    assert not stopped
    assert capsys.readouterr().err.count("events are no longer shown") == 1


@pytest.mark.parametrize("gone", ["never there", "closed"])
def test_a_program_without_an_output(gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started without it, or a handler has closed it: there is nothing to show, and nothing to stop for."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", None if gone == "never there" else out)
    lines = EventLines([])
    out.close()
    lines.on_closed = pytest.fail

    lines(EventResult(event(), []))
