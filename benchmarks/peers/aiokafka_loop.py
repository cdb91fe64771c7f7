"""A loop over aiokafka, on uvloop."""

from __future__ import annotations

import ssl

import uvloop
from aiokafka import AIOKafkaConsumer

from benchmarks.commits import CommitClock
from benchmarks.job import Job
from benchmarks.meter import Meter
from benchmarks.wire import ENVELOPE_HEADER, ENVELOPE_V1, decode_body, decode_envelope


def consumer_of(job: Job) -> AIOKafkaConsumer:
    """A consumer over SASL_SSL that commits by hand."""
    return AIOKafkaConsumer(
        job.topic,
        group_id=job.group,
        bootstrap_servers=job.bootstrap,
        security_protocol="SASL_SSL",
        ssl_context=ssl.create_default_context(cafile=job.ca_file),
        sasl_mechanism="PLAIN",
        sasl_plain_username=job.group,
        sasl_plain_password=job.secret,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


async def run(consumer: AIOKafkaConsumer, meter: Meter) -> None:
    """Handle every event, committing what is done."""
    clock = CommitClock()
    while not meter.complete:
        done = 0
        for records in (await consumer.getmany(timeout_ms=1000, max_records=500)).values():
            for record in records:
                if dict(record.headers).get(ENVELOPE_HEADER) == ENVELOPE_V1:
                    meter.see(decode_body(decode_envelope(record.value))["serial"])
            done += len(records)
        if clock.due(done):
            await consumer.commit()
    if clock.pending:
        await consumer.commit()


async def main() -> None:
    """Work off the topic."""
    job = Job.from_env()
    async with consumer_of(job) as consumer:
        await run(consumer, job.meter())


if __name__ == "__main__":
    uvloop.run(main())
