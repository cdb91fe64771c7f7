"""CBOR bodies (RFC 8949) to the JSON data model.

The package cbor2 decodes. It also builds Python objects that JSON does not have, follows references into cycles, and
can be made to work for hours by a few hundred bytes (the hash of a key that refers to its parts again and again). So
bodies that could do that are walked through first (`cbor_scan`), and what it returns is checked or converted after.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from math import isfinite
from typing import Any, Final
from uuid import UUID

import cbor2

from mister_webhooks.cbor_scan import Scan, must_scan, too_deep, trailing
from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.types import JSON, MAX_DEPTH, MAX_INT_DIGITS

MAX_EXPANSION: Final = 16
"""How many times as large as its bytes a body may become by references to values in it, up to `MAX_GROWTH`."""

MAX_GROWTH: Final = 1 << 20
"""How much larger than its bytes a body may become by references, in items and characters."""

_MAX_INT: Final[int] = 10**MAX_INT_DIGITS
_LEAVES: Final = frozenset({str, bool, type(None)})
_TEXT: Final = frozenset({str})


def decode_cbor(raw: bytes) -> JSON:
    """The JSON value of one CBOR item.

    Raises:
        PayloadDecodeError: `raw` is not exactly one CBOR item, has no JSON meaning, or exceeds a limit.
    """
    shared = must_scan(raw) and Scan(raw).run()
    value: Any = _load(raw)
    if not shared and _is_json(value):
        return value  # type: ignore[no-any-return]  # it was just checked
    try:
        return _Conversion(min(len(raw) * MAX_EXPANSION, len(raw) + MAX_GROWTH)).convert(value)
    except RecursionError:
        raise too_deep() from None


def _load(raw: bytes) -> Any:  # noqa: ANN401 - cbor2 has types of its own, too
    stream = BytesIO(raw)
    try:
        value = cbor2.CBORDecoder(stream).decode()
    except RecursionError:
        raise too_deep() from None
    except Exception:  # noqa: BLE001 - cbor2 lets through whatever the constructors of dates, numbers and so on raise
        Scan(raw).run()
        raise PayloadDecodeError("the body is no CBOR: a value in it is malformed") from None
    if stream.tell() != len(raw):
        raise trailing(stream.tell())
    return value


def _is_json(value: object) -> bool:
    """Whether `value` is JSON already, down to its last item. Nearly every body is, so this has to be quick."""
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        deeper: list[Any] = []
        for container in level:
            if type(container) is dict and not _TEXT.issuperset(map(type, container)):
                return False
            for item in container.values() if type(container) is dict else container:
                kind = type(item)
                if kind is dict or kind is list:
                    deeper.append(item)
                elif kind not in _LEAVES and not _is_number(item):
                    return False
        if not deeper:
            return True
        level = deeper
    return False


def _is_number(item: object) -> bool:
    """Whether `item` is a number that JSON has and that Python can print."""
    if isinstance(item, int):
        return -_MAX_INT < item < _MAX_INT
    return isinstance(item, float) and isfinite(item)


class _Conversion:
    """Turns what cbor2 returned into JSON, or refuses it and says where."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._path: list[str | int] = []
        self._open: set[int] = set()

    def convert(self, value: object, bytes_as: Callable[[bytes], str] | None = None) -> JSON:
        """The JSON value of `value`; byte strings in it are written by `bytes_as`."""
        self._budget -= 1 + len(value) if isinstance(value, str) else 1
        if self._budget < 0:
            raise PayloadDecodeError("references make the body many times as large as its bytes are")
        if scalar := _SCALARS.get(type(value)):
            return self._scalar(scalar(value), value)
        if isinstance(value, cbor2.CBORSimpleValue):  # before cbor2 6 it is a tuple
            raise self._refusal("a simple value has no JSON meaning")
        if isinstance(value, list | tuple | Mapping):
            return self._container(value, bytes_as)
        if isinstance(value, bytes):
            return (bytes_as or _base64)(value)
        if isinstance(value, cbor2.CBORTag):
            return self._tag(value, bytes_as)
        raise self._refusal(f"{_described(value)} has no JSON meaning")

    def _container(
        self, value: list[Any] | tuple[Any, ...] | Mapping[Any, Any], bytes_as: Callable[[bytes], str] | None
    ) -> JSON:
        if id(value) in self._open:
            raise self._refusal("it holds itself")
        if len(self._open) == MAX_DEPTH:
            raise too_deep()
        self._open.add(id(value))
        result = self._object(value, bytes_as) if isinstance(value, Mapping) else self._array(value, bytes_as)
        self._open.remove(id(value))
        return result

    def _array(self, value: list[Any] | tuple[Any, ...], bytes_as: Callable[[bytes], str] | None) -> JSON:
        result = []
        for index, item in enumerate(value):
            self._path.append(index)
            result.append(self.convert(item, bytes_as))
            self._path.pop()
        return result

    def _object(self, value: Mapping[Any, Any], bytes_as: Callable[[bytes], str] | None) -> JSON:
        result: dict[str, JSON] = {}
        for key, item in value.items():
            name = self._name(key)
            self._path.append(name)
            if name in result:
                raise self._refusal("two keys are the same in JSON, an integer and a text")
            result[name] = self.convert(item, bytes_as)
            self._path.pop()
        return result

    def _name(self, key: object) -> str:
        if type(key) is str:
            return key
        if type(key) is int and -(1 << 64) <= key < 1 << 64:
            return str(key)
        raise self._refusal(f"a key is {_described(key)}: keys are text or integers of 64 bits")

    def _tag(self, tag: cbor2.CBORTag, bytes_as: Callable[[bytes], str] | None) -> JSON:
        number, value = tag.tag, tag.value
        if number in _BYTES_AS:
            return self.convert(value, _BYTES_AS[number])
        if number in _TEXT_TAGS and isinstance(value, str):
            return self.convert(value, bytes_as)
        if number in _ADDRESS_BYTES and isinstance(value, bytes) and len(value) == _ADDRESS_BYTES[number]:
            return str(ipaddress.ip_address(value))
        raise self._refusal(f"{_described(tag)} has no JSON meaning")

    def _scalar(self, result: JSON, value: object) -> JSON:
        if isinstance(result, int | float) and not _is_number(result):
            raise self._refusal(f"{_described(value)} has no JSON meaning")
        return result

    def _refusal(self, reason: str) -> PayloadDecodeError:
        path = _shortened("$" + "".join(_shortened(_step(step)) for step in self._path))
        return PayloadDecodeError(f"the body cannot be read as JSON: at {path}, {reason}")


