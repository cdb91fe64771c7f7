"""A FastStream application, started with `faststream run`.

Its own parser reads every Kafka header as UTF-8 and dies on the envelope byte 0x80, so it is given one. It acknowledges
first and commits each second on its own, which is its default and its fastest: weaker than what the loops promise.
"""

from __future__ import annotations

import os
import ssl
from typing import Any

from faststream import FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.security import SASLPlaintext

from benchmarks.job import Job
from benchmarks.meter import Meter
from benchmarks.wire import ENVELOPE_HEADER, ENVELOPE_V1, decode_body, decode_envelope

JOB = Job.from_env()
METER: Meter = JOB.meter()

broker = KafkaBroker(
    JOB.bootstrap,
    security=SASLPlaintext(JOB.group, JOB.secret, ssl_context=ssl.create_default_context(cafile=JOB.ca_file)),
)
app = FastStream(broker)


async def parse(record: Any) -> KafkaMessage:  # noqa: ANN401 - aiokafka's record
    """The message, with the envelope header checked and no header decoded as text."""
    if dict(record.headers).get(ENVELOPE_HEADER) != ENVELOPE_V1:
        raise ValueError(f"no webhook at offset {record.offset}")
    return KafkaMessage(
        body=record.value,
        headers={},
        raw_message=record,
        message_id=f"{record.offset}-{record.timestamp}",
        consumer=None,
    )


async def decode(message: KafkaMessage) -> Any:  # noqa: ANN401 - the JSON data model
    """The webhook's body out of its envelope."""
    return decode_body(decode_envelope(message.body))


def see(number: int) -> None:
    """Count the event; the last one ends the program."""
    METER.see(number)
    if METER.complete:
        app.exit()


async def handle_async(payload: dict[str, Any]) -> None:
    """Read one field."""
    see(payload["serial"])


def handle_def(payload: dict[str, Any]) -> None:
    """Read one field, on a thread of FastStream's pool."""
    see(payload["serial"])


broker.subscriber(
    JOB.topic,
    group_id=JOB.group,
    auto_offset_reset="earliest",
    auto_commit_interval_ms=1000,
    parser=parse,
    decoder=decode,
)(handle_def if os.environ["BENCH_HANDLER"] == "def" else handle_async)
