"""The walk over a CBOR body before cbor2 sees it."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks.cbor_scan import Scan, must_scan
from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.types import JSON

values: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=30), inner),
    max_leaves=40,
)


@given(values)
def test_ordinary_bodies_pass(value: JSON) -> None:
    """To their last byte, of definite and of indefinite length, and they hold no references."""
    assert Scan(cbor2.dumps(value)).run() is False


@given(values, st.data())
def test_no_part_of_a_body_passes(value: JSON, data: st.DataObject) -> None:
    """Cut off anywhere, or with something behind it, a body is refused."""
    raw = cbor2.dumps(value)
    cut = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))

    for body in (raw[:cut], raw + b"\x00"):
        with pytest.raises(PayloadDecodeError):
            Scan(body).run()


@given(st.binary(max_size=40))
def test_what_passes_is_well_formed(raw: bytes) -> None:
    """What cbor2 finds malformed in its form does not pass, so that its own checks are not the only ones."""
    try:
        Scan(raw).run()
    except PayloadDecodeError:
        return
    try:
        cbor2.loads(raw)
    except cbor2.CBORDecodeEOF:
        pytest.fail("the scan let a body pass that ends too early")
    except cbor2.CBORDecodeError as exc:
        if "major type" in str(exc):
            pytest.fail(f"the scan let a body pass that is malformed: {exc}")


@pytest.mark.parametrize(
    "raw",
    [
        "82 d81c 81 00 d81d 00",
        "d90100 82 63616161 d81900",
        "d81c 00",
        "d9001c 00",
        "da0000001c 00",
        "db000000000000001c 00",
    ],
)
def test_references_are_found(raw: str) -> None:
    """However their tags are written: the caller then looks at how large they make the body."""
    body = bytes.fromhex(raw)

    assert must_scan(body)
    assert Scan(body).run() is True


@pytest.mark.parametrize("tag", ["d81e", "d823", "d824", "d90023", "da00000023", "db0000000000000023"])
def test_costly_tags_never_reach_cbor2(tag: str) -> None:
    """Fractions, regular expressions and MIME, in bodies of any size, however the tags are written."""
    body = bytes.fromhex("82 00" + tag + "00")

    assert must_scan(body)
    with pytest.raises(PayloadDecodeError, match=r"CBOR tag 3[056] has no JSON meaning"):
        Scan(body).run()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "at byte 0, it ends too early"),
        ("18", "at byte 1, it ends too early"),
        ("62 61", "at byte 2, it ends too early"),
        ("1c", "at byte 0, an item is malformed"),
        ("1f", "at byte 0, an item is malformed"),
        ("df 00", "at byte 0, an item is malformed"),
        ("ff", "at byte 0, an item is malformed"),
        ("82 00 ff", "at byte 2, an item is malformed"),
        ("bf 00 ff", "at byte 2, a key has no value"),
        ("5f 6161 ff", "at byte 1, a piece of a string is malformed"),
        ("7f 7f ff ff", "at byte 1, a piece of a string is malformed"),
        ("7f 6161", "at byte 3, it ends too early"),
        ("a1 80 00", None),  # an empty array as a key is harmless; `cbor` refuses it
        ("a1 8100 00", "at byte 1, a key is neither text nor an integer"),
        ("a1 d9d9f7 6161 00", "at byte 1, a key is neither text nor an integer"),
        ("a1 6161 a1 4161 00", "at byte 4, a key is neither text nor an integer"),
        ("c2 6161", "at byte 0, an integer of that size"),
        ("c2 d9d9f7 4161", "at byte 0, an integer of that size"),
        ("c2 5f ff", "at byte 0, an integer of that size"),
        ("d90539 00", "at byte 0, CBOR tag 1337 has no JSON meaning"),
    ],
)
def test_refusals(raw: str, message: str | None) -> None:
    """Each names the byte where the item begins that cannot be."""
    if message is None:
        assert Scan(bytes.fromhex(raw)).run() is False
        return
    with pytest.raises(PayloadDecodeError) as caught:
        Scan(bytes.fromhex(raw)).run()

    assert message in str(caught.value)
