"""Events: out of records, decoded when they are asked, shown without secrets."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import pprint
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks import errors, webhook_event
from mister_webhooks.envelope import Envelope, encode_envelope
from mister_webhooks.errors import EnvelopeDecodeError, FormatError, PayloadDecodeError, UnsupportedEnvelope
from mister_webhooks.headers import Headers
from mister_webhooks.payload import encode_payload
from mister_webhooks.types import JSON, ConsumerRecord
from mister_webhooks.webhook_event import HTTPMethod, Position, WebhookEvent

TIME = datetime(2026, 11, 23, 12, 30, 0, 123000, tzinfo=UTC)
TIMESTAMP = 1795437000123
ENCODINGS = ["JSON", "CBOR"]


def envelope(
    payload: JSON = None,
    *,
    method: str = "POST",
    headers: dict[str, list[str]] | None = None,
    encoding: str = "JSON",
    body: bytes | None = None,
) -> bytes:
    raw = encode_payload(encoding, payload) if body is None else body
    return encode_envelope(Envelope(method, headers or {}, raw, encoding))


def record(
    value: bytes | None, *, kind: bytes | None = b"\x80", timestamp: int = TIMESTAMP, key: bytes | None = None
) -> ConsumerRecord:
    headers = [] if kind is None else [("envelope", kind)]
    return ConsumerRecord("incoming.acme.github", 0, 1, 17, timestamp, 0, key, value, headers, None, -1, -1, -1)


def read(value: bytes | None) -> WebhookEvent:
    event = WebhookEvent.from_record(record(value))
    assert event is not None
    return event


def is_decoded(event: WebhookEvent) -> bool:
    return "payload" in vars(event)


def test_an_event_out_of_a_record() -> None:
    """It holds what the sender sent, when, and where it was read."""
    headers = {"X-GitHub-Event": ["push"], "Accept": ["a", "b"]}
    raw = envelope({"ref": "refs/heads/main"}, headers=headers)

    event = WebhookEvent.from_record(record(raw, key=b"k"))

    assert event is not None
    assert event.method is HTTPMethod.POST
    assert event.timestamp == TIME
    assert event.timestamp.tzinfo is UTC
    assert type(event.headers) is Headers
    assert event.headers.first("x-github-event") == "push"
    assert event.payload == {"ref": "refs/heads/main"}
    assert (event.topic, event.partition, event.offset, event.key) == ("incoming.acme.github", 0, 17, b"k")
    assert event.position == Position("incoming.acme.github", 0, 17, TIME)
    assert str(event.position) == "incoming.acme.github:0:17"


@pytest.mark.parametrize("kind", [0x00, 0x01, 0x7F])
def test_system_messages_are_no_events(kind: int) -> None:
    """Whatever they hold."""
    assert WebhookEvent.from_record(record(b"\xff\xff", kind=bytes([kind]))) is None
    assert WebhookEvent.from_record(record(None, kind=bytes([kind]))) is None


@pytest.mark.parametrize("kind", [0x81, 0xFF])
def test_a_newer_protocol(kind: int) -> None:
    """The message says where the record stands and how to upgrade."""
    with pytest.raises(UnsupportedEnvelope) as caught:
        WebhookEvent.from_record(record(envelope(), kind=bytes([kind])))

    assert str(caught.value) == (
        f"incoming.acme.github:0:17: envelope type 0x{kind:02x} is newer than this package;"
        " upgrade: pip install -U mister-webhooks"
    )
    with pytest.raises(UnsupportedEnvelope, match=f"^envelope type 0x{kind:02x} is newer"):
        WebhookEvent.decode(kind, TIME, envelope())


@pytest.mark.parametrize("kind", [None, b"", b"\x80\x80"])
def test_a_record_that_breaks_the_protocol(kind: bytes | None) -> None:
    """The message says where the record stands."""
    with pytest.raises(FormatError, match=r"^incoming\.acme\.github:0:17: .*'envelope' header"):
        WebhookEvent.from_record(record(envelope(), kind=kind))


@pytest.mark.parametrize("value", [b"", None, b"hello", envelope({})[:-1]])
def test_a_record_whose_value_is_no_envelope(value: bytes | None) -> None:
    """The message says where the record stands."""
    with pytest.raises(EnvelopeDecodeError, match=r"^incoming\.acme\.github:0:17: the record is no Avro envelope: "):
        WebhookEvent.from_record(record(value))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("method", list(HTTPMethod))
def test_decode(method: HTTPMethod, encoding: str) -> None:
    """The way of 1.0.0, without its defects: each method is itself, and headers do not raise."""
    raw = envelope({"a": 1}, method=method, headers={"A": ["1"]}, encoding=encoding)

    event = WebhookEvent.decode(0x80, TIME, raw)

    assert event == WebhookEvent(method, TIME, Headers({"a": ["1"]}), {"a": 1})
    assert is_decoded(event)
    assert event.position is None
    assert WebhookEvent.decode(envelopeType=0x80, timestamp=TIME, raw=bytearray(raw)) == event


def test_decode_refuses_at_once() -> None:
    """It decodes the body, too."""
    with pytest.raises(PayloadDecodeError, match=r"^the body is no JSON"):
        WebhookEvent.decode(0x80, TIME, envelope(body=b"{"))
    with pytest.raises(EnvelopeDecodeError, match=r"^the record is no Avro envelope"):
        WebhookEvent.decode(0x80, TIME, b"")
    with pytest.raises(FormatError, match="envelope type 0x05 is a system message"):
        WebhookEvent.decode(0x05, TIME, b"")


def test_decode_takes_local_time() -> None:
    """`datetime.fromtimestamp(seconds)`, as programs for 1.0.0 have it, is the same moment in UTC."""
    local = WebhookEvent.decode(0x80, TIME.astimezone().replace(tzinfo=None), envelope())
    elsewhere = TIME.astimezone(timezone(timedelta(hours=5)))

    assert (local.timestamp, local.timestamp.tzinfo) == (TIME, UTC)
    assert WebhookEvent.decode(0x80, elsewhere, envelope()).timestamp is elsewhere


@given(st.datetimes(timezones=st.just(UTC)))
def test_timestamps_are_exact(moment: datetime) -> None:
    """To the millisecond, in every year that Python knows."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    event = WebhookEvent.from_record(record(envelope(), timestamp=milliseconds))

    assert event is not None
    assert event.timestamp == moment


