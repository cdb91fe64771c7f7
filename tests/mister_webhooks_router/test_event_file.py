from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks.envelope import Envelope, encode_envelope
from mister_webhooks.errors import FormatError
from mister_webhooks.types import JSON, Encoding
from mister_webhooks.webhook_event import HTTPMethod, WebhookEvent
from mister_webhooks_router.errors import UsageError
from mister_webhooks_router.event_file import EventFileError, FileEvent, parse_events, read_events, write_events
from mister_webhooks_router.local import LocalRecord

LINE: dict[str, JSON] = {
    "topic": "incoming.acme.github",
    "timestamp": "2026-11-20T08:14:53.781Z",
    "key": "k",
    "method": "POST",
    "headers": {"X-GitHub-Event": ["push"], "X-Tag": ["a", "b"]},
    "payload": {"ref": "refs/heads/main", "n": [1, 1.5, None, True]},
}
EVENT = FileEvent(
    "incoming.acme.github",
    datetime(2026, 11, 20, 8, 14, 53, 781_000, UTC),
    HTTPMethod.POST,
    {"X-GitHub-Event": ["push"], "X-Tag": ["a", "b"]},
    {"ref": "refs/heads/main", "n": [1, 1.5, None, True]},
    b"k",
)

json_values: st.SearchStrategy[JSON] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
events = st.builds(
    FileEvent,
    st.from_regex(r"[a-z.]{1,20}", fullmatch=True),
    st.integers(0, 4_102_444_800_000).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)),
    st.sampled_from(HTTPMethod),
    st.dictionaries(st.text(), st.lists(st.text(), max_size=3), max_size=3),
    json_values,
    st.none() | st.binary(),
)


def record_of(event: FileEvent, encoding: Encoding = Encoding.JSON) -> LocalRecord:
    headers = [("envelope", b"\x80")]
    return LocalRecord(event.topic, 0, 7, event.milliseconds, event.key, event.envelope(encoding), headers)


def objection(**changes: JSON) -> str:
    """What is said of the good line with some fields changed, or left out."""
    line = {name: value for name, value in {**LINE, **changes}.items() if value != "left out"}
    with pytest.raises(EventFileError) as caught:
        list(parse_events(["\n", json.dumps(line)], "events.jsonl"))
    assert isinstance(caught.value, UsageError)
    return str(caught.value)


def test_a_line_is_read_and_written() -> None:
    """Each field stands where it belongs, and the written line says the same."""
    assert FileEvent.from_line(json.dumps(LINE)) == EVENT
    assert json.loads(EVENT.to_line()) == LINE


@given(st.lists(events, max_size=3))
def test_a_file_gives_back_what_was_written(written: list[FileEvent]) -> None:
    """Whatever text, bytes and values the events hold, lines can be cut at their ends only."""
    text = "".join(f"{event.to_line()}\n" for event in written)

    assert list(parse_events(text.split("\n"), "f")) == written


@given(events, st.sampled_from(Encoding))
def test_an_event_becomes_a_record_and_comes_back(event: FileEvent, encoding: Encoding) -> None:
    """The record is what the client reads, in both encodings, and gives the same line."""
    record = record_of(event, encoding)
    decoded = WebhookEvent.from_record(record)

    assert FileEvent.from_record(record) == event
    assert decoded is not None
    assert (decoded.method, decoded.timestamp, decoded.payload) == (event.method, event.timestamp, event.payload)
    assert dict(decoded.headers) == event.headers


def test_an_empty_body_is_null() -> None:
    """A record without a body becomes a line whose payload is null."""
    value = encode_envelope(Envelope("GET", {}, b"", "JSON"))
    event = FileEvent.from_record(LocalRecord("a", 0, 0, 0, None, value, [("envelope", b"\x80")]))

    assert event is not None
    assert json.loads(event.to_line())["payload"] is None


