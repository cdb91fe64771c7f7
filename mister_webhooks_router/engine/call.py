"""The innermost part of the onion: the call of the handler itself, on the loop or on the handlers' thread."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from mister_webhooks_router import messages
from mister_webhooks_router.app import App
from mister_webhooks_router.delivery import Delivery
from mister_webhooks_router.engine.thread import HandlerThread
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.injection import Argument
from mister_webhooks_router.outcome import Handled, Outcome
from mister_webhooks_router.types import Next

_HANDLED = Handled()
_GIVEN: dict[str, Callable[[Delivery], object]] = {
    "event": attrgetter("event"),
    "payload": attrgetter("event.payload"),
    "headers": attrgetter("event.headers"),
    "delivery": lambda delivery: delivery,
    "log": attrgetter("log"),
}


class Plan(NamedTuple):
    """How a handler is run: its onion with the call in the middle, on the handlers' thread from end to end or not."""

    call: Next
    on_thread: bool


def plan(app: App, handler: Handler, thread: HandlerThread) -> Plan:
    """Compose the handler's onion. A `def` handler whose layers need no loop runs on the thread, without a hop."""
    onion = app.onion(handler)
    if handler.is_async:
        return Plan(onion.around(_on_loop(handler)), on_thread=False)
    if onion.inline:
        return Plan(onion.around(_on_thread(handler, thread)), on_thread=True)
    return Plan(onion.around(_from_loop(handler, thread)), on_thread=False)


def _on_loop(handler: Handler) -> Next:
    """An `async def` handler."""
    call = _caller(handler)

    async def run(delivery: Delivery) -> Outcome:
        await call(delivery)
        return _HANDLED

    return run


def _on_thread(handler: Handler, thread: HandlerThread) -> Next:
    """A `def` handler; the caller is the thread. What it returns to be awaited is awaited on the loop."""
    call = _caller(handler)

    async def run(delivery: Delivery) -> Outcome:
        returned = call(delivery)
        if returned is not None and _to_await(handler, returned):
            asyncio.run_coroutine_threadsafe(_awaited(returned), thread.loop).result()
        return _HANDLED

    return run


def _from_loop(handler: Handler, thread: HandlerThread) -> Next:
    """A `def` handler below a layer that needs the loop: the call hops to the thread and back."""
    call = _caller(handler)

    async def run(delivery: Delivery) -> Outcome:
        returned = await thread.call(partial(copy_context().run, call, delivery))
        if returned is not None and _to_await(handler, returned):
            await returned
        return _HANDLED

    return run


def _caller(handler: Handler) -> Callable[[Delivery], Any]:
    """A call of the function with the arguments that it wants."""
    function = handler.function
    given = [(argument.parameter, _getter(argument)) for argument in handler.arguments]
    return lambda delivery: function(**{name: get(delivery) for name, get in given})


def _getter(argument: Argument) -> Callable[[Delivery], object]:
    """What fetches the argument's value from a delivery."""
    model = argument.model
    if model is None:
        return _GIVEN[argument.given]
    return lambda delivery: model.validate(delivery.event.payload)


def _to_await(handler: Handler, returned: object) -> bool:
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        raise TypeError(messages.generator_returned(handler.name))
    return inspect.isawaitable(returned)


async def _awaited(returned: Awaitable[object]) -> None:
    await returned
