from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from mister_webhooks.payload import JSON, decode_payload
from mister_webhooks_router.local.bodies import text, to_payload

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xyz"


def refused(content_type: str | None, body: bytes) -> tuple[int, str]:
    with pytest.raises(HTTPException) as caught:
        to_payload(content_type, body)
    return caught.value.status_code, caught.value.detail


def parts(*each: bytes) -> bytes:
    return b"".join(b"--xyz\r\n" + part + b"\r\n" for part in each) + b"--xyz--\r\n"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/Cloudevents+JSON",
        "text/plain",
        FORM,
        None,
        "x",
    ],
)
def test_json_is_kept_byte_for_byte(content_type: str | None) -> None:
    """Spaces, order, escapes and doubled names stay as the sender wrote them, under any content type."""
    body = b' {"b" : 1.0, "a":"\\u00e9", "b":2}\n'

    assert to_payload(content_type, body) == body


@pytest.mark.parametrize("content_type", ["application/json", FORM, MULTIPART, "image/png", None])
def test_an_empty_body_is_taken_whatever_its_type(content_type: str | None) -> None:
    """An empty body stays empty, which is the payload None."""
    assert to_payload(content_type, b"") == b""
    assert decode_payload("JSON", b"") is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a":}', "line 1 column 6"),
        (b'{\n "a": 1,\n}', "line 3 column 1"),
        (b"[1", "line 1 column 3"),
        (b"\xff", "byte 0"),
    ],
)
def test_broken_json_is_refused_with_its_place(body: bytes, place: str) -> None:
    """What claims to be JSON and is not gets 400 with line and column."""
    status, detail = refused("application/json", body)

    assert status == 400
    assert "the content type says JSON, but" in detail
    assert place in detail


@pytest.mark.parametrize("body", [b"NaN", b"1e999", b"[" * 100_000])
def test_what_no_handler_could_read_is_refused(body: bytes) -> None:
    """JSON that could not be decoded later is refused when it comes, not stored."""
    assert refused("application/json", body)[0] == 400


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "image/png", None, "", ";;", "a" * 5000])
def test_neither_json_nor_form_is_refused(content_type: str | None) -> None:
    """Any other body gets 415 that says what would be taken."""
    status, detail = refused(content_type, b"<hello/>")

    assert status == 415
    assert detail.endswith(": send JSON or a form")


def test_a_form_becomes_an_object() -> None:
    """Names have strings, repeated names lists in order, empty values are kept; nothing is guessed into numbers."""
    form = b"a=1&b=x+y%26&a=2&c=&d&e=%C3%A4&a=1"

    assert json.loads(to_payload(FORM, form)) == {"a": ["1", "2", "1"], "b": "x y&", "c": "", "d": "", "e": "ä"}


def test_githubs_form_keeps_its_json_as_a_string() -> None:
    """A form field that holds JSON is a string, as the sender sent it."""
    assert json.loads(to_payload(FORM, b"payload=%7B%22ref%22%3A1%7D")) == {"payload": '{"ref":1}'}


def test_a_form_may_name_its_charset() -> None:
    """The charset of the content type is what the form is read with; what does not fit it is refused."""
    assert json.loads(to_payload(f"{FORM}; charset=windows-1252", b"price=%80")) == {"price": "€"}
    assert refused(FORM, b"price=%80") == (400, "the form is not written in utf-8: invalid start byte")
    assert refused(f"{FORM}; charset=klingon", b"a=1") == (400, "the form's charset 'klingon' is unknown")
    assert refused(f"{FORM}; charset=unicode_escape", rb"a=\ud800")[0] == 400


def test_a_form_of_ten_thousand_fields_is_the_limit() -> None:
    """A body of nothing but separators does not become a huge object."""
    assert len(json.loads(to_payload(FORM, b"&".join(b"%d=" % n for n in range(10_000))))) == 10_000
    assert refused(FORM, b"&".join([b"a="] * 10_001)) == (400, "the form has more than 10000 fields")


def test_json_under_the_type_of_a_form_says_where_it_breaks() -> None:
    """A body that `curl -d` sent and that starts like JSON is read as JSON."""
    status, detail = refused(FORM, b'{"a": }')

    assert status == 400
    assert "line 1 column 7" in detail


def test_multipart_fields_and_files_become_an_object() -> None:
    """Fields are strings; files objects with name, type, size and the content in base64."""
    body = parts(
        b'Content-Disposition: form-data; name="a"\r\n\r\n1',
        b'Content-Disposition: form-data; name="f"; filename="n.png"\r\nContent-Type: image/png\r\n\r\n\x89\x00\xff',
        b'Content-Disposition: form-data; name="a"\r\n\r\n\xc3\xa4',
        b'Content-Disposition: form-data; name="e"; filename=""\r\n\r\n',
    )

    assert json.loads(to_payload(MULTIPART, body)) == {
        "a": ["1", "ä"],
        "f": {"filename": "n.png", "content_type": "image/png", "size": 3, "base64": "iQD/"},
        "e": {"filename": "", "content_type": None, "size": 0, "base64": ""},
    }


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", parts()),
        (MULTIPART, b"hello"),
        (MULTIPART, parts(b'Content-Disposition: form-data; name="a"\r\n\r\n1')[:-9]),
        (MULTIPART, parts(b"Content-Disposition: form-data\r\n\r\n1")),
        (MULTIPART, parts(b"no header\r\n\r\n1")),
        (f"{MULTIPART}{'x' * 300}", parts()),
    ],
)
def test_broken_multipart_is_refused(content_type: str, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Missing boundaries, cut bodies and parts without a name get 400, and not a word in the log."""
    assert refused(content_type, body)[0] == 400
    assert caplog.text == ""


@given(st.sampled_from(["application/json", FORM, MULTIPART, "text/plain", None]), st.binary(max_size=200))
def test_any_bytes_are_a_payload_or_a_refusal(content_type: str | None, body: bytes) -> None:
    """No body makes anything else than JSON text, or an answer of 400 or 415."""
    for each in (body, b"--xyz\r\n" + body + b"\r\n--xyz--\r\n"):
        status = 202
        try:
            decode_payload("JSON", to_payload(content_type, each))
        except HTTPException as error:
            status = error.status_code

        assert status in (202, 400, 415)


@given(st.dictionaries(st.text(), st.lists(st.text(), min_size=1), min_size=1))
def test_every_form_comes_through(form: dict[str, list[str]]) -> None:
    """Whatever text names and values hold, the object holds the same."""
    expected: JSON = {name: values[0] if len(values) == 1 else list(values) for name, values in form.items()}

    assert json.loads(to_payload(FORM, urlencode(form, doseq=True).encode())) == expected


def test_text_is_utf8_or_else_latin_1() -> None:
    """Bytes that are no UTF-8 keep their numbers, so that nothing is lost."""
    assert text(b"\xc3\xa4") == "ä"
    assert text(b"\xe4") == "ä"
