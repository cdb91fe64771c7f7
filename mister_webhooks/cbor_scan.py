"""What a CBOR body may hold, checked before the package cbor2 sees it.

The walk is over the heads of the items (RFC 8949, section 3) and builds nothing: lengths, depth, keys and tags.
"""

from __future__ import annotations

import re
from typing import Final

from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.types import MAX_DEPTH, MAX_INT_DIGITS, MAX_ITEMS

_MAX_INT_BYTES: Final = ((10**MAX_INT_DIGITS).bit_length() + 7) // 8

# Some conversions of cbor2 are quadratic; below this size the slowest takes some 20 milliseconds.
_SMALL: Final = 1 << 14
# Tags that are dangerous at any size, however they are written: references, fractions, regular expressions, MIME.
# One pattern for each first byte: `re` then looks for that byte with memchr, much faster than for a set.
_DANGEROUS: Final = tuple(
    re.compile(head + rb"[\x19\x1c\x1d\x1e\x23\x24]")
    for head in (rb"\xd8", rb"\xd9\x00", rb"\xda\x00{3}", rb"\xdb\x00{7}")
)

_UINT, _NEGINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_ARGUMENT_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_FIRST_LONG: Final = 24  # in the head: from here on the argument has bytes of its own
_INDEFINITE: Final = 31
_BREAK: Final = b"\xff"
_WITHOUT_END: Final = 1 << 80  # items left in a container of indefinite length; even, as in every map

_KNOWN_TAGS: Final = frozenset(
    {0, 1, 2, 3, 4, 5, 21, 22, 23, 25, 28, 29, 32, 33, 34, 37, 52, 54, 100, 256, 260, 1004, 55799}
)
_REFERENCE_TAGS: Final = frozenset({25, 28, 29, 256})
_BIGNUM_TAGS: Final = frozenset({2, 3})


def _leaf_size(head: int) -> int:
    """How many bytes an item that begins with this byte has; 0 where that takes a closer look."""
    major, info = head >> 5, head & 31
    if major in (_UINT, _NEGINT, _SIMPLE) and info < _INDEFINITE:
        return 1 + _ARGUMENT_BYTES.get(info, 0) if info <= max(_ARGUMENT_BYTES) else 0
    if major == _TEXT and info < _FIRST_LONG:
        return 1 + info
    return 1 if major in (_ARRAY, _MAP) and info == 0 else 0


_LEAF_SIZES: Final = bytes(map(_leaf_size, range(256)))


def must_scan(raw: bytes) -> bool:
    """Whether cbor2 must not see `raw` before `Scan` has."""
    return len(raw) > _SMALL or any(pattern.search(raw) for pattern in _DANGEROUS)


def too_deep() -> PayloadDecodeError:
    """The error for a body with too many levels."""
    return PayloadDecodeError(f"the body is nested deeper than {MAX_DEPTH} levels")


def too_many() -> PayloadDecodeError:
    """The error for a body with too many values."""
    return PayloadDecodeError(f"the body holds more than {MAX_ITEMS:,} values and names")


def trailing(at: int) -> PayloadDecodeError:
    """The error for a body with more than one item."""
    return PayloadDecodeError(f"the body is no CBOR: it goes on after its end at byte {at}")


class _Frame:
    """An array or a map that is being walked through."""

    __slots__ = ("indefinite", "is_map", "left")

    def __init__(self, left: int, *, is_map: bool = False) -> None:
        self.indefinite = left < 0
        self.left = _WITHOUT_END if left < 0 else left * 2 if is_map else left
        self.is_map = is_map

    def at_key(self) -> bool:
        return self.is_map and self.left % 2 == 0


