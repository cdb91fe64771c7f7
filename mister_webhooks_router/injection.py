"""Injection: which arguments a handler is given, read once from its signature.

By name (`event, payload, headers, delivery, log`), or under any other name by an annotation that says as much
(`hook: WebhookEvent`).
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError
from mister_webhooks_router.models import Model, payload_model
from mister_webhooks_router.signature import call_targets, shown_name

INJECTED: Final = ("event", "payload", "headers", "delivery", "log")
"""What a handler may ask for, by the name of an argument."""

Types: TypeAlias = Mapping[type, str]
"""For a type, which of `INJECTED` an argument that is annotated with it means."""

_NEAR: Final = 0.8
_UNREADABLE: Final = object()


class Argument(NamedTuple):
    """One argument of a handler.

    Args:
        parameter: its name in the function.
        given: what it is given, one of `INJECTED`.
        model: what the payload is made into, where the annotation asks for more than JSON.
    """

    parameter: str
    given: str
    model: Model | None = None


def arguments(function: Callable[..., Any], by_type: Types) -> tuple[Argument, ...]:
    """What the function is to be called with; `**` takes all that is left.

    Args:
        function: the handler.
        by_type: what an annotation means, for arguments of other names.

    Raises:
        AppError: it asks for something that no handler is given.
        MissingExtra: a typed payload without pydantic.
    """
    name = shown_name(function)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise AppError(messages.no_signature(name)) from error
    bound = function.keywords if isinstance(function, functools.partial) else {}
    found = [_Reader(function, name, by_type).argument(one) for one in parameters if one.name not in bound]
    chosen = [one for one in found if one is not None]
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters):
        named = {one.name for one in parameters}
        chosen += [Argument(each, each) for each in INJECTED if each not in named]
    return tuple(chosen)


class _Reader(NamedTuple):
    """Reads the parameters of one function; `name` is what messages call it."""

    function: Callable[..., Any]
    name: str
    by_type: Types

    def argument(self, parameter: inspect.Parameter) -> Argument | None:
        """What this parameter is given; None for one that keeps its default."""
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            return None
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            raise AppError(messages.star_arguments(self.name, parameter.name))
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise AppError(messages.positional_only(self.name, parameter.name))
        annotation = _annotation(parameter, self.function)
        meant = self._meant(annotation)
        if parameter.name in INJECTED:
            if meant not in (None, parameter.name):
                raise AppError(messages.other_argument_meant(self.name, parameter.name, str(meant)))
            model = self._model(parameter, annotation) if parameter.name == "payload" else None
            return Argument(parameter.name, parameter.name, model)
        if meant is not None:
            return Argument(parameter.name, meant)
        _check_other(parameter, self.name)
        return None

    def _model(self, parameter: inspect.Parameter, annotation: object) -> Model | None:
        if annotation is inspect.Parameter.empty:
            return None
        if annotation is _UNREADABLE:
            raise AppError(messages.unreadable_annotation(self.name, parameter.annotation))
        return payload_model(annotation, self.name)

    def _meant(self, annotation: object) -> str | None:
        """The argument whose type this is."""
        kind = typing.get_origin(annotation) or annotation
        return self.by_type.get(kind) if isinstance(kind, type) else None


def _annotation(parameter: inspect.Parameter, function: Callable[..., Any]) -> object:
    """The annotation as an object; written as text, it is read where the function stands."""
    if not isinstance(parameter.annotation, str):
        return parameter.annotation
    target = inspect.unwrap(call_targets(function)[-1])
    target = getattr(target, "__func__", target)
    holder = type("Holder", (), {"__annotations__": {"it": parameter.annotation}})
    try:
        hints = typing.get_type_hints(holder, getattr(target, "__globals__", {}), _closure(target), include_extras=True)
    except Exception:  # noqa: BLE001 - whatever evaluating a text of the user raises
        return _UNREADABLE
    return hints["it"]


def _closure(function: Any) -> dict[str, Any]:  # noqa: ANN401 - any callable
    """The names of enclosing functions that the function uses."""
    try:
        return dict(inspect.getclosurevars(function).nonlocals)
    except (TypeError, ValueError):
        return {}


def _check_other(parameter: inspect.Parameter, name: str) -> None:
    if parameter.default is inspect.Parameter.empty:
        if parameter.name in {"self", "cls"}:
            raise AppError(messages.method_without_self(name, parameter.name))
        raise AppError(messages.unknown_argument(name, parameter.name, INJECTED))
    if messages.did_you_mean(parameter.name, INJECTED, cutoff=_NEAR):
        raise AppError(messages.near_miss(name, parameter.name, INJECTED))
