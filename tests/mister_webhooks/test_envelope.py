"""The envelope: two decoders that agree, one encoder, and the header with the type."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable

import avro.schema
import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks.envelope import (
    ENVELOPE_HEADER,
    ENVELOPE_V1,
    Envelope,
    decode_envelope,
    decode_with_avro,
    decode_with_fastavro,
    encode_envelope,
    envelope_type,
)
from mister_webhooks.errors import EnvelopeDecodeError, FormatError, MissingExtra
from mister_webhooks.headers import Headers
from mister_webhooks.types import ENVELOPE_SCHEMA_V1, envelope_reader
from tests.broker.octokit import Example

DECODERS = [decode_with_avro, decode_with_fastavro]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]
HEADERS = b"\x02" + b"\x02a" + b"\x02\x02b\x00" + b"\x00"
FUZZ_CASES = int(os.environ.get("FUZZ_CASES", "4000"))

decoders = pytest.mark.parametrize("decode", DECODERS)


def test_fastavro_decodes_where_it_is_installed() -> None:
    """With the extra `speed` the fast decoder is the one that is used."""
    assert decode_envelope is decode_with_fastavro


def test_without_fastavro() -> None:
    """The package works without the extra, with the reference decoder; the fast one names the pip command."""
    program = """
import sys
sys.modules["fastavro"] = None
from mister_webhooks import envelope
raw = envelope.encode_envelope(envelope.Envelope("PUT", {"A": ["1"]}, b"{}", "JSON"))
assert envelope.decode_envelope is envelope.decode_with_avro
print(*envelope.decode_envelope(raw))
try:
    envelope.decode_with_fastavro(raw)
except envelope.MissingExtra as exc:
    print(exc)
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert printed.splitlines() == ["PUT {'A': ['1']} b'{}' JSON", str(MissingExtra("speed", "decoding with fastavro"))]


@decoders
@pytest.mark.parametrize("encoding", ["JSON", "CBOR"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_and_encoding(decode: Callable[[bytes], Envelope], method: str, encoding: str) -> None:
    """What was encoded comes back; 1.0.0 read every method as GET, and no envelope with a header."""
    envelope = Envelope(method, {"X-GitHub-Event": ["push"], "Accept": ["a", "b"]}, b"\x00\xff", encoding)

    assert decode(encode_envelope(envelope)) == envelope


@decoders
def test_the_bytes_on_the_wire(decode: Callable[[bytes], Envelope]) -> None:
    """Method, headers, payload, encoding, as the Avro specification lays them out."""
    raw = b"\x04" + HEADERS + b"\x04{}" + b"\x02"
    envelope = Envelope("POST", {"a": ["b"]}, b"{}", "CBOR")

    assert encode_envelope(envelope) == raw
    assert decode(raw) == envelope


def test_other_avro_libraries_read_what_we_write(octokit: list[Example]) -> None:
    """And we read what they write: the recorded GitHub webhooks with their headers, by fastavro's own writer."""
    schema = fastavro.parse_schema(json.loads(ENVELOPE_SCHEMA_V1))
    for example in octokit[::10]:
        envelope = Envelope("POST", {name: [value] for name, value in example.headers.items()}, example.body, "JSON")
        theirs = _written_by_fastavro(schema, envelope)

        assert theirs == encode_envelope(envelope)
        assert decode_with_avro(theirs) == decode_with_fastavro(theirs) == envelope


def _written_by_fastavro(schema: object, envelope: Envelope) -> bytes:
    import io  # noqa: PLC0415 - only here

    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, envelope._asdict())  # type: ignore[arg-type]  # what parse_schema returns
    return out.getvalue()


envelopes = st.builds(
    Envelope,
    st.sampled_from(METHODS),
    st.dictionaries(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4), max_size=6),
    st.binary(max_size=200),
    st.sampled_from(["JSON", "CBOR"]),
)


@given(envelopes, st.binary(max_size=12))
def test_round_trip(envelope: Envelope, after: bytes) -> None:
    """Every envelope comes back from both decoders; bytes after it are passed over."""
    raw = encode_envelope(envelope)

    for decode in DECODERS:
        assert decode(raw) == decode(raw + after) == envelope


def test_headers_of_our_class_can_be_encoded() -> None:
    """Those of an event, for one who sends it on; spellings of one name become one."""
    raw = encode_envelope(Envelope("POST", Headers({"A": ["1"], "b": "2", "a": ["3"]}), b"", "JSON"))

    assert decode_envelope(raw).headers == {"A": ["1", "3"], "b": ["2"]}


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope("BREW", {}, b"", "JSON"),
        Envelope("POST", {}, b"", "XML"),
        Envelope("POST", {"a": [1]}, b"", "JSON"),  # type: ignore[list-item]  # the point
        Envelope("POST", {}, "text", "JSON"),  # type: ignore[arg-type]  # the point
    ],
)
def test_the_encoder_refuses_what_is_no_envelope(envelope: Envelope) -> None:
    """With a `ValueError` of one line."""
    with pytest.raises(ValueError, match=r"^this is no envelope: .*$"):
        encode_envelope(envelope)


