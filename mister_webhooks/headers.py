"""HTTP headers of a webhook: names without case, several values each, secrets masked."""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from functools import lru_cache
from threading import RLock
from typing import Final, Self, TypeAlias, TypeVar, overload

T = TypeVar("T")
HeadersLike: TypeAlias = "Mapping[str, Iterable[str]] | Iterable[tuple[str, Iterable[str]]]"

MASK: Final = "***"
"""Stands for the value of a secret header wherever it is shown."""

# A header is secret when it grants access (a token, a key, a cookie) or proves the sender (a signature). Providers name
# theirs as they like, so words count, wherever they stand in the name.
_SECRET_WORD: Final = re.compile(
    r"authorization|authentication|cookie|token|secret|signature|password|passwd|credential|session|hmac|jwt"
    r"|(?:api|access|private|shared)[-_]?key|(?:^|[-_])(?:auth|sig|hash|pass|pwd)(?:[-_]|$)",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Whether the values of the header `name` must not be shown: credentials, cookies, tokens and signatures."""
    return _SECRET_WORD.search(name) is not None


_LISTS: Final = frozenset({list})
_FOLDING: Final = RLock()


class Headers(dict[str, list[str]]):
    """HTTP headers: a dict from name to the list of its values, whose names are compared without case.

    Names keep the spelling they came with. Names that differ only in case are one header: the first spelling stays and
    the values follow one another in order. A plain string as a value is a list of one.

    The values of secret headers (see `is_secret_header`) are masked in `repr`, and only there.

    Args:
        headers: a mapping, or pairs, of name and values.
    """

    # From the lower-case name to the spelling in the dict. Built on first use: most events are routed by two names.
    _names: dict[str, str] | None = None

    def __init__(self, headers: HeadersLike = (), /) -> None:
        if not isinstance(headers, Mapping):
            super().__init__()
            for name, values in headers:
                self._extend(name, _as_list(values))
            return
        super().__init__(headers)  # type: ignore[arg-type]  # what is no list yet becomes one below
        if not _LISTS.issuperset(map(type, dict.values(self))):
            for name, values in headers.items():
                dict.__setitem__(self, name, _as_list(values))

    def first(self, name: str, default: T | None = None) -> str | T | None:
        """The first value of the header `name`, or `default` where there is none."""
        values = self.get(name)
        return values[0] if values else default

    def _extend(self, name: str, values: list[str]) -> None:
        spelling = self._folded().setdefault(name.lower(), name)
        dict.setdefault(self, spelling, []).extend(values)

    def _folded(self) -> dict[str, str]:
        names = self._names
        return self._fold() if names is None else names

    def _fold(self) -> dict[str, str]:
        """Build the index, and merge the names that differ only in case. Threads that share an event may meet here."""
        with _FOLDING:
            if self._names is None:
                names: dict[str, str] = {}
                for name in list(dict.keys(self)):
                    spelling = names.setdefault(name.lower(), name)
                    if spelling != name:
                        merged = dict.__getitem__(self, spelling) + dict.pop(self, name)
                        dict.__setitem__(self, spelling, merged)
                self._names = names
            return self._names

    def _spelling(self, name: object) -> str:
        """The spelling of `name` in the dict, or `name` itself."""
        if not isinstance(name, str):
            raise KeyError(name)
        return self._folded().get(name.lower(), name)

    def __getitem__(self, name: str) -> list[str]:
        return super().__getitem__(self._spelling(name))

    def __setitem__(self, name: str, values: Iterable[str]) -> None:
        spelling = self._folded().setdefault(name.lower(), name)
        super().__setitem__(spelling, _as_list(values))

    def __delitem__(self, name: str) -> None:
        super().__delitem__(self._spelling(name))
        del self._folded()[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._folded()

    def __iter__(self) -> Iterator[str]:
        self._folded()
        return super().__iter__()

    def __reversed__(self) -> Iterator[str]:
        self._folded()
        return super().__reversed__()

    def __len__(self) -> int:
        self._folded()
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return self._comparable() == Headers(other)._comparable()

    def __ne__(self, other: object) -> bool:
        return not self == other  # a dict's own compares the spelling, too

    __hash__ = None  # equal headers may be spelled differently, as with every dict

    def _comparable(self) -> dict[str, list[str]]:
        return {name.lower(): values for name, values in self.items()}

    def __repr__(self) -> str:
        return repr({name: [MASK] * len(values) if is_secret_header(name) else values for name, values in self.items()})

    def __or__(self, other: HeadersLike) -> Self:  # type: ignore[override]  # a dict's takes dicts only
        return self.copy()._joined(other)

    def __ror__(self, other: HeadersLike) -> Self:  # type: ignore[override]  # as above
        return type(self)(other)._joined(self)

    def __ior__(self, other: HeadersLike) -> Self:  # type: ignore[override]  # as above
        return self._joined(other)

    def _joined(self, other: HeadersLike) -> Self:
        self.update(other)
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[dict[str, list[str]]]]:
        return type(self), (dict(self.items()),)

    def copy(self) -> Self:
        """The same headers; their lists are shared, as in a dict's copy."""
        return type(self)(self)

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """The names; `in` compares them without case."""
        return KeysView(self)

    def values(self) -> ValuesView[list[str]]:  # type: ignore[override]
        """The lists of values."""
        return ValuesView(self)

    def items(self) -> ItemsView[str, list[str]]:  # type: ignore[override]
        """Pairs of name and list of values."""
        return ItemsView(self)

    @overload
    def get(self, name: str, default: None = None, /) -> list[str] | None: ...
    @overload
    def get(self, name: str, default: list[str], /) -> list[str]: ...
    @overload
    def get(self, name: str, default: T, /) -> list[str] | T: ...
    def get(self, name: str, default: object = None, /) -> object:
        """The values of the header `name`, or `default`."""
        return super().get(self._spelling(name), default)

    def setdefault(self, name: str, default: Iterable[str] = (), /) -> list[str]:
        """The values of the header `name`, set to `default` before where it is missing."""
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, /, *default: T) -> list[str] | T:
        """Remove the header `name` and return its values; `default`, where given, if it is missing."""
        if default and name not in self:
            return default[0]
        values = self[name]
        del self[name]
        return values

    def popitem(self) -> tuple[str, list[str]]:
        """Remove and return the last header."""
        self._folded()
        name, values = super().popitem()
        del self._folded()[name.lower()]
        return name, values

    def clear(self) -> None:
        """Remove all headers."""
        super().clear()
        self._names = None

    def update(self, other: HeadersLike = (), /, **named: Iterable[str]) -> None:  # type: ignore[override]  # a dict's takes dicts only
        """Set the headers of another mapping (or of pairs) here; each replaces the values it had."""
        new = type(self)(other)
        for name, values in named.items():
            new[name] = values
        for name, values in new.items():
            self[name] = values


def _as_list(values: Iterable[str]) -> list[str]:
    if isinstance(values, list):
        return values
    return [values] if isinstance(values, str) else list(values)
