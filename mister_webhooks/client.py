"""The plain client: one topic, one callback."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Callable, Generator, Iterator
from typing import Any, Self

from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.errors import FormatError
from mister_webhooks.intake import Intake, IntakeEnded
from mister_webhooks.kafka_source import KafkaSource
from mister_webhooks.source import Record
from mister_webhooks.ssl_cert import new_ssl_client_context
from mister_webhooks.start import StartFrom
from mister_webhooks.webhook_event import WebhookEvent

__all__ = ["FormatError", "MisterWebhooksConsumer", "decode_message"]

TAKE_SECONDS = 1.0  # a wait without an end cannot be interrupted by Ctrl-C on every platform


def decode_message(raw: Record) -> WebhookEvent | None:
    """The event in a Kafka record, body included; None for a message of the service's own.

    Raises `FormatError`, `UnsupportedEnvelope`, `EnvelopeDecodeError` or `PayloadDecodeError`, each with the record's
    position in its text.
    """
    event = WebhookEvent.from_record(raw)
    if event is not None:
        event.payload  # noqa: B018 - decodes it
    return event


class MisterWebhooksConsumer:
    """Reads the events of one topic and commits each after it was handled.

    It connects when it is made. `run` and iteration then join the consumer group; every event is delivered at least
    once. Commits are grouped: after a crash the last second, or the last 1,000 events, may be delivered again.

    Args:
        topic: the topic to read
        profile: who reads, and where
        start_from: where to start when the group has committed nothing yet: `"earliest"`, `"latest"`, or the first
            event that is not older than a datetime with a time zone
        reset: start there even though the group has committed, once; for a group of one program
        ca_file: PEM file of the certificate authority to trust instead of the service's own; `MWH_CA_FILE` by default
        ssl_context: all TLS settings, instead of `ca_file`
        connect_timeout: seconds for connecting
        max_poll_interval: seconds for which the others of the group wait for this program when partitions are shared
            anew; a callback may take longer

    Raises a `BrokerError` that says what is wrong when it cannot connect, may not read, or there is no such topic, and
    `ProfileError` for a CA file that cannot be used.
    """

    def __init__(
        self,
        topic: str,
        profile: ConnectionProfile,
        *,
        start_from: StartFrom = "earliest",
        reset: bool = False,
        ca_file: str | os.PathLike[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        connect_timeout: float = 10.0,
        max_poll_interval: float = 300.0,
    ) -> None:
        self._source = KafkaSource(
            [topic],
            profile,
            start_from=start_from,
            reset=reset,
            ssl_context=ssl_context or new_ssl_client_context(ca_file),
            connect_timeout=connect_timeout,
            max_poll_interval=max_poll_interval,
        )
        self._intake: Intake | None = None
        self._stop = False
        self._closed = False
        self._source.connect()

    @property
    def kafkaConsumer(self) -> Any:  # noqa: ANN401, N802 - a public name since 1.0.0, of a class without types
        """The `kafka.KafkaConsumer` beneath, None while not connected. It belongs to another thread during `run`."""
        return self._source.consumer

    def run(self, cb: Callable[[WebhookEvent], object]) -> None:
        """Calls `cb` with each event, until `stop`.

        An event is committed after `cb` returned. Whatever `cb` raises ends `run` and is raised again, as is the error
        of a record that cannot be decoded: that event is not committed and comes again with the next run, the events
        before it are committed. So they are when Ctrl-C ends it.
        """
        with contextlib.closing(self._events()) as events:
            for event in events:
                cb(event)

    def __iter__(self) -> Iterator[WebhookEvent]:
        """The events. One is done, and may be committed, when the next is asked for; `break` leaves it undone."""
        return self._events()

    def stop(self) -> None:
        """Ends `run` or the iteration after the current event, or the next one before it starts.

        From any thread, a signal handler, or the callback itself.
        """
        self._stop = True
        if (intake := self._intake) is not None:
            intake.stop()

    def close(self) -> None:
        """Commits what is done, leaves the group and disconnects. There is no run after it."""
        self._closed = True
        if (intake := self._intake) is not None:
            intake.release()
            intake.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _events(self) -> Generator[WebhookEvent, None, None]:
        if self._closed:
            raise ValueError("this consumer is closed")
        if self._intake is not None:
            raise ValueError("this consumer is already being read; one run or iteration at a time")
        intake = self._intake = Intake(self._source)
        try:
            intake.start()
            if self._stop:
                intake.stop()
            yield from _read(intake)
        finally:
            intake.release()
            intake.close()
            self._intake = None
            self._stop = False


def _read(intake: Intake) -> Generator[WebhookEvent, None, None]:
    with contextlib.suppress(IntakeEnded):
        while True:
            batch = intake.take(TAKE_SECONDS)
            if batch is None:
                continue
            for record in batch.records:
                if not intake.begin(batch, record):
                    break
                event = decode_message(record)
                if event is not None:
                    yield event
                intake.finish(batch, record)