MALFORMED = {
    "nothing": b"",
    "method only": b"\x04",
    "cut in the headers": b"\x04" + HEADERS[:4],
    "cut in the payload": b"\x04" + HEADERS + b"\x04{",
    "no encoding": b"\x04" + HEADERS + b"\x04{}",
    "negative method": b"\x01" + HEADERS + b"\x04{}\x00",
    "negative method, in the range of Python's": b"\x03" + HEADERS + b"\x04{}\x00",
    "method too large": b"\x0c" + HEADERS + b"\x04{}\x00",
    "method far too large": b"\xfe\xff\xff\xff\x0f" + HEADERS + b"\x04{}\x00",
    "negative encoding": b"\x04" + HEADERS + b"\x04{}\x01",
    "encoding too large": b"\x04" + HEADERS + b"\x04{}\x04",
    "huge payload": b"\x04" + HEADERS + b"\xfe" + b"\xff" * 8 + b"\x01{}\x00",
    "payload of 2 GB": b"\x04" + HEADERS + b"\x80\x80\x80\x80\x10{}\x00",
    "negative payload": b"\x04" + HEADERS + b"\x03{}\x00",
    "huge name": b"\x04\x02\xfe" + b"\xff" * 8 + b"\x01a\x02\x02b\x00\x00\x04{}\x00",
    "negative name": b"\x04\x02\x01a\x02\x02b\x00\x00\x04{}\x00",
    "huge number of headers": b"\x04\xfe" + b"\xff" * 8 + b"\x01\x02a\x02\x02b\x00\x00\x04{}\x00",
    "smallest number of headers": b"\x04" + b"\xff" * 9 + b"\x01\x00\x00\x04{}\x00",
    "huge number of values": b"\x04\x02\x02a\xfe" + b"\xff" * 8 + b"\x01\x02b\x00\x00\x04{}\x00",
    "name not UTF-8": b"\x04\x02\x02\xff\x02\x02b\x00\x00\x04{}\x00",
    "value with a surrogate": b"\x04\x02\x02a\x02\x06\xed\xa0\x80\x00\x00\x04{}\x00",
    "number of eleven bytes": b"\x84" + b"\x80" * 9 + b"\x00" + HEADERS + b"\x04{}\x00",
    "number of 70 bits": b"\x84" + b"\x80" * 8 + b"\x7e" + HEADERS + b"\x04{}\x00",
    "encoding of eleven bytes": b"\x04" + HEADERS + b"\x04{}" + b"\x80" * 10 + b"\x00",
    "number without end": b"\x80" * 1_000_000,
    "text": b"hello world",
}


@decoders
@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_envelopes(decode: Callable[[bytes], Envelope], raw: bytes) -> None:
    """Both decoders refuse them, in one line that shows nothing of them."""
    with pytest.raises(EnvelopeDecodeError, match=r"^the record is no Avro envelope: .+$") as caught:
        decode(raw)

    assert len(str(caught.value)) < 200


@decoders
def test_what_is_unusual_and_allowed(decode: Callable[[bytes], Envelope]) -> None:
    """Avro lets maps and arrays come in blocks, also with their sizes, and numbers in more bytes than they need."""
    blocks = b"\x01\x0e\x02a\x02\x02b\x02\x02c\x00" + b"\x02\x02d\x00" + b"\x00"
    padded = b"\x84\x00" + HEADERS + b"\x84\x80\x00{}" + b"\x82\x80\x00"

    assert decode(b"\x04" + blocks + b"\x04{}\x00") == Envelope("POST", {"a": ["b", "c"], "d": []}, b"{}", "JSON")
    assert decode(padded) == Envelope("POST", {"a": ["b"]}, b"{}", "CBOR")


@decoders
def test_large_headers(decode: Callable[[bytes], Envelope]) -> None:
    """A header of 1 MB, and 10,000 headers, are read."""
    for headers in ({"a": ["x" * 1_000_000]}, {f"name-{n}": ["v"] for n in range(10_000)}):
        assert decode(encode_envelope(Envelope("POST", headers, b"", "JSON"))).headers == headers


def test_duplicate_names_in_an_envelope() -> None:
    """Of one name twice in the map the last counts, with both decoders."""
    raw = b"\x04\x04\x02a\x02\x02b\x00\x02a\x02\x02c\x00\x00\x04{}\x00"

    assert decode_with_avro(raw) == decode_with_fastavro(raw) == Envelope("POST", {"a": ["c"]}, b"{}", "JSON")


