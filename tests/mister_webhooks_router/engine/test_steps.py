from __future__ import annotations

from collections.abc import Callable

import pytest

from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks_router import (
    ANY,
    App,
    HandlerFailed,
    MalformedRecord,
)
from mister_webhooks_router.engine import EventResult, Runner, RunnerOptions
from tests.mister_webhooks_router.memory_source import TOPIC, UNDECODABLE, MemorySource, body
from tests.mister_webhooks_router.running import BURST, run


def test_the_body_of_an_unwanted_event_is_never_decoded() -> None:
    """A body that nobody can read passes where no handler matches, or where those that match need no body."""
    app, seen = App(), list[str]()

    @app.on(method="POST")
    def by_headers(headers: object) -> None:
        seen.append("by_headers")

    @app.on(header={"X-Other": ANY})
    def with_body(payload: object) -> None:
        seen.append("with_body")

    source = MemorySource(UNDECODABLE)
    report = run(app, source)

    assert (seen, report.failed, source.offset) == (["by_headers"], 0, 1)


@pytest.mark.parametrize("argument", ["event", "payload", "delivery"])
def test_a_body_that_cannot_be_decoded_is_one_failed_delivery(argument: str) -> None:
    """Where a matching handler can get at the body, none runs, and the failure belongs to no handler."""
    app, seen = App(), list[str]()
    wants: dict[str, Callable[..., None]] = {
        "event": lambda event: seen.append("ran"),
        "payload": lambda payload: seen.append("ran"),
        "delivery": lambda delivery: seen.append("ran"),
    }
    app.on(name="by-headers")(lambda headers: seen.append("ran"))
    app.on(name="with-body")(wants[argument])
    source, results = MemorySource(body(1), UNDECODABLE), list[EventResult]()
    with pytest.raises(HandlerFailed) as failure:
        Runner(app, source, BURST, on_event=results.append).run()

    assert (seen, source.offset, failure.value.handlers) == (["ran", "ran"], 1, ("-",))
    assert isinstance(failure.value.__cause__, PayloadDecodeError)
    assert f"{TOPIC}:0:1" in str(failure.value)
    assert [(one.name, one.handler, one.stage) for one in results[1].deliveries] == [("-", None, "decode")]
    assert "(stage decode)" in str(failure.value)


def test_a_condition_that_raises_is_a_failed_delivery_of_its_handler() -> None:
    """The handlers that do match run; the one whose condition raised does not."""
    app, seen = App(), list[str]()
    app.on(name="odd", header={"X-Count": lambda value: int(value) > 1})(lambda: seen.append("odd"))
    app.on(name="even")(lambda: seen.append("even"))
    source, results = MemorySource(body(headers={"X-Count": ["many"]})), list[EventResult]()
    said = r"a condition of odd failed on .* \(stage match\), .*: ValueError: invalid literal"
    with pytest.raises(HandlerFailed, match=said) as failure:
        Runner(app, source, BURST, on_event=results.append).run()

    assert (seen, failure.value.handlers, source.offset) == (["even"], ("odd",), 0)
    assert [(one.name, one.stage) for one in results[0].deliveries] == [("odd", "match"), ("even", "handler")]


def test_a_pattern_that_gave_up_is_a_failed_delivery() -> None:
    """It is not known whether it matches: the event is kept, and the text names the pattern."""
    app = App()
    app.on(name="slow", where={"text": {"$regex": r"(a|aa)+$"}})(lambda: None)
    source = MemorySource(body({"text": "a" * 200 + "!"}))
    with pytest.raises(HandlerFailed, match=r"stage match.*PatternGaveUp") as failure:
        run(app, source)

    assert (failure.value.handlers, source.offset) == (("slow",), 0)


def test_system_messages_are_passed_over_and_committed() -> None:
    """They are no events: nobody is told, their offsets are finished."""
    source, results = MemorySource(body(1)), list[EventResult]()
    source.add(b"for the service", headers=(b"\x00",))
    report = Runner(App(), source, BURST, on_event=results.append).run()

    assert (source.offset, report.system, report.events, len(results)) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("headers", "value"),
    [((), b"?"), ((b"\x80", b"\x80"), b"?"), ((b"\x80\x80",), b"?"), ((b"\x80",), b"\xff" * 11), ((b"\x80",), None)],
    ids=["no header", "two headers", "two bytes", "broken avro", "no value"],
)
@pytest.mark.parametrize("keep_going", [False, True])
def test_a_malformed_record_stops_the_run(headers: tuple[bytes, ...], value: bytes | None, *, keep_going: bool) -> None:
    """Exit 6 with the position; what was before is committed, this record is not, whatever the options."""
    source = MemorySource(body(1))
    source.add(value, headers=headers)
    with pytest.raises(MalformedRecord, match=f"{TOPIC}:0:1") as failure:
        run(App(), source, RunnerOptions(burst=True, keep_going=keep_going))

    assert (source.offset, failure.value.exit_code, failure.value.position) == (1, 6, f"{TOPIC}:0:1")


def test_a_newer_envelope_says_upgrade() -> None:
    """Exit 6 with the pip command."""
    source = MemorySource()
    source.add(b"?", headers=(b"\x81",))
    with pytest.raises(MalformedRecord, match="pip install") as failure:
        run(App(), source)

    assert failure.value.exit_code == 6
