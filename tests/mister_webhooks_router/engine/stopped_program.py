"""A program that handles one event and then waits in the second, to be stopped by signals.

Usage: python stopped_program.py KIND DRAIN LOOP    KIND: how the second event's handler waits; LOOP: uvloop or asyncio
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from mister_webhooks.source import TopicPartition
from mister_webhooks_router import App, Delivery, DrainTimeout
from mister_webhooks_router.engine import Runner, RunnerOptions
from tests.mister_webhooks_router.memory_source import MemorySource, body


class TellingSource(MemorySource):
    """Says what is committed."""

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        super().commit(offsets)
        say(f"committed {self.offset}")


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def until_stop(delivery: Delivery) -> None:
    if waits(delivery):
        while not delivery.shutting_down:
            time.sleep(0.01)
        say("saw the stop")


def for_ever(delivery: Delivery) -> None:
    if waits(delivery):
        threading.Event().wait()


async def until_stop_async(delivery: Delivery) -> None:
    if waits(delivery):
        while not delivery.shutting_down:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0.01)
        say("saw the stop")


async def for_ever_async(delivery: Delivery) -> None:
    if waits(delivery):
        await asyncio.sleep(3600)


async def blocks_the_loop(delivery: Delivery) -> None:
    if waits(delivery):
        time.sleep(3600)  # noqa: ASYNC251  the mistake that this is about


def waits(delivery: Delivery) -> bool:
    if delivery.event.payload == 1:
        say("running")
    return bool(delivery.event.payload)


HANDLERS: dict[str, Callable[[Delivery], Any]] = {
    handler.__name__: handler for handler in (until_stop, for_ever, until_stop_async, for_ever_async, blocks_the_loop)
}


def main(kind: str, drain: float) -> int:
    app = App()
    app.on()(HANDLERS[kind])
    source = TellingSource(*map(body, range(3)))
    try:
        report = Runner(app, source, RunnerOptions(drain=drain)).run()
    except DrainTimeout as error:
        say(str(error))
        return error.exit_code
    say(f"handled {report.handled}")
    return 0


if __name__ == "__main__":
    if sys.argv[3] == "asyncio":
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # as if it were not installed
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