def _step(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{step}"


def _shortened(path: str, limit: int = 80) -> str:
    text = path if len(path) <= limit else f"{path[:limit]}…"
    return text if text.isprintable() else repr(text)[1:-1]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _base16(value: bytes) -> str:
    return value.hex().upper()


def _date(value: date) -> str:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _decimal(value: Decimal) -> int | float:
    """The number that `json.loads` reads for the same digits."""
    if value.as_tuple().exponent == 0 and value.adjusted() < MAX_INT_DIGITS:
        return int(value)
    return float(value)


def _same(value: JSON) -> JSON:
    return value


_SCALARS: Final[dict[type, Callable[[Any], JSON]]] = {
    **dict.fromkeys((bool, int, float, str, type(None)), _same),
    type(cbor2.undefined): lambda _: None,
    datetime: _date,
    date: _date,
    Decimal: _decimal,
    UUID: str,
    ipaddress.IPv4Address: str,
    ipaddress.IPv6Address: str,
}
_BYTES_AS: Final = {21: _base64url, 22: _base64, 23: _base16}
_TEXT_TAGS: Final = frozenset({32, 33, 34})  # a URI, and text that is base64 of something
_ADDRESS_BYTES: Final = {52: 4, 54: 16}  # cbor2 reads these two tags since version 6
_DESCRIPTIONS: Final[dict[type, str]] = {
    int: "an integer of that size",
    float: "a float",
    bool: "a boolean",
    type(None): "null",
    bytes: "a byte string",
    Decimal: "a number of that size",
    Fraction: "a fraction",
    re.Pattern: "a regular expression",
    set: "a set",
    frozenset: "a set",
    tuple: "an array",
    cbor2.CBORSimpleValue: "a simple value",
}


def _described(value: object) -> str:
    if isinstance(value, cbor2.CBORTag):
        return f"CBOR tag {value.tag}"
    if isinstance(value, float) and not isfinite(value):
        return "NaN or an infinite number"
    return _DESCRIPTIONS.get(type(value), f"a value of type {type(value).__name__}")
