"""The shapes on the wire."""

from __future__ import annotations

import dataclasses
import io

import avro.io
from kafka.consumer.fetcher import ConsumerRecord as KafkaRecord

from mister_webhooks import types
from mister_webhooks.envelope import Envelope, encode_envelope


def test_the_record_is_kafka_pythons() -> None:
    """kafka-python's record has the same fields in the same order, so that either can be read."""
    assert KafkaRecord._fields == tuple(field.name for field in dataclasses.fields(types.ConsumerRecord))


def test_encodings() -> None:
    """Each equals its name on the wire, in the order of 1.0.0."""
    assert [(encoding.name, encoding.value) for encoding in types.Encoding] == [("CBOR", "CBOR"), ("JSON", "JSON")]


def test_the_reader() -> None:
    """It reads an envelope into the fields of `KafkaMessageEnvelopeV1`."""
    raw = encode_envelope(Envelope("PUT", {"A": ["1", "2"]}, b"{}", "CBOR"))

    fields = types.envelope_reader.read(avro.io.BinaryDecoder(io.BytesIO(raw)))

    assert fields == {"method": "PUT", "headers": {"A": ["1", "2"]}, "payload": b"{}", "encoding": "CBOR"}
    assert set(fields) == set(types.KafkaMessageEnvelopeV1.__annotations__)