@pytest.mark.parametrize("timestamp", [1 << 62, -(1 << 62), 253402300800000])
def test_timestamps_out_of_range(timestamp: int) -> None:
    """A record's 64 bits hold more than the years that Python knows."""
    with pytest.raises(FormatError, match=f"0:17: the record's timestamp, {timestamp} ms since 1970, is out of range"):
        WebhookEvent.from_record(record(envelope(), timestamp=timestamp))


def test_the_payload_is_decoded_when_it_is_asked_for() -> None:
    """Once, and whoever asks later gets the same object."""
    event = read(envelope({"a": [1]}))
    assert not is_decoded(event)
    assert event.headers == {}
    assert not is_decoded(event)

    payload = event.payload

    assert payload == {"a": [1]}
    assert event.payload is payload
    assert "_body" not in vars(event)


@pytest.mark.parametrize("ask", [repr, pprint.pformat, dataclasses.asdict, lambda event: event == event])  # noqa: PLR0124
def test_whatever_needs_the_payload_decodes_it(ask: Callable[[WebhookEvent], object]) -> None:
    """Showing and comparing an event do."""
    event = read(envelope({"a": [1]}))

    ask(event)

    assert is_decoded(event)


def test_an_undecodable_payload_raises_each_time() -> None:
    """With the event's position; everything else of the event can be used."""
    event = read(envelope(body=b"{", headers={"A": ["1"]}))

    for _ in range(2):
        with pytest.raises(PayloadDecodeError) as caught:
            event.payload  # noqa: B018 - asking for it is the point
        assert str(caught.value).startswith("incoming.acme.github:0:17: the body is no JSON: ")
    assert event.headers.first("a") == "1"
    assert event.position is not None


def test_an_undecodable_payload_can_be_shown() -> None:
    """`repr` does not raise: it says why there is none."""
    shown = repr(read(envelope(body=b"{")))

    assert "payload=<undecodable: incoming.acme.github:0:17: the body is no JSON: " in shown
    assert "topic='incoming.acme.github'" in shown


def test_events_are_shown_field_by_field() -> None:
    """`consumer.run(pprint.pprint)` prints something that can be read."""
    payload: JSON = {"repository": {"full_name": "acme/one"}, "commits": ["a" * 40, "b" * 40]}
    event = read(envelope(payload, headers={"X-GitHub-Event": ["push"]}))

    lines = pprint.pformat(event).splitlines()

    assert [line.strip() for line in lines] == [
        "WebhookEvent(method=<HTTPMethod.POST: 'POST'>,",
        "timestamp=datetime.datetime(2026, 11, 23, 12, 30, 0, 123000, tzinfo=datetime.timezone.utc),",
        "headers={'X-GitHub-Event': ['push']},",
        f"payload={{'commits': ['{'a' * 40}',",
        f"'{'b' * 40}'],",
        "'repository': {'full_name': 'acme/one'}},",
        "topic='incoming.acme.github',",
        "partition=0,",
        "offset=17,",
        "key=None)",
    ]


