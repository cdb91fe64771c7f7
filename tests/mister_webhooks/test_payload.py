"""Bodies to payloads and back. The cases are the tables of docs/reference/payloads.md."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks import cbor, types
from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.payload import decode_payload, encode_payload
from mister_webhooks.types import JSON, MAX_BODY_BYTES, MAX_DEPTH, MAX_INT_DIGITS, MAX_ITEMS
from tests.broker.octokit import Example

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "payloads.md").read_text(encoding="utf-8")
ENCODINGS = ["JSON", "CBOR"]


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the table below a heading of the page, without its head."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    for line in table[2:]:
        yield [cell.strip(" ") for cell in line.strip("|").split(" | ")]


def code(cell: str) -> str:
    """What stands in backticks."""
    return cell[cell.index("`") + 1 : cell.rindex("`")]


def json_cases() -> Iterator[tuple[bytes, str]]:
    for body, payload, *_ in rows("JSON"):
        text = re.sub(r"\\x(..)", lambda found: chr(int(found[1], 16)), code(body))
        yield text.encode("latin-1" if "\\x" in body else "utf-8"), payload


def cbor_cases() -> Iterator[tuple[bytes, str]]:
    for _, raw, payload, *_ in rows("CBOR"):
        yield bytes.fromhex(code(raw)), payload


def exactly(value: JSON) -> str:
    """Tells apart what Python finds equal: 1, 1.0 and True."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(
    ("encoding", "raw", "payload"),
    [("JSON", *case) for case in json_cases()] + [("CBOR", *case) for case in cbor_cases()],
)
def test_the_documented_tables(encoding: str, raw: bytes, payload: str) -> None:
    """Each row of the page: the body becomes that payload, or is refused."""
    if payload == "refused":
        with pytest.raises(PayloadDecodeError):
            decode_payload(encoding, raw)
    else:
        assert exactly(decode_payload(encoding, raw)) == exactly(json.loads(code(payload)))


def test_the_tables_are_read() -> None:
    """The page's form did not hide its rows from the test above."""
    assert len(list(json_cases())) >= 18
    assert len(list(cbor_cases())) >= 50


def test_the_documented_limits() -> None:
    """The numbers on the page are the constants."""
    numbers = [[int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", row[1])] for row in rows("Limits")]

    growth = [cbor.MAX_EXPANSION, cbor.MAX_GROWTH]
    assert numbers == [[MAX_BODY_BYTES], [MAX_DEPTH], [MAX_ITEMS], [MAX_INT_DIGITS], growth]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_empty_body_is_none(encoding: str) -> None:
    """A webhook need not have a body."""
    assert decode_payload(encoding, b"") is None


@pytest.mark.parametrize(
    ("encoding", "raw", "message"),
    [
        ("JSON", b'{"a": secret}', "the body is no JSON: Expecting value, at line 1 column 7"),
        ("JSON", b'{"a": 1,\n "b": NaN}', "NaN and infinite numbers are no JSON, at line 2 column 7"),
        ("JSON", b'["NaN 1e999", 1e999]', "NaN and infinite numbers are no JSON, at line 1 column 15"),
        ("JSON", b'["1", ' + b"1" * 4301 + b"]", "an integer has too many digits, at line 1 column 7"),
        ("JSON", b'{"secret": "\xff"}', "it is not UTF-8 at byte 12"),
        ("CBOR", bytes.fromhex("a1 6161 82 00 a1 6162 f97e00"), "at $.a[1].b, NaN or an infinite number has no JSON"),
        ("CBOR", bytes.fromhex("a2 6161 00 f5 00"), "at $, a key is a boolean"),
        ("CBOR", bytes.fromhex("a2 01 00 6131 00"), "at $.1, two keys are the same in JSON"),
        ("CBOR", bytes.fromhex("d81c a1 6161 81 d81d 00"), "at $.a[0], it holds itself"),
        ("CBOR", bytes.fromhex("82 00 d823 62612b"), "at byte 2, CBOR tag 35 has no JSON meaning"),
        ("CBOR", bytes.fromhex("82 00"), "at byte 2, it ends too early"),
        ("CBOR", bytes.fromhex("83 00 1c 00"), "at byte 2, an item is malformed"),
        ("CBOR", bytes.fromhex("00 00"), "it goes on after its end at byte 1"),
        ("CBOR", bytes.fromhex("82 f8 ff d818 41 00"), "at $[0], a simple value has no JSON meaning"),
        ("CBOR", bytes.fromhex("a1 63 610a62 f7f7"), "it goes on after its end"),
        ("CBOR", bytes.fromhex("a1 63 610a62 f97e00"), r"at $.a\nb, NaN"),
        ("XML", b"<a/>", "unknown encoding 'XML': it is JSON or CBOR"),
    ],
)
def test_a_refusal_says_where(encoding: str, raw: bytes, message: str) -> None:
    """The message leads to the value, and holds no line break of the body's making."""
    with pytest.raises(PayloadDecodeError) as caught:
        decode_payload(encoding, raw)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("JSON", b'{"a": hunter2}'),
        ("JSON", b'"hunter2\xff"'),
        ("JSON", b'"hunter2'),
        ("CBOR", b"\xc0\x67hunter2"),
        ("CBOR", b"\x82\x67hunter2\xf9\x7e\x00"),
        ("CBOR", b"\xd8\x23\x68hunter2("),
    ],
)
def test_a_refusal_shows_nothing_of_the_body(encoding: str, raw: bytes) -> None:
    """Neither in the message nor in what a traceback prints of its causes."""
    with pytest.raises(PayloadDecodeError) as caught:
        decode_payload(encoding, raw)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def nested(encoding: str, depth: int) -> bytes:
    return b"[" * depth + b"]" * depth if encoding == "JSON" else b"\x81" * (depth - 1) + b"\x80"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_depth(encoding: str) -> None:
    """The limit itself is allowed; one more, and as many as a body can hold, are not."""
    value = decode_payload(encoding, nested(encoding, MAX_DEPTH))
    for _ in range(MAX_DEPTH - 1):
        assert isinstance(value, list)
        value = value[0]
    assert value == []

    for depth in (MAX_DEPTH + 1, 1_000, 100_000):
        with pytest.raises(PayloadDecodeError, match="nested deeper than 200 levels"):
            decode_payload(encoding, nested(encoding, depth))


