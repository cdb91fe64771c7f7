from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from mister_webhooks import Headers, WebhookEvent
from mister_webhooks_router import Delivery
from mister_webhooks_router.errors import AppError
from mister_webhooks_router.injection import Argument
from mister_webhooks_router.injection import arguments as read

if TYPE_CHECKING:
    from decimal import Decimal


class Invoice(BaseModel):
    number: str


BY_TYPE = {WebhookEvent: "event", Headers: "headers", Delivery: "delivery", logging.LoggerAdapter: "log"}


def arguments(function: Callable[..., Any]) -> tuple[Argument, ...]:
    return read(function, BY_TYPE)


def given(function: Callable[..., Any]) -> list[tuple[str, str]]:
    return [(one.parameter, one.given) for one in arguments(function)]


def test_arguments_are_given_by_name() -> None:
    """Each of the five names is given, in whatever order, and one with a default too."""

    def handler(log: object, event: object, headers: object, delivery: object, payload: object = None) -> None: ...

    assert given(handler) == [(name, name) for name in ("log", "event", "headers", "delivery", "payload")]


def test_arguments_are_given_by_annotation() -> None:
    """Under any other name, the type says what is meant."""

    def handler(hook: WebhookEvent, fields: Headers, this: Delivery, out: logging.LoggerAdapter[Any]) -> None: ...

    assert given(handler) == [("hook", "event"), ("fields", "headers"), ("this", "delivery"), ("out", "log")]


def test_two_stars_take_what_is_left() -> None:
    """`**rest` is given all that is not named."""

    def handler(event: WebhookEvent, **rest: object) -> None: ...

    assert given(handler) == [(name, name) for name in ("event", "payload", "headers", "delivery", "log")]


def test_what_a_partial_binds_is_not_given() -> None:
    """An argument that is bound already needs nothing."""

    def handler(event: object, table: str) -> None: ...

    assert given(functools.partial(handler, table="bookings")) == [("event", "event")]


def test_a_model_is_made_of_the_payload_only() -> None:
    """The annotation of `payload` asks for a check; a plain one does not."""

    def typed(payload: Invoice) -> None: ...
    def plain(payload: dict[str, Any]) -> None: ...

    assert arguments(typed)[0].model is not None
    assert arguments(plain)[0].model is None


def test_a_local_type_is_found_where_the_function_uses_it() -> None:
    """A type of an enclosing function is read where the function refers to it."""

    class Local(BaseModel):
        number: str

    def handler(payload: Local) -> Local:
        return Local.model_validate(payload)

    assert arguments(handler)[0].model is not None


def test_other_annotations_are_not_read() -> None:
    """What is imported for type checkers only does no harm anywhere but at the payload."""

    def handler(event: object, rate: Decimal | None = None) -> None: ...

    assert given(handler) == [("event", "event")]


def wrong_name(pyload: object) -> None: ...
def wrong_type(event: Delivery) -> None: ...
def wrong_payload(payload: WebhookEvent) -> None: ...
def unknown_type(payload: Decimal) -> None: ...
def no_model(payload: Callable[[], NotImplementedError] | logging.Handler) -> None: ...
def near_default(event: object, pyload: object = None) -> None: ...


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (wrong_name, "Did you mean 'payload'?"),
        (wrong_type, "call it 'delivery'"),
        (wrong_payload, "call it 'event'"),
        (unknown_type, "not under `if TYPE_CHECKING`"),
        (no_model, "Annotate it with a pydantic model"),
        (near_default, "Did you mean 'payload'?"),
    ],
)
def test_a_mistake_is_refused_with_what_to_write(function: Callable[..., Any], text: str) -> None:
    """Every mistake names the function, its place and the way out."""
    with pytest.raises(AppError) as caught:
        arguments(function)

    assert text in str(caught.value)
    assert f"{function.__name__} (" in str(caught.value)
    assert "test_injection.py:" in str(caught.value)