class Mutator:
    """Makes envelopes as Avro allows and as it does not."""

    def __init__(self, seed: int, bodies: list[bytes]) -> None:
        self._random = random.Random(seed)
        self._bodies = bodies

    def case(self) -> bytes:
        raw = bytearray(self._envelope())
        for _ in range(self._random.choice([0, 0, 1, 2, 5])):
            self._damage(raw)
        return bytes(raw)

    def _damage(self, raw: bytearray) -> None:
        # What matters stands at the two ends: the numbers and names, and the encoding.
        place = self._random.choice([self._random.randrange(len(raw) + 1), min(len(raw), 40), max(0, len(raw) - 2)])
        match self._random.randrange(5):
            case 0:
                raw[place : place + 1] = self._random.randbytes(1)
            case 1:
                raw[place:place] = self._random.choice([b"\x80", b"\xff" * 9 + b"\x01", self._random.randbytes(3)])
            case 2:
                del raw[place : place + self._random.randrange(4)]
            case 3:
                del raw[place:]
            case 4:
                raw += raw[place:]

    def _envelope(self) -> bytes:
        body = self._random.choice([*self._bodies, b"", b"\x80" * 20, self._random.randbytes(30)])
        headers = [self._text() + self._blocks([self._text() for _ in range(n % 3)]) for n in range(self._small())]
        encoding = self._number(self._random.randrange(2))
        after = self._random.choice([b"", b"", b"after", b"\x80" * 11])
        return self._number(self._random.randrange(6)) + self._blocks(headers) + self._sized(body) + encoding + after

    def _blocks(self, items: list[bytes]) -> bytes:
        end = self._number(0)
        match self._random.randrange(4):
            case 0 if items:
                block = b"".join(items)
                return self._number(-len(items)) + self._number(len(block)) + block + end
            case 1:
                return b"".join(self._number(1) + item for item in items) + end
        return (self._number(len(items)) if items else b"") + b"".join(items) + end

    def _text(self) -> bytes:
        return self._sized(self._random.choice(["", "X-GitHub-Event", "é", "漢字漢字", "x" * 70]).encode())

    def _sized(self, raw: bytes) -> bytes:
        return self._number(len(raw)) + raw

    def _small(self) -> int:
        return self._random.choice([0, 1, 2, 3, 15])

    def _number(self, value: int) -> bytes:
        if self._random.random() < 0.01:
            value = self._random.choice([-1, -value, value + 6, 1 << 31, (1 << 63) - 1, -(1 << 63)])
        number = (value << 1) ^ (value >> 63)
        raw = bytearray()
        while number > 0x7F:
            raw.append(number & 0x7F | 0x80)
            number >>= 7
        raw.append(number)
        if self._random.random() < 0.01:
            raw[-1] |= 0x80
            raw += b"\x80" * self._random.randrange(10) + self._random.choice([b"\x00", b"\x00", b"\x01", b"\x7e"])
        return bytes(raw)


def outcome(decode: Callable[[bytes], Envelope], raw: bytes) -> tuple[object, ...] | None:
    """What a decoder makes of `raw`, to the order of the headers; None where it refuses it."""
    try:
        envelope = decode(raw)
    except EnvelopeDecodeError:
        return None
    return (*envelope, list(envelope.headers))


def test_both_decoders_agree(octokit: list[Example]) -> None:
    """On envelopes of recorded webhooks, damaged at random, they say the same. FUZZ_CASES says how many are tried."""
    bodies = [example.body[:300] for example in octokit[::20]]
    mutator = Mutator(seed=int(os.environ.get("FUZZ_SEED", "1")), bodies=bodies)
    accepted = 0
    for _ in range(FUZZ_CASES):
        raw = mutator.case()
        expected = outcome(decode_with_avro, raw)
        accepted += expected is not None

        assert outcome(decode_with_fastavro, raw) == expected, raw.hex()
    assert 0.2 < accepted / FUZZ_CASES < 0.8


def test_envelope_type() -> None:
    """The one byte of the one header, whatever other headers a record has."""
    for value in (0x00, 0x7F, 0x80, 0x81, 0xFF):
        assert envelope_type([("other", b"xy"), (ENVELOPE_HEADER, bytes([value])), ("Envelope", b"")]) == value
    assert (ENVELOPE_HEADER, ENVELOPE_V1) == ("envelope", 0x80)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], "a record has exactly one 'envelope' header, this one has none"),
        ([("ENVELOPE", b"\x80")], "this one has none"),
        ([("envelope", b"\x80"), ("envelope", b"\x80")], "this one has 2"),
        ([("envelope", b"")], "the 'envelope' header is one byte, this one has 0"),
        ([("envelope", b"\x80\x80")], "this one has 2"),
        ([("envelope", None)], "this one has 0"),
    ],
)
def test_malformed_envelope_types(headers: list[tuple[str, bytes]], message: str) -> None:
    """Anything but one header of one byte breaks the protocol."""
    with pytest.raises(FormatError, match=message):
        envelope_type(headers)


def test_the_schema_is_the_published_one() -> None:
    """The order of the symbols is what stands on the wire."""
    fields = {field["name"]: field["type"] for field in json.loads(ENVELOPE_SCHEMA_V1)["fields"]}

    assert list(fields) == ["method", "headers", "payload", "encoding"]
    assert fields["method"]["symbols"] == METHODS
    assert fields["encoding"]["symbols"] == ["JSON", "CBOR"]
    assert str(envelope_reader.writers_schema) == str(avro.schema.parse(ENVELOPE_SCHEMA_V1))
    assert '"KafkaMessageEnvelopeV1", "namespace": "com.mister_webhooks.data"' in str(envelope_reader.writers_schema)
