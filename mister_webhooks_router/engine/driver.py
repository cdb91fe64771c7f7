"""Runs the deliveries of a batch where they belong: on the loop, or on the handlers' thread."""

from __future__ import annotations

import asyncio
from contextvars import Context
from functools import partial
from time import perf_counter

from mister_webhooks_router import messages
from mister_webhooks_router.app import App
from mister_webhooks_router.delivery import Delivery
from mister_webhooks_router.engine.call import Plan, plan
from mister_webhooks_router.engine.results import DeliveryResult
from mister_webhooks_router.engine.steps import Mark, Step, Steps, send
from mister_webhooks_router.engine.thread import HandlerThread
from mister_webhooks_router.errors import MiddlewareError
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.types import Next

_SLICE = 0.005
"""Seconds after which the loop gets its turn where no delivery waits for anything."""


class Driver:
    """Runs steps.

    Args:
        app: whose handlers these are.
        thread: where `def` handlers run.
        context: what each delivery gets a copy of.
    """

    def __init__(self, app: App, thread: HandlerThread, context: Context) -> None:
        self._app = app
        self._thread = thread
        self._context = context
        self._plans: dict[str, Plan] = {}
        self._abandoned = False
        self._breath = perf_counter()

    async def work(self, steps: Steps) -> None:
        """Run the steps of a batch to their end. Raises what they raise."""
        step = send(steps, None)
        while step is not Mark.END:
            if step is Mark.BETWEEN:
                await self._breathe()
                step = send(steps, None)
            elif self._plan(step.handler).on_thread:
                step = await self._thread.call(partial(self._row_on_thread, steps, step))
            else:
                step = self._after(steps, await self._on_loop(step))

    def abandon(self) -> None:
        """The delivery that runs is not waited for any longer: when it ends, nothing follows."""
        self._abandoned = True

    def _row_on_thread(self, steps: Steps, step: Step) -> Step:
        """On the thread: this delivery and those that follow, up to the first that belongs on the loop."""
        while step is not Mark.END:
            if step is Mark.BETWEEN:
                step = send(steps, None)
            elif self._plan(step.handler).on_thread:
                step = self._after(steps, self._context.copy().run(self._drive, step))
            else:
                break
        return step

    def _after(self, steps: Steps, result: DeliveryResult) -> Step:
        return Mark.END if self._abandoned else send(steps, result)

    def _drive(self, delivery: Delivery) -> DeliveryResult:
        """Run an onion that waits for nothing: it is over at its first step."""
        running = _deliver(self._plan(delivery.handler).call, delivery)
        try:
            running.send(None)
        except StopIteration as done:
            result: DeliveryResult = done.value
            return result
        running.close()
        layers = [layer.name for layer in self._app.onion(delivery.handler).layers]
        return DeliveryResult(delivery.handler, None, MiddlewareError(messages.inline_waited(layers)), 0.0)

    async def _on_loop(self, delivery: Delivery) -> DeliveryResult:
        call = self._plan(delivery.handler).call
        # A task of its own: what the handler does to its task and its context must not reach the next delivery.
        task = asyncio.get_running_loop().create_task(_deliver(call, delivery), context=self._context.copy())
        return await task

    async def _breathe(self) -> None:
        if perf_counter() - self._breath > _SLICE:
            await asyncio.sleep(0)
            self._breath = perf_counter()

    def _plan(self, handler: Handler) -> Plan:
        made = self._plans.get(handler.name)
        if made is None:
            made = self._plans[handler.name] = plan(self._app, handler, self._thread)
        return made


async def _deliver(call: Next, delivery: Delivery) -> DeliveryResult:
    """Run the onion; whatever it raises is the result, also what would end the loop."""
    started = perf_counter()
    try:
        outcome = await call(delivery)
    except BaseException as error:  # noqa: BLE001  the steps decide what follows
        return DeliveryResult(delivery.handler, None, error, perf_counter() - started)
    return DeliveryResult(delivery.handler, outcome, None, perf_counter() - started)
