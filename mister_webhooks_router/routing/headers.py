"""The condition on a header. Values of secret headers, asked for or sent, are never shown."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from mister_webhooks.headers import MASK, is_secret_header
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError
from mister_webhooks_router.routing.answer import truth
from mister_webhooks_router.routing.condition import Condition, called
from mister_webhooks_router.routing.conditions import Several, any_of, each
from mister_webhooks_router.routing.json_values import show
from mister_webhooks_router.routing.patterns import PatternError, compile_pattern

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2

_Test: TypeAlias = Callable[[Collection[str]], bool]
"""Whether one alternative fits any of the values that an event has for the header."""


class Presence(Enum):
    """Whether a header is there, whatever its value."""

    ANY = "ANY"
    ABSENT = "ABSENT"

    def __repr__(self) -> str:
        return self.name


ANY: Final = Presence.ANY
"""The header is there, with any value."""

ABSENT: Final = Presence.ABSENT
"""The header is not there."""

HeaderValue: TypeAlias = str | re.Pattern[str] | Presence | Callable[[str], object]
"""One alternative of a condition on a header."""


@dataclass(frozen=True, slots=True)
class HeaderCondition(Condition):
    """One of the header's values is one of these. The name is compared without case, values exactly.

    Compiled patterns are searched with a budget: what they cannot tell within it raises `PatternGaveUp`.

    Raises `AppError` for a pattern that the engine with the budget does not take.
    """

    name: str
    values: tuple[HeaderValue, ...] = field(repr=False)
    _tests: tuple[_Test, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tests", tuple(_test(self.name, value) for value in self.values))

    @property
    def exact(self) -> bool:
        """Whether it asks for certain texts only, which an index can hold."""
        return all(isinstance(value, str) for value in self.values)

    def matches(self, event: WebhookEvent) -> bool:
        """Whether any value of the header fits any alternative."""
        found = event.headers.get(self.name) or ()
        return any(test(found) for test in self._tests)

    def fault(self, event: WebhookEvent) -> str:
        """Expected these, got those."""
        found = event.headers.get(self.name)
        got = f", got {', '.join(map(self._sent, found))}" if found else ", but the event has no such header"
        return f"header.{self.name}: expected {self._alternatives()}{got}"

    def __str__(self) -> str:
        return f"header {self.name} {self._alternatives()}"

    def _alternatives(self) -> str:
        return any_of(dict.fromkeys(self._wanted(value) for value in self.values))

    def _sent(self, value: str) -> str:
        return MASK if is_secret_header(self.name) else show(value)

    def _wanted(self, value: HeaderValue) -> str:
        if isinstance(value, Presence):
            return value.name
        if not isinstance(value, str | re.Pattern):
            return called(value)
        if is_secret_header(self.name):
            return MASK
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"/{value.pattern}/"


def header_conditions(given: Mapping[str, Several[HeaderValue]]) -> tuple[HeaderCondition, ...]:
    """Read `header=`, one condition for each name. Raises `AppError`."""
    if not isinstance(given, Mapping):
        raise AppError(messages.headers_no_mapping(given))
    return tuple(_header(name, value) for name, value in given.items())


def _header(name: object, given: Several[HeaderValue]) -> HeaderCondition:
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise AppError(messages.bad_header_name(name))
    values = each(f"header {name}", given)
    for value in values:
        _check_value(name, value)
    return HeaderCondition(name, values)


def _check_value(name: str, value: object) -> None:
    if isinstance(value, str | Presence):
        return
    text_pattern = isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    if not text_pattern and not callable(value):
        raise AppError(messages.bad_header_value(name, value))
    if callable(value):
        _check_function(name, value)


def _check_function(name: str, function: Callable[..., object]) -> None:
    for one in (function, type(function).__call__):
        if inspect.iscoroutinefunction(one):
            raise AppError(messages.async_header_function(name))
        if inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one):
            raise AppError(
                f"header {name!r}: {called(function)} is a generator, so its answer would always count as true. "
                "Let it `return`."
            )
    try:
        signature = inspect.signature(function)
    except ValueError:  # of what C has written, not every one has a signature
        return
    try:
        signature.bind("")
    except TypeError:
        raise AppError(f"header {name!r}: {called(function)} must take one argument, a value of the header") from None


def _test(name: str, wanted: HeaderValue) -> _Test:
    if isinstance(wanted, str):
        return lambda found: wanted in found
    if isinstance(wanted, Presence):
        return lambda found: bool(found) is (wanted is ANY)
    if isinstance(wanted, re.Pattern):
        return _search(name, wanted)
    function = _unquoting(name, wanted) if is_secret_header(name) else wanted
    return lambda found: any(truth(function(value)) for value in found)


def _unquoting(name: str, function: Callable[[str], object]) -> Callable[[str], object]:
    """The function of a secret header, whose exceptions may quote the value and are shown in logs."""

    def ask(value: str) -> object:
        try:
            return function(value)
        except Exception as error:  # noqa: BLE001  whatever it raises
            kind = type(error).__name__
        # Not chained, for the same reason.
        raise RuntimeError(f"header {name!r}: {called(function)} raised {kind} (its text may show the secret value)")

    return ask


def _search(name: str, wanted: re.Pattern[str]) -> _Test:
    try:
        pattern = compile_pattern(wanted)
    except PatternError as error:
        raise AppError(f"header {name!r}: the regular expression cannot be used: {error}") from None
    return lambda found: any(map(pattern.found_in, found))