def test_a_system_message_is_no_line() -> None:
    """Records that are no webhooks have no line; malformed ones are an error."""
    record = record_of(EVENT)

    assert FileEvent.from_record(record._replace(headers=[("envelope", b"\x00")])) is None
    with pytest.raises(FormatError):
        FileEvent.from_record(record._replace(headers=[]))


def test_a_key_may_be_missing_text_or_bytes() -> None:
    """A key that is no text is written in base64; one that is left out is none."""
    without = {name: value for name, value in LINE.items() if name != "key"}
    no_text = {**LINE, "key": {"base64": "/wA="}}

    assert FileEvent.from_line(json.dumps(without)).key is None
    assert FileEvent.from_line(json.dumps(no_text)).key == b"\xff\x00"
    assert json.loads(FileEvent.from_line(json.dumps(no_text)).to_line())["key"] == {"base64": "/wA="}


def test_files_are_written_and_read(tmp_path: Path) -> None:
    """A file holds one event a line; blank lines are passed over."""
    path = tmp_path / "events.jsonl"
    write_events(path, [EVENT, EVENT])
    path.write_text(path.read_text() + "\n  \n")

    assert list(read_events(path)) == [EVENT, EVENT]


def test_timestamps_may_have_any_zone() -> None:
    """A time is the same moment in every zone, and is written in UTC."""
    event = FileEvent.from_line(json.dumps({**LINE, "timestamp": "2026-11-20T09:14:53.781+01:00"}))

    assert event.timestamp == EVENT.timestamp
    assert json.loads(event.to_line())["timestamp"] == "2026-11-20T08:14:53.781Z"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"topic": "left out"}, "the field 'topic' is missing"),
        ({"topic": 1}, "topic: must be a string, not a number"),
        ({"timestamp": "x"}, "timestamp: 'x' is no ISO 8601 time with a zone, such as 2026-11-20T08:00:00Z"),
        ({"timestamp": "2026-11-20T08:14:53"}, "timestamp: '2026-11-20T08:14:53' is no ISO 8601 time with a zone"),
        ({"timestamp": None}, "timestamp: must be a string, not null"),
        ({"key": True}, "key: must be a string, not a boolean"),
        ({"key": {"base64": "#"}}, "key: no base64: "),
        ({"key": {}}, "key: must be a string, not an object"),
        ({"method": "PSOT"}, "method: 'PSOT' is none that webhooks come with. Did you mean 'POST'?"),
        ({"method": "x"}, "method: 'x' is none that webhooks come with. They come with GET, HEAD, POST, PUT, "),
        ({"headers": []}, "headers: must be an object, not a list"),
        ({"headers": {"a": "b"}}, "headers: 'a' must be a list of strings, not a string"),
        ({"headers": {"a": ["b", 1]}}, "headers: 'a': each value: must be a string, not a number"),
        ({"payload": "left out"}, "the field 'payload' is missing"),
        ({"paylod": 1}, "unknown field 'paylod'. Did you mean 'payload'?"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_line(changes: dict[str, JSON], said: str) -> None:
    """An error tells file, line, field and what it should be."""
    assert objection(**changes).startswith(f"events.jsonl:2: {said}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes at column 2"),
        ("[]", "a line must be an object, not a list"),
        ('{"payload": NaN}', "NaN is no JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_is_no_object_is_named(line: str, said: str) -> None:
    """Broken JSON is told with line and column."""
    with pytest.raises(EventFileError, match="f:1: ") as caught:
        list(parse_events([line], "f"))

    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file and one that is no text are errors with the file's name."""
    (tmp_path / "picture.jsonl").write_bytes(b"\x89PNG")

    with pytest.raises(EventFileError, match=r"missing\.jsonl: No such file"):
        list(read_events(tmp_path / "missing.jsonl"))
    with pytest.raises(EventFileError, match=r"picture\.jsonl: not UTF-8 text"):
        list(read_events(tmp_path / "picture.jsonl"))