def test_depth_of_objects_tags_and_references() -> None:
    """What nests in another way is counted, too."""
    for raw in (b'{"":' * 201 + b"0" + b"}" * 201, b'[{"a":' * 101 + b"0" + b"}]" * 101):
        with pytest.raises(PayloadDecodeError, match="nested deeper"):
            decode_payload("JSON", raw)
    for raw in (b"\xa1\x60" * 201 + b"\x00", b"\xd9\xd9\xf7" * 100_000 + b"\x00", b"\x9f" * 100_000):
        with pytest.raises(PayloadDecodeError):
            decode_payload("CBOR", raw)


def test_many_brackets_in_a_text_are_no_depth() -> None:
    """Only brackets that nest are counted."""
    body = json.dumps(["[" * 1_000, [[]] * 500], separators=(",", ":")).encode()

    assert decode_payload("JSON", body) == ["[" * 1_000, [[]] * 500]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_can_be_decoded_deep_in_a_program(encoding: str) -> None:
    """With nearly no stack left, a body is refused and the program goes on."""

    def deeper(levels: int) -> JSON:
        return decode_payload(encoding, nested(encoding, 150)) if levels == 0 else deeper(levels - 1)

    for levels in (300, 700, 850):
        try:
            deeper(levels)
        except PayloadDecodeError as exc:
            assert "nested deeper" in str(exc)  # noqa: PT017 - it may pass as well, which depends on the stack below


def test_size() -> None:
    """A body at the limit is read, one byte more is not."""
    text = b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"'

    assert decode_payload("JSON", text) == "x" * (MAX_BODY_BYTES - 2)
    for encoding in ENCODINGS:
        with pytest.raises(PayloadDecodeError, match="33,554,433 bytes long, 33,554,432 are allowed"):
            decode_payload(encoding, text + b" ")


TOO_MANY = {
    "numbers": ("JSON", b"[" + b"0," * MAX_ITEMS + b"0]"),
    "objects": ("JSON", b"[" + b"{}," * MAX_ITEMS + b"0]"),
    "arrays until a break": ("CBOR", b"\x9f" + b"\x80" * (MAX_ITEMS + 1) + b"\xff"),
    "arrays as announced": ("CBOR", b"\x9a" + (MAX_ITEMS + 1).to_bytes(4) + b"\x80" * (MAX_ITEMS + 1)),
}


