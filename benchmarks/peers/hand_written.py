"""The reference: the loop over kafka-python that somebody would write by hand, with fastavro or with avro."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import avro.io
import avro.schema
from kafka import KafkaConsumer

from benchmarks.commits import CommitClock
from benchmarks.job import Job
from benchmarks.meter import Meter
from benchmarks.wire import ENVELOPE_HEADER, ENVELOPE_V1, SCHEMA_V1, decode_body, decode_envelope

Decode = Callable[[bytes], dict[str, Any]]


def avro_decoder() -> Decode:
    """The reference implementation of Avro, in pure Python."""
    reader = avro.io.DatumReader(avro.schema.parse(json.dumps(SCHEMA_V1)))
    return lambda raw: reader.read(avro.io.BinaryDecoder(io.BytesIO(raw)))  # type: ignore[return-value]


def consumer_of(job: Job) -> KafkaConsumer:
    """A consumer over SASL_SSL that commits by hand."""
    return KafkaConsumer(
        job.topic,
        group_id=job.group,
        bootstrap_servers=job.bootstrap,
        security_protocol="SASL_SSL",
        ssl_cafile=job.ca_file,
        sasl_mechanism="PLAIN",
        sasl_plain_username=job.group,
        sasl_plain_password=job.secret,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


def run(consumer: KafkaConsumer, meter: Meter, decode: Decode) -> None:
    """Handle every event, committing what is done."""
    clock = CommitClock()
    while not meter.complete:
        done = 0
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                if dict(record.headers).get(ENVELOPE_HEADER) == ENVELOPE_V1:
                    meter.see(decode_body(decode(record.value))["serial"])
            done += len(records)
        if clock.due(done):
            consumer.commit()
    if clock.pending:
        consumer.commit()


def main() -> None:
    """Work off the topic."""
    job = Job.from_env()
    consumer = consumer_of(job)
    run(consumer, job.meter(), avro_decoder() if "avro" in sys.argv[1:] else decode_envelope)
    consumer.close()


if __name__ == "__main__":
    main()
