from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasPath, BaseModel, Field, field_validator
from typing_extensions import TypedDict

from mister_webhooks.errors import MissingExtra
from mister_webhooks_router.errors import AppError, Permanent
from mister_webhooks_router.models import InvalidPayload, Model, is_plain, payload_model

SECRET = "sk-live-93711"


class Invoice(BaseModel):
    number: str = Field(validation_alias=AliasPath("data", "object", "number"))
    cents: int = Field(validation_alias=AliasPath("data", "object", "amount_paid"))


class Card(BaseModel):
    kind: Literal["card"]


class Cash(BaseModel):
    kind: Literal["cash"]


class Picky(BaseModel):
    token: str

    @field_validator("token")
    @classmethod
    def never(cls, value: str) -> str:
        raise ValueError(f"I do not like {value}")


class Odd(BaseModel):
    token: str

    @field_validator("token")
    @classmethod
    def look_up(cls, value: str) -> str:
        raise KeyError(value)


@dataclass
class Point:
    x: int
    y: int


class Row(TypedDict):
    id: int


def model(annotation: object) -> Model:
    found = payload_model(annotation, "book (app.py:3)")
    assert found is not None
    return found


@pytest.mark.parametrize(
    "annotation",
    [Any, object, None, dict, list, str, dict[str, Any], list[int], Mapping[str, object], str | int | None],
)
def test_what_json_has_is_plain(annotation: object) -> None:
    """An annotation that says no more than JSON does asks for no check."""
    assert is_plain(annotation)
    assert payload_model(annotation, "book") is None


@pytest.mark.parametrize(
    "annotation", [Invoice, Point, Row, list[Invoice], Invoice | None, Annotated[int, Field(gt=0)]]
)
def test_everything_else_is_checked(annotation: object) -> None:
    """A model, a dataclass, a typed dict, and whatever is made of them, is checked."""
    assert not is_plain(annotation)
    assert model(annotation) is not None


def test_a_payload_becomes_the_model() -> None:
    """The handler gets an object of its own type, made from the places that the model names."""
    payload = {"data": {"object": {"number": "A-1", "amount_paid": 1200}}}

    assert model(Invoice).validate(payload) == Invoice.model_validate(payload)
    assert model(Point).validate({"x": 1, "y": 2}) == Point(1, 2)
    assert model(list[Point]).validate([{"x": 1, "y": 2}]) == [Point(1, 2)]


def test_each_delivery_has_a_model_of_its_own() -> None:
    """Two deliveries of one event may change what they were given."""
    checked, payload = model(Point), {"x": 1, "y": 2}

    assert checked.validate(payload) is not checked.validate(payload)


def test_a_wrong_payload_is_permanent_and_names_each_place() -> None:
    """No attempt will mend it; the text says where and what was expected."""
    with pytest.raises(InvalidPayload) as caught:
        model(Invoice).validate({"data": {"object": {"amount_paid": "many"}}})

    assert isinstance(caught.value, Permanent)
    assert "payload.data.object.number: Field required" in str(caught.value)
    assert "payload.data.object.amount_paid: Input should be a valid integer" in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "payload"),
    [
        (Picky, {"token": SECRET}),
        (Odd, {"token": SECRET}),
        (Point, {"x": SECRET, "y": SECRET}),
        (Annotated[Card | Cash, Field(discriminator="kind")], {"kind": SECRET}),
        (Invoice, SECRET),
        (Annotated[str, Field(max_length=3)], SECRET),
    ],
)
def test_no_value_of_the_body_is_shown(annotation: object, payload: object) -> None:
    """Neither the text nor a traceback of the error shows what stood in the body."""
    with pytest.raises(InvalidPayload) as caught:
        model(annotation).validate(payload)

    shown = "".join(traceback.format_exception(caught.value))
    assert str(caught.value).startswith("the payload is not what the handler asks for")
    assert SECRET not in shown


def test_a_long_list_of_faults_is_cut() -> None:
    """The first five are shown, and how many there are in all."""
    with pytest.raises(InvalidPayload) as caught:
        model(list[Point]).validate([{}] * 10)

    assert str(caught.value).count("Field required") == 5
    assert "20" in str(caught.value)


def test_a_type_that_pydantic_cannot_check_is_refused_at_registration() -> None:
    """A class that is no model says so when the handler is registered, not when the first event comes."""

    class Plain:
        pass

    with pytest.raises(AppError, match=r"book \(app.py:3\).*Plain"):
        payload_model(Plain, "book (app.py:3)")


def test_without_pydantic_the_pip_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typed payload without the package says at registration what to install."""
    monkeypatch.setitem(__import__("sys").modules, "pydantic", None)

    with pytest.raises(MissingExtra, match=r"pip install 'mister-webhooks\[pydantic\]'"):
        payload_model(Point, "book")


def test_names_in_the_body_are_shown_on_one_line_and_cut() -> None:
    """Whoever sends the body makes up the keys of a map, as long as they like and with characters of all kinds."""
    model = payload_model(dict[str, Annotated[int, Field(gt=0)]], "handler")
    assert model is not None
    with pytest.raises(InvalidPayload) as error:
        model.validate({"a\n\x1b[2J" + "b" * 100_000: 0})

    assert str(error.value).startswith('the payload is not what the handler asks for: payload."a\\n\\u001b[2Jbbb')
    assert len(str(error.value)) < 500