@pytest.mark.parametrize(("encoding", "raw"), TOO_MANY.values(), ids=TOO_MANY.keys())
def test_number_of_values(encoding: str, raw: bytes) -> None:
    """A few bytes that make many objects are refused before they do."""
    with pytest.raises(PayloadDecodeError, match="more than 4,000,000 values and names"):
        decode_payload(encoding, raw)


def test_commas_in_a_text_are_no_values() -> None:
    """A large text is one value, whatever stands in it."""
    body = b'["' + b',:\\"' * 1_500_000 + b'"]'

    assert decode_payload("JSON", body) == [',:"' * 1_500_000]


def test_digits() -> None:
    """Both encodings read integers that Python can print, and refuse larger ones."""
    for sign in (1, -1):
        most = sign * (10**MAX_INT_DIGITS - 1)
        for encoding in ENCODINGS:
            assert decode_payload(encoding, encode_payload(encoding, most)) == most
        with pytest.raises(PayloadDecodeError, match="integer of that size"):
            decode_payload("CBOR", cbor2.dumps(sign * 10**MAX_INT_DIGITS))
    with pytest.raises(PayloadDecodeError, match="too many digits"):
        decode_payload("JSON", b"1" * (MAX_INT_DIGITS + 1))


def chained(levels: int) -> bytes:
    """An array of twice an array of twice an array …, by reference: written out it has 2**levels items."""
    value: list[object] = []
    for _ in range(levels):
        value = [value, value]
    return cbor2.dumps(value, value_sharing=True)


