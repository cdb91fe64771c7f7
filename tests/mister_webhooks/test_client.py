"""The plain client without a broker: the names and signatures of 1.0.0, and the decoding of one record."""

from __future__ import annotations

import importlib
import inspect
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mister_webhooks import (
    ConsumerRecord,
    Envelope,
    EnvelopeDecodeError,
    FormatError,
    MisterWebhooksConsumer,
    PayloadDecodeError,
    UnsupportedEnvelope,
    client,
    encode_envelope,
)

V1 = ("envelope", b"\x80")


def record(value: bytes | None, *headers: tuple[str, bytes]) -> ConsumerRecord:
    """A record as kafka-python gives it, at t:2:7 in 2023."""
    return ConsumerRecord("t", 2, 0, 7, 1_700_000_000_123, 0, b"k", value, list(headers), None, 1, -1, -1)


def webhook(method: str = "POST", body: bytes = b'{"a": 1}') -> bytes:
    return encode_envelope(Envelope(method, {"X-A": ["1", "2"]}, body, "JSON"))


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("", ["ConnectionProfile", "HTTPMethod", "MisterWebhooksConsumer", "WebhookEvent"]),
        ("client", ["FormatError", "MisterWebhooksConsumer", "decode_message"]),
        ("connection_profile", ["ConnectionProfile"]),
        ("ssl_cert", ["new_ssl_client_context"]),
        ("types", ["ConsumerRecord", "Encoding", "KafkaMessageEnvelopeV1", "envelope_reader"]),
        (
            "webhook_event",
            ["DecodeError", "EnvelopeDecodeError", "HTTPMethod", "PayloadDecodeError", "WebhookEvent"],
        ),
    ],
)
def test_every_public_name_of_1_0_0_is_where_it_was(module: str, names: list[str]) -> None:
    """In the same modules."""
    found = importlib.import_module(f"mister_webhooks.{module}".rstrip("."))

    assert [name for name in names if not hasattr(found, name)] == []


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (MisterWebhooksConsumer, ["topic", "profile"]),
        (MisterWebhooksConsumer.run, ["self", "cb"]),
        (client.decode_message, ["raw"]),
    ],
)
def test_the_parameters_of_1_0_0_come_first(function: Any, parameters: list[str]) -> None:  # noqa: ANN401
    """By position or by name; what was added is by name only and has a default."""
    found = inspect.signature(function).parameters
    added = list(found.values())[len(parameters) :]

    assert list(found)[: len(parameters)] == parameters
    assert all(one.kind is one.KEYWORD_ONLY and one.default is not one.empty for one in added)
    assert isinstance(inspect.getattr_static(MisterWebhooksConsumer, "kafkaConsumer"), property)


def test_a_record_becomes_an_event() -> None:
    """With its method, its headers, an aware time, and where it stood; 1.0.0 failed on the first header."""
    event = client.decode_message(record(webhook("PATCH"), ("other", b""), V1))

    assert event is not None
    assert (event.method, event.headers, event.payload) == ("PATCH", {"X-A": ["1", "2"]}, {"a": 1})
    assert event.timestamp == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
    assert str(event.position) == "t:2:7"
    assert event.key == b"k"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_methods_are_told_apart(method: str) -> None:
    """In 1.0.0 all of them were GET."""
    event = client.decode_message(record(webhook(method), V1))

    assert event is not None
    assert event.method.name == method
    assert len(set(type(event.method))) == 6


def test_system_messages_are_no_events() -> None:
    """Whatever they hold."""
    assert client.decode_message(record(b"anything", ("envelope", b"\x00"))) is None
    assert client.decode_message(record(None, ("envelope", b"\x7f"))) is None


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (record(webhook()), FormatError),
        (record(webhook(), V1, V1), FormatError),
        (record(webhook(), ("envelope", b"\x80\x80")), FormatError),
        (record(webhook(), ("envelope", b"")), FormatError),
        (record(webhook(), ("envelope", b"\x81")), UnsupportedEnvelope),
        (record(b"\xff", V1), EnvelopeDecodeError),
        (record(webhook(body=b"{"), V1), PayloadDecodeError),
    ],
)
def test_what_cannot_be_decoded_is_refused_with_its_position(broken: ConsumerRecord, error: type[ValueError]) -> None:
    """Each with its own error, the body's at once too."""
    with pytest.raises(error, match="t:2:7"):
        client.decode_message(broken)


def test_an_event_prints_readably() -> None:
    """`consumer.run(pprint.pprint)` is the first thing that everybody tries."""
    shown = repr(client.decode_message(record(webhook(), V1)))

    assert json.dumps({"a": 1}).replace('"', "'") in shown
    assert "POST" in shown
