"""Bodies of requests as payloads of envelopes: JSON as it came, forms as a JSON object, everything else refused."""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Iterable
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File, FormParser, parse_options_header
from starlette.exceptions import HTTPException

from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.payload import JSON, decode_payload, encode_payload
from mister_webhooks.types import Encoding

_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_MAX_FIELDS = 10_000

# It warns of broken forms, which is what our answers say.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


def to_payload(content_type: str | None, body: bytes) -> bytes:
    """The JSON text that goes into the envelope. An empty body stays empty, whatever its type.

    JSON is kept byte for byte, also under another content type or none. A form becomes an object: a name that comes
    once has a string, a repeated one the list of its strings, an uploaded file the object `{"filename",
    "content_type", "size", "base64"}`. Raises `HTTPException`: 400 for a body that is not what its content type says,
    415 for one that is neither JSON nor a form.
    """
    if not body:
        return body
    media, options = _media_type(content_type)
    if media == _MULTIPART:
        return _object(_multipart(body, options.get("boundary")))
    # `curl -d` sends JSON under the type of a form, in which an encoder would have escaped these.
    if media == _URLENCODED and not body.lstrip().startswith((b"{", b"[")):
        return _object(_urlencoded(body, options.get("charset", "utf-8")))
    try:
        decode_payload(Encoding.JSON, body)
    except PayloadDecodeError as error:
        raise _refusal(media, error) from error
    return body


def _media_type(content_type: str | None) -> tuple[str, dict[str, str]]:
    media, options = parse_options_header(content_type)
    return media.decode("latin-1"), {name.decode("latin-1"): value.decode("latin-1") for name, value in options.items()}


def _refusal(media: str, error: PayloadDecodeError) -> HTTPException:
    if media in {"application/json", "text/json"} or media.endswith("+json"):
        return HTTPException(400, f"the content type says JSON, but {error}")
    if media == _URLENCODED:
        return HTTPException(400, f"the content type says form, but it starts like JSON, and {error}")
    return HTTPException(415, f"cannot take {media or 'a body without content type'}: send JSON or a form")


def _object(items: Iterable[tuple[str, JSON]]) -> bytes:
    fields: dict[str, list[JSON]] = {}
    for name, value in items:
        fields.setdefault(name, []).append(value)
    form: JSON = {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
    try:
        return encode_payload(Encoding.JSON, form)
    except UnicodeEncodeError as error:  # some of Python's codecs decode to halves of surrogate pairs
        raise HTTPException(400, f"the form holds what is no text: {error.reason}") from error


def _urlencoded(body: bytes, charset: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(charset), True, encoding=charset, errors="strict", max_num_fields=_MAX_FIELDS)
    except LookupError as error:
        raise HTTPException(400, f"the form's charset {charset!r} is unknown") from error
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"the form is not written in {charset}: {error.reason}") from error
    except ValueError as error:
        raise HTTPException(400, f"the form has more than {_MAX_FIELDS} fields") from error


def _multipart(body: bytes, boundary: str | None) -> list[tuple[str, JSON]]:
    if not boundary:
        raise HTTPException(400, "the content type multipart/form-data names no boundary")
    items: list[tuple[str, JSON]] = []
    ended: list[bool] = []
    try:
        parser = FormParser(
            _MULTIPART,
            on_field=lambda field: items.append((text(field.field_name or b""), text(field.value or b""))),
            on_file=lambda file: items.append((text(file.field_name or b""), _file(file))),
            on_end=lambda: ended.append(True),
            boundary=boundary,
            config={"MAX_MEMORY_FILE_SIZE": math.inf, "UPLOAD_ERROR_ON_BAD_CTE": True},
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise HTTPException(400, f"the body is not multipart/form-data: {error}") from error
    if not ended:
        raise HTTPException(400, "the body is not multipart/form-data: the closing boundary is missing")
    return items


def _file(file: File) -> JSON:
    file.file_object.seek(0)
    content = file.file_object.read()
    return {
        "filename": text(file.file_name or b""),
        "content_type": file.content_type,
        "size": len(content),
        "base64": base64.b64encode(content).decode(),
    }


def text(raw: bytes) -> str:
    """Bytes that should be UTF-8; where they are not, each byte becomes the character of its number (Latin-1)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