def test_secrets_are_not_shown() -> None:
    """Neither in `repr` nor in what `pprint` prints, before and after the payload is decoded."""
    event = read(envelope({}, headers={"Authorization": ["hunter2"], "X-Hub-Signature-256": ["hunter2"]}))

    for _ in range(2):
        assert "hunter2" not in repr(event) + str(event) + pprint.pformat(event)


def test_events_are_made_as_before() -> None:
    """Four fields by position, as in 1.0.0; plain headers and a method's name are taken, the rest is by keyword."""
    headers = {"A": ["1"]}
    event = WebhookEvent(HTTPMethod.PUT, TIME, headers, {"a": 1})  # type: ignore[arg-type]  # a plain dict is the point
    same = WebhookEvent("PUT", TIME, Headers(headers), payload={"a": 1}, topic="t", partition=1, offset=2)  # type: ignore[arg-type]  # as above

    assert (type(event.headers), event.headers.first("a")) == (Headers, "1")
    assert same.method is HTTPMethod.PUT
    assert same == event
    assert (event.position, str(same.position)) == (None, "t:1:2")
    assert WebhookEvent("PUT", TIME, Headers(), {}) != event  # type: ignore[arg-type]  # as above
    with pytest.raises(ValueError, match="BREW"):
        WebhookEvent("BREW", TIME, Headers(), None)  # type: ignore[arg-type]  # as above
    with pytest.raises(TypeError, match="positional"):
        WebhookEvent(HTTPMethod.PUT, TIME, Headers(), None, "topic")  # type: ignore[call-arg]  # the point


def test_methods() -> None:
    """In the order of 1.0.0, each equal to its name."""
    assert [method.name for method in HTTPMethod] == ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]
    assert all(method == method.name == str(method) for method in HTTPMethod)


def test_unknown_attributes() -> None:
    """An event has no more fields than it shows."""
    event = read(envelope({}))

    with pytest.raises(AttributeError, match="'WebhookEvent' object has no attribute 'body'"):
        event.body  # noqa: B018 - asking for it is the point
    with pytest.raises(AttributeError, match="no attribute 'payload'"):
        WebhookEvent.__new__(WebhookEvent).payload  # noqa: B018 - as above


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda event: pickle.loads(pickle.dumps(event)),
        lambda event: dataclasses.replace(event, partition=1),
    ],
)
def test_copies(copied: Callable[[WebhookEvent], WebhookEvent]) -> None:
    """An event may be copied before its payload is decoded, and after."""
    event = read(envelope({"a": 1}, headers={"A": ["1"], "a": ["2"]}))

    before = copied(event)
    assert event.payload == {"a": 1}
    after = copied(event)

    assert before == after == event
    assert before.headers.first("A") == "1"
    assert before.offset == after.offset == 17


@pytest.fixture
def _switching_threads_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_switching_threads_often")
def test_threads_get_one_payload() -> None:
    """Handlers of one event that start at the same time share what the first to finish has decoded."""
    for _ in range(50):
        event, start = read(envelope([1.5] * 100)), threading.Barrier(4)
        seen: list[object] = []

        def ask(event: WebhookEvent, start: threading.Barrier, seen: list[object]) -> None:
            start.wait()
            seen.append(event.payload)

        threads = [threading.Thread(target=ask, args=(event, start, seen)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(seen) == 4
        assert all(payload is event.payload for payload in seen)


def test_an_empty_body() -> None:
    """A webhook without one has the payload None."""
    for encoding in ENCODINGS:
        assert read(envelope(body=b"", encoding=encoding)).payload is None


def test_the_errors_of_1_0_0() -> None:
    """They are where they were, and are the client's own."""
    assert webhook_event.DecodeError is errors.DecodeError
    assert webhook_event.EnvelopeDecodeError is errors.EnvelopeDecodeError
    assert webhook_event.PayloadDecodeError is errors.PayloadDecodeError


json_values: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
spellings = st.text(alphabet="abAB-é", min_size=1, max_size=5)


@given(
    payload=json_values,
    method=st.sampled_from(HTTPMethod),
    headers=st.dictionaries(spellings, st.lists(st.text(max_size=5), min_size=1, max_size=3), max_size=5),
    encoding=st.sampled_from(ENCODINGS),
)
def test_round_trip(payload: JSON, method: HTTPMethod, headers: dict[str, list[str]], encoding: str) -> None:
    """Any JSON document, any method, headers in any spelling, both encodings: the event is what was sent."""
    raw = envelope(payload, method=method, headers=headers, encoding=encoding)
    sent = WebhookEvent(method, TIME, Headers(headers), payload)

    assert read(raw) == WebhookEvent.decode(0x80, TIME, raw) == sent
    assert {name.lower() for name in headers} == {name.lower() for name in read(raw).headers}