class Scan:
    """Walks over the heads of all items, building nothing, and refuses what must not reach cbor2."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0
        self._items = 0
        self._shared = False

    def run(self) -> bool:
        """Whether the body holds references. Raises `PayloadDecodeError`."""
        stack = [_Frame(1)]
        while stack:
            frame = stack[-1]
            self._leaves(frame)
            if frame.left == 0 or self._ended(frame):
                stack.pop()
            elif inner := self._item(frame):
                stack.append(inner)
                if len(stack) > MAX_DEPTH + 1:
                    raise too_deep()
        if self._at != len(self._raw):
            raise trailing(self._at)
        return self._shared

    def _leaves(self, frame: _Frame) -> None:
        """Pass the next items of `frame` as long as they are numbers, simple values, short texts or empty: most are."""
        raw, at, left = self._raw, self._at, frame.left
        end, stop = len(raw), max(0, left + self._items - MAX_ITEMS - 1)
        while left > stop and at < end and (size := _LEAF_SIZES[raw[at]]):
            at += size
            left -= 1
        self._items += frame.left - left
        if self._items > MAX_ITEMS:
            raise too_many()
        if at > end:
            raise self._refusal("it ends too early", end)
        self._at, frame.left = at, left

    def _ended(self, frame: _Frame) -> bool:
        if not frame.indefinite or not self._at_break():
            return False
        if frame.is_map and not frame.at_key():
            raise self._refusal("a key has no value", self._at)
        self._at += 1
        return True

    def _item(self, frame: _Frame) -> _Frame | None:
        """Pass the next item of `frame`, or its head where it holds others."""
        start = self._at
        major, argument = self._head()
        if frame.at_key() and major != _TEXT:
            raise self._refusal("a key is neither text nor an integer of 64 bits", start)
        if major == _TAG:
            major, argument = self._tagged(argument, start)
        self._items += 1
        frame.left -= 1
        return self._content(major, argument)

    def _content(self, major: int, argument: int) -> _Frame | None:
        if major in (_ARRAY, _MAP):
            self._require(argument)
            return _Frame(argument, is_map=major == _MAP)
        if major in (_BYTES, _TEXT):
            self._skip(argument) if argument >= 0 else self._pieces(major)
        return None

    def _head(self) -> tuple[int, int]:
        """Major type and argument of the item that begins here; -1 for an indefinite length."""
        start = self._at
        self._skip(1)
        first = self._raw[start]
        major, info = first >> 5, first & 31
        if info < _FIRST_LONG:
            return major, info
        if width := _ARGUMENT_BYTES.get(info):
            self._skip(width)
            return major, int.from_bytes(self._raw[start + 1 : self._at], "big")
        if info == _INDEFINITE and _BYTES <= major <= _MAP:
            return major, -1
        raise self._refusal("an item is malformed", start)

    def _tagged(self, tag: int, start: int) -> tuple[int, int]:
        """Pass the tags of an item, which may stand in one another, and its head."""
        for _ in range(MAX_DEPTH):
            if tag not in _KNOWN_TAGS:
                raise self._refusal(f"CBOR tag {tag} has no JSON meaning", start)
            self._shared = self._shared or tag in _REFERENCE_TAGS
            major, argument = self._head()
            if tag in _BIGNUM_TAGS and (major != _BYTES or not 0 <= argument <= _MAX_INT_BYTES):
                raise self._refusal("an integer of that size has no JSON meaning", start)
            if major != _TAG:
                return major, argument
            tag = argument
        raise too_deep()

    def _pieces(self, major: int) -> None:
        """Pass a string of indefinite length."""
        while not self._at_break():
            start = self._at
            kind, length = self._head()
            if kind != major or length < 0:
                raise self._refusal("a piece of a string is malformed", start)
            self._skip(length)
        self._at += 1

    def _at_break(self) -> bool:
        return self._raw[self._at : self._at + 1] == _BREAK

    def _skip(self, count: int) -> None:
        self._require(count)
        self._at += count

    def _require(self, count: int) -> None:
        """Check that `count` bytes, or as many items, can still come."""
        if count > len(self._raw) - self._at:
            raise self._refusal("it ends too early", len(self._raw))

    def _refusal(self, reason: str, at: int) -> PayloadDecodeError:
        return PayloadDecodeError(f"the body cannot be read: at byte {at}, {reason}")
