"""One line a delivery: handler, position, method, outcome and milliseconds. Never a body, a header or a message."""

from __future__ import annotations

import logging
from time import perf_counter

from mister_webhooks_router import DeadLettered, Delivery, Middleware, Next, Outcome, Phase, Skipped

_log = logging.getLogger("mister_webhooks_router.log")


async def log_delivery(delivery: Delivery, call_next: Next) -> Outcome:
    """Log the outcome at level info; at level error, by its class alone, what the inner layers raised."""
    started = perf_counter()
    try:
        outcome = await call_next(delivery)
    except BaseException as error:
        _write(logging.ERROR, delivery, f"failed: {type(error).__name__}", started)
        raise
    _write(logging.INFO, delivery, _words(outcome), started)
    return outcome


def _words(outcome: Outcome) -> str:
    if isinstance(outcome, Skipped):
        return f"skipped: {outcome.reason}"
    if isinstance(outcome, DeadLettered):
        return f"dead-lettered: {outcome.reason}"
    return "handled"


def _write(level: int, delivery: Delivery, what: str, started: float) -> None:
    if not _log.isEnabledFor(level):
        return
    event = delivery.event
    took = (perf_counter() - started) * 1000
    _log.log(level, "%s %s %s %s %.1f ms", delivery.handler.name, event.position, event.method.name, what, took)


middleware = Middleware("log", log_delivery, phase=Phase.OBSERVE, inline=True)
