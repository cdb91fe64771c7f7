"""Typed payloads: what a handler's annotation asks of the body, checked with pydantic."""

from __future__ import annotations

import collections.abc
import json
import sys
import types
import typing
from typing import Any, Final, Protocol

from mister_webhooks.errors import MissingExtra
from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError, Permanent

_PLAIN: Final = frozenset(
    {
        Any,
        object,
        None,
        type(None),
        bool,
        int,
        float,
        str,
        list,
        dict,
        collections.abc.Mapping,
        collections.abc.MutableMapping,
        collections.abc.Sequence,
    }
)
"""What `json.loads` returns, and the wider words for it: a payload is that already."""

# Errors of pydantic whose text quotes the input, or is written by whoever wrote the validator.
_MAY_QUOTE_INPUT: Final = frozenset(
    {
        "assertion_error",
        "get_attribute_error",
        "iteration_error",
        "json_invalid",
        "mapping_type",
        "no_such_attribute",
        "union_tag_invalid",
        "value_error",
    }
)
_MOST_FAULTS: Final = 5
_LONGEST_PART: Final = 60


class InvalidPayload(Permanent):
    """The payload is not what the handler's annotation says. Names places and rules, never a value of the body."""


class Model(Protocol):
    """Turns a payload into what a handler asked for."""

    def validate(self, payload: object) -> object:
        """A value of the annotated type, made for this delivery. Raises `InvalidPayload`."""


def payload_model(annotation: Any, where: str) -> Model | None:  # noqa: ANN401 - any type expression
    """What checks payloads for this annotation; None for a plain JSON type, which needs no check.

    Args:
        annotation: of the argument `payload`.
        where: the handler, for messages.

    Raises:
        MissingExtra: pydantic is not installed.
        AppError: pydantic cannot check such a type.
    """
    if is_plain(annotation):
        return None
    try:
        import pydantic  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("pydantic", f"the payload of {where}") from None
    try:
        return _PydanticModel(pydantic.TypeAdapter(annotation))
    except (pydantic.PydanticUserError, pydantic.errors.PydanticUndefinedAnnotation) as error:
        raise AppError(messages.no_model(where, annotation, str(error).splitlines()[0])) from None


def is_plain(annotation: object) -> bool:
    """Whether the annotation says no more than JSON does."""
    origin = typing.get_origin(annotation)
    if sys.version_info >= (3, 12) and isinstance(annotation, typing.TypeAliasType):
        return is_plain(annotation.__value__)
    if origin is None:
        return _is_plain_type(annotation)
    if origin in (typing.Union, types.UnionType):
        return all(map(is_plain, typing.get_args(annotation)))
    return origin in _PLAIN and all(map(is_plain, typing.get_args(annotation)))


def _is_plain_type(annotation: object) -> bool:
    try:
        return annotation in _PLAIN
    except TypeError:  # not hashable: no type of ours
        return False


class _PydanticModel:
    def __init__(self, adapter: Any) -> None:  # noqa: ANN401 - pydantic is an extra
        self._adapter = adapter

    def validate(self, payload: object) -> object:
        from pydantic import ValidationError  # noqa: PLC0415 - an extra

        try:
            return self._adapter.validate_python(payload)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
        except Exception as error:  # noqa: BLE001 - a validator of the user, whatever it raises
            kind = type(error).__name__
            raise InvalidPayload(messages.invalid_payload([f"a validator raised {kind}"], 1)) from None
        # Not chained: the original shows the values.
        raise InvalidPayload(messages.invalid_payload([_fault(one) for one in faults[:_MOST_FAULTS]], len(faults)))


def _fault(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    place = ".".join(map(_part_text, error["loc"]))
    kind = error["type"]
    text = kind if kind in _MAY_QUOTE_INPUT or not _is_built_in(kind) else error["msg"]
    return f"payload.{place}: {text}" if place else f"payload: {text}"


def _part_text(part: int | str) -> str:
    """A key of the body may be made up by its sender: on one line, and cut."""
    text = str(part)
    if text.isprintable() and len(text) <= _LONGEST_PART:
        return text
    return json.dumps(text[:_LONGEST_PART]) + ("…" if len(text) > _LONGEST_PART else "")


def _is_built_in(kind: str) -> bool:
    from pydantic_core.core_schema import ErrorType  # noqa: PLC0415 - comes with pydantic

    return kind in typing.get_args(ErrorType)