def bignum(value: int) -> bytes:
    digits = value.to_bytes((value.bit_length() + 7) // 8)
    return b"\xc2\x5a" + len(digits).to_bytes(4) + digits


HOSTILE = {
    "references that double": chained(40),
    "a key that refers to its parts": b"\xa1" + chained(60) + b"\x00",
    "a set that refers to its parts": b"\xd9\x01\x02\x81" + chained(60),
    "references to a long text": cbor2.dumps([["x" * 1_000] * 2_000], string_referencing=True),
    "the size of a bignum": bytes.fromhex("c2 5b 7fffffffffffffff"),
    "the size of a text": bytes.fromhex("7b 7fffffffffffffff"),
    "the size of a text in 32 bits": bytes.fromhex("7a ffffffff"),
    "the size of an array": bytes.fromhex("9a 0fffffff"),
    "the size of a map": bytes.fromhex("ba 0fffffff"),
    "the size of a piece": bytes.fromhex("5f 5b 7fffffffffffffff"),
    "the digits of a decimal": b"\xc4\x82\x00" + bignum((1 << 100_000_000) - 1),
    "the exponent of a decimal": bytes.fromhex("c4 82 1b 7fffffffffffffff 01"),
    "the exponent of a big float": bytes.fromhex("c5 82 1b 7fffffffffffffff 01"),
    "the digits of a fraction": b"\xd8\x1e\x82" + bignum(3**4_000_000) + bignum(5**3_000_000),
    "keys with one hash": b"\xb9\xff\xff" + b"".join(bignum(((1 << 61) - 1) * n) + b"\x00" for n in range(1, 65_536)),
    "a regular expression": b"\xd8\x23\x79\xff\xff" + b"(" * 65_535,
    "breaks": b"\xff" * 100_000,
    "arrays without end": b"\x9f" * 100_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_cbor_is_refused_at_once(raw: bytes) -> None:
    """Wherever it stands in a body."""
    for body in (raw, b"\x82\x00" + raw, b"\xa1\x61a" + raw):
        started = time.process_time()
        with pytest.raises(PayloadDecodeError):
            decode_payload("CBOR", body)
        assert time.process_time() - started < 2


DECODE_IN_LITTLE_MEMORY = """
import pickle, resource, sys
from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.payload import decode_payload

bodies = pickle.load(sys.stdin.buffer)
if sys.platform == "linux":
    with open("/proc/self/statm") as sizes:
        pages = int(sizes.read().split()[0])
    limit = pages * resource.getpagesize() + 100 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for name, (encoding, raw) in bodies.items():
    try:
        decode_payload(encoding, raw)
    except PayloadDecodeError as exc:
        print(name, exc, sep=": ")
"""


def test_hostile_bodies_take_no_memory() -> None:
    """A process that may grow by 100 MB refuses them all, and says the same as one that may grow as it likes."""
    bodies = TOO_MANY | {name: ("CBOR", raw) for name, raw in HOSTILE.items()}

    child = subprocess.run(
        [sys.executable, "-c", DECODE_IN_LITTLE_MEMORY], input=pickle.dumps(bodies), capture_output=True, check=False
    )

    expected = []
    for name, (encoding, raw) in bodies.items():
        with pytest.raises(PayloadDecodeError) as caught:
            decode_payload(encoding, raw)
        expected.append(f"{name}: {caught.value}")
    assert (child.stderr.decode(), child.stdout.decode().splitlines()) == ("", expected)


def test_references_that_stay_small_are_values() -> None:
    """Each reference becomes a value of its own: changing one does not change the other."""
    shared = [{"a": 1}] * 10

    payload = decode_payload("CBOR", cbor2.dumps(shared, value_sharing=True))

    assert payload == shared
    assert isinstance(payload, list)
    assert len({id(item) for item in payload}) == 10


json_values: st.SearchStrategy[JSON] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=25,
)


@given(json_values)
def test_round_trip(value: JSON) -> None:
    """Every JSON document comes back as it was, in both encodings, to the type of each number."""
    for encoding in ENCODINGS:
        payload = decode_payload(encoding, encode_payload(encoding, value))

        assert exactly(payload) == exactly(value)


@given(st.sampled_from(ENCODINGS), st.binary(max_size=60))
def test_any_bytes_are_json_or_refused(encoding: str, raw: bytes) -> None:
    """No bytes raise anything else, and what they become can be written as JSON and CBOR."""
    try:
        payload = decode_payload(encoding, raw)
    except PayloadDecodeError:
        return
    for other in ENCODINGS:
        assert decode_payload(other, encode_payload(other, payload)) == payload


TOKENS = ['"', "\\", "u", "d8", "D83d", "\\ud83d", "\\ude00", "\\u0041", "[", "]", "{", "}", ",", ":", "1", ".5", "-"]
TOKENS += ["NaN", "\\\\", '\\"', "é", " ", "true", "null"]


@given(st.lists(st.sampled_from(TOKENS), max_size=8).map("".join), st.sampled_from(["{}", '["{}"]', '{{"a": {}}}']))
def test_json_is_what_python_reads(inner: str, frame: str) -> None:
    """Nothing else is accepted, and nothing else comes out but U+FFFD for half a pair of surrogates."""
    text = frame.format(inner)
    try:
        expected = json.loads(text, parse_constant=pytest.fail)
    except (ValueError, pytest.fail.Exception):
        if text:
            with pytest.raises(PayloadDecodeError):
                decode_payload("JSON", text.encode())
        return
    whole = json.dumps(expected, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    assert json.dumps(decode_payload("JSON", text.encode()), ensure_ascii=False) == whole


def test_real_bodies(octokit: list[Example]) -> None:
    """All recorded GitHub webhooks are the same payload in both encodings, equal to what was sent."""
    for example in octokit:
        for encoding in ENCODINGS:
            assert decode_payload(encoding, encode_payload(encoding, dict(example.payload))) == example.payload


def test_the_encoder_is_compact() -> None:
    """JSON without white space, in UTF-8; CBOR is smaller still."""
    assert encode_payload("JSON", {"a": [1, "é"]}) == '{"a":[1,"é"]}'.encode()
    assert encode_payload("CBOR", {"a": [1, "é"]}) == bytes.fromhex("a1 6161 82 01 62c3a9")
    assert encode_payload("JSON", None) == b"null"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoder_refuses_what_json_has_not(encoding: str) -> None:
    """Both encodings accept the same values: what `json.dumps` does, without NaN."""
    circle: list[JSON] = []
    circle.append(circle)
    refused: list[JSON] = [float("nan"), float("inf"), circle, "\ud800"]
    for value in refused:
        with pytest.raises(ValueError, match=r"."):
            encode_payload(encoding, value)
    unknown: list[Any] = [b"bytes", {1, 2}, object()]
    for value in unknown:
        with pytest.raises(TypeError):
            encode_payload(encoding, value)
    with pytest.raises(ValueError, match="XML"):
        encode_payload("XML", 1)


def test_the_alias_is_public() -> None:
    """`JSON` can be imported from where the decoder is."""
    from mister_webhooks import payload  # noqa: PLC0415 - the name is the point

    assert payload.JSON is types.JSON
