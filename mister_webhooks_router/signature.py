"""What a function tells of itself at registration: its name, its place, and whether it can be a handler."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError

_NAME = re.compile(r"[\w.<>:/@+-]+( [\w.<>:/@+-]+)*")


def check_function(function: object) -> None:
    """Refuse what would never run its body. Raises `AppError`."""
    if not callable(function):
        raise AppError(messages.no_function(function))
    if inspect.isclass(function):
        raise AppError(messages.class_no_handler(function.__qualname__))
    for one in call_targets(function):
        if inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one):
            raise AppError(messages.generator(shown_name(function)))


def is_async(function: Callable[..., Any]) -> bool:
    """Whether a call makes a coroutine, as far as one can see: a `def` may still return an awaitable."""
    return any(inspect.iscoroutinefunction(one) for one in call_targets(function))


def handler_name(function: Callable[..., Any], given: object) -> str:
    """The name given, or the function's qualified name without the module. Raises `AppError`."""
    own = _own_name(function)
    if given is None and own.endswith("<lambda>"):
        raise AppError(messages.name_needed(f"the lambda at {location(function)}"))
    name = own if given is None else given
    if not isinstance(name, str) or name == "-" or not _NAME.fullmatch(name):
        raise AppError(messages.bad_handler_name(name))
    return name


def shown_name(function: Callable[..., Any]) -> str:
    """What to call the function in a message: name and place."""
    return f"{_own_name(function)} ({location(function)})"


def location(function: Callable[..., Any]) -> str:
    """`file:line`, the file relative to the working directory where it is below."""
    code = getattr(inspect.unwrap(call_targets(function)[-1]), "__code__", None)
    if code is None:
        return f"module {getattr(function, '__module__', None) or type(function).__module__}"
    file = Path(code.co_filename)
    here = Path.cwd()
    return f"{file.relative_to(here) if file.is_relative_to(here) else file}:{code.co_firstlineno}"


def call_targets(function: Callable[..., Any]) -> tuple[Any, ...]:
    """The object and what a call of it runs: what a partial wraps, the `__call__` of an instance."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function):
        return (function,)
    return (function, type(function).__call__)


def _own_name(function: Callable[..., Any]) -> str:
    target = call_targets(function)[0]
    return str(getattr(target, "__qualname__", None) or type(target).__qualname__)
