"""The body of a webhook: JSON or CBOR bytes to the JSON data model, and back.

A payload is None, bool, int, float, str, list or dict with text keys, and nothing else, whichever way the service wrote
the body. `docs/reference/payloads.md` lists what becomes what.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Final, NoReturn

import cbor2

from mister_webhooks.cbor import decode_cbor
from mister_webhooks.cbor_scan import too_deep, too_many
from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.types import JSON, MAX_BODY_BYTES, MAX_DEPTH, MAX_ITEMS, Encoding

__all__ = ["JSON", "decode_payload", "encode_payload"]

_BOM: Final = b"\xef\xbb\xbf"
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SURROGATE_HINT: Final = re.compile(r"\\u[dD][89a-fA-F]")
# Every escape, longest first: a pair of surrogates is one, so that what is left for the group stands alone.
_HEX: Final = "[0-9a-fA-F]{2}"
_ESCAPE: Final = re.compile(rf"\\(?:u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX}|(u[dD][89a-fA-F]{_HEX})|.)", re.DOTALL)


class _NotFiniteError(ValueError):
    """The JSON text holds a number that no JSON number is; its argument is how it is written."""


def decode_payload(encoding: str, raw: bytes) -> JSON:
    """The JSON value that the body `raw` stands for. An empty body is `None`.

    Args:
        encoding: how the body is written, `"JSON"` or `"CBOR"`.
        raw: the body.

    Raises:
        PayloadDecodeError: the body is not what `encoding` says, has no JSON meaning, or exceeds a limit. The message
            says where, and quotes nothing of the body but names of fields.
    """
    if not raw:
        return None
    if len(raw) > MAX_BODY_BYTES:
        raise PayloadDecodeError(f"the body is {len(raw):,} bytes long, {MAX_BODY_BYTES:,} are allowed")
    if encoding == Encoding.JSON:
        return _decode_json(raw)
    if encoding == Encoding.CBOR:
        return decode_cbor(raw)
    raise PayloadDecodeError(f"unknown encoding {encoding!r}: it is JSON or CBOR")


def encode_payload(encoding: str, value: JSON) -> bytes:
    """The body that stands for `value`: compact JSON in UTF-8, or CBOR.

    Args:
        encoding: how to write it, `"JSON"` or `"CBOR"`.
        value: what `json.dumps` accepts; it means the same in both encodings.

    Raises:
        ValueError: `value` holds NaN, an infinite number, half a surrogate pair or itself, or the encoding is unknown.
        TypeError: `value` holds something that JSON does not know.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    match Encoding(encoding):
        case Encoding.JSON:
            return text
        case Encoding.CBOR:
            return cbor2.dumps(json.loads(text))


def _decode_json(raw: bytes) -> JSON:
    text = _as_text(raw)
    if len(raw) > MAX_ITEMS:
        _require_few(text)
    try:
        value: JSON = _JSON.decode(text)
    except json.JSONDecodeError as exc:
        raise PayloadDecodeError(f"the body is no JSON: {exc.msg}, at {_place(text, exc.pos)}") from None
    except _NotFiniteError as exc:
        _refuse_number(text, re.escape(str(exc)), "NaN and infinite numbers are no JSON")
    except RecursionError:
        raise too_deep() from None
    except ValueError:  # Python's limit on the digits of an integer, which a program may set
        _refuse_number(text, r"-?\d{640,}", "an integer has too many digits")
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise too_deep()
    return value


def _require_few(text: str) -> None:
    """Raise the error for too many items. Commas, colons and brackets in texts count only where it gets close."""
    marks = ",:[{"
    if sum(map(text.count, marks)) >= MAX_ITEMS and sum(map(re.sub(_STRING, "", text).count, marks)) >= MAX_ITEMS:
        raise too_many()


def _as_text(raw: bytes) -> str:
    try:
        text = str(raw.removeprefix(_BOM), "utf-8")
    except UnicodeDecodeError as exc:
        raise PayloadDecodeError(f"the body is no JSON: it is not UTF-8 at byte {exc.start}") from None
    # Half a pair of surrogates is no character: it could not be stored, printed or written as CBOR.
    return _ESCAPE.sub(_whole, text) if _SURROGATE_HINT.search(text) else text


def _whole(escape: re.Match[str]) -> str:
    return r"\ufffd" if escape[1] else escape[0]


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _NotFiniteError(text)
    return number


def _refuse_constant(text: str) -> NoReturn:
    raise _NotFiniteError(text)


_JSON: Final = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)


def _refuse_number(text: str, pattern: str, reason: str) -> NoReturn:
    """Raise the error for the first number like `pattern` in `text`."""
    for found in re.finditer(f"{_STRING}|({pattern})", text, re.DOTALL):
        if found[1]:
            raise PayloadDecodeError(f"the body cannot be read: {reason}, at {_place(text, found.start())}") from None
    raise PayloadDecodeError(f"the body cannot be read: {reason}") from None


def _place(text: str, at: int) -> str:
    line_start = text.rfind("\n", 0, at)
    return f"line {text.count(chr(10), 0, at) + 1} column {at - line_start}"


def _depth(value: JSON) -> int:
    """How many containers stand in one another."""
    depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth
