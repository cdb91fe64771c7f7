"""A loop over confluent-kafka (librdkafka)."""

from __future__ import annotations

from confluent_kafka import Consumer

from benchmarks.commits import CommitClock
from benchmarks.job import Job
from benchmarks.meter import Meter
from benchmarks.wire import ENVELOPE_HEADER, ENVELOPE_V1, decode_body, decode_envelope


def consumer_of(job: Job) -> Consumer:
    """A consumer over SASL_SSL that commits by hand."""
    return Consumer(
        {
            "group.id": job.group,
            "bootstrap.servers": job.bootstrap,
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": job.ca_file,
            "sasl.mechanism": "PLAIN",
            "sasl.username": job.group,
            "sasl.password": job.secret,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        },
    )


def run(consumer: Consumer, meter: Meter) -> None:
    """Handle every event, committing what is done."""
    clock = CommitClock()
    while not meter.complete:
        messages = consumer.consume(num_messages=500, timeout=0.1)
        for message in messages:
            if message.error():
                raise SystemExit(str(message.error()))
            if dict(message.headers()).get(ENVELOPE_HEADER) == ENVELOPE_V1:
                meter.see(decode_body(decode_envelope(message.value()))["serial"])
        if clock.due(len(messages)):
            consumer.commit(asynchronous=False)
    if clock.pending:
        consumer.commit(asynchronous=False)


def main() -> None:
    """Work off the topic."""
    job = Job.from_env()
    consumer = consumer_of(job)
    consumer.subscribe([job.topic])
    run(consumer, job.meter())
    consumer.close()


if __name__ == "__main__":
    main()
