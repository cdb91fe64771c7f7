"""FastStream: one subscriber with a filtered handler for each kind, asked as the subscriber itself asks them.

`SubscriberUsecase.process_message` awaits `is_suitable(message, cache)` of each handler in order and calls the first
that is. That loop is measured, over handlers that the library has set up, without its middlewares and without the call.
The parser hands out a message that was made before, and the decoder a body that is decoded already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from faststream.kafka import KafkaBroker, TestKafkaBroker
from faststream.kafka.message import KafkaMessage

from benchmarks.matching import Job, headers_of, measure, payload_of

Filter = Callable[[KafkaMessage], Awaitable[bool]]


async def parse(record: KafkaMessage) -> KafkaMessage:
    """The message, which is made already."""
    return record


async def decode(message: KafkaMessage) -> Any:  # noqa: ANN401 - the JSON data model
    """The body, which is decoded already."""
    return message.body


def make(kind: str) -> KafkaMessage:
    """A message as the parser would make it."""
    return KafkaMessage(body=payload_of(kind), headers=headers_of(kind), raw_message=None, consumer=None)


def header_filter(kind: str) -> Filter:
    """Wants one value of a header."""

    async def wanted(message: KafkaMessage) -> bool:
        return bool(message.headers.get("X-Github-Event") == kind)

    return wanted


def where_filter(kind: str) -> Filter:
    """Wants one value of a field of the body."""

    async def wanted(message: KafkaMessage) -> bool:
        body = await message.decode()
        return bool(body["ref"] == kind)

    return wanted


def path_filter(kind: str) -> Filter:
    """Wants one value of a field in a field of the body."""

    async def wanted(message: KafkaMessage) -> bool:
        body = await message.decode()
        return bool(body["repository"]["full_name"] == kind)

    return wanted


FILTERS = {"header": header_filter, "where": where_filter, "path": path_filter}


def subscriber_for(job: Job, broker: KafkaBroker) -> Any:  # noqa: ANN401 - the library's
    """A subscriber with one handler for each kind."""
    subscriber = broker.subscriber("incoming.acme.github", parser=parse, decoder=decode)
    for kind in job.kinds:
        subscriber(filter=FILTERS[job.form](kind))(handler_of(kind))
    return subscriber


def handler_of(kind: str) -> Callable[[Any], Awaitable[None]]:
    """A handler with the kind as its name."""

    async def handle(payload: Any) -> None:  # noqa: ANN401 - the JSON data model
        """Never called: matching is measured."""

    handle.__name__ = handle.__qualname__ = kind
    return handle


async def match(subscriber: Any, record: KafkaMessage) -> str:  # noqa: ANN401 - the library's
    """The loop of `process_message`, up to the call."""
    cache: dict[Any, Any] = {}
    for item in subscriber.calls:
        if await item.is_suitable(record, cache) is not None:
            return str(item.name)
    raise LookupError(record)


async def measured(job: Job) -> float:
    """What matching a message costs."""
    broker = KafkaBroker()
    subscriber = subscriber_for(job, broker)
    async with TestKafkaBroker(broker):  # sets the handlers up, without a broker
        loop = asyncio.get_running_loop()

        def run(records: Sequence[KafkaMessage]) -> list[str]:
            return drive(match_all(records))

        async def match_all(records: Sequence[KafkaMessage]) -> list[str]:
            return [await match(subscriber, record) for record in records]

        assert loop.is_running()
        return measure(job, make, run)


def drive(coroutine: Any) -> list[str]:  # noqa: ANN401 - a coroutine of any kind
    """Run a coroutine that waits for nothing outside."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: list[str] = end.value
        return result
    raise RuntimeError("a filter waited")


if __name__ == "__main__":
    print(asyncio.run(measured(Job.from_arguments())))
