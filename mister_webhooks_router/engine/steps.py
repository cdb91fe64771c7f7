"""From a batch of records to deliveries: decode, match, hand out one delivery at a time, settle the event."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from enum import Enum
from typing import Literal, TypeAlias

from mister_webhooks.errors import DecodeError, FormatError, UnsupportedEnvelope
from mister_webhooks.intake import Batch, Intake
from mister_webhooks.source import Record
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import messages
from mister_webhooks_router.app import App
from mister_webhooks_router.delivery import Delivery, Shutdown
from mister_webhooks_router.engine.results import DeliveryResult, EventResult, RunReport
from mister_webhooks_router.errors import HandlerFailed, MalformedRecord
from mister_webhooks_router.unmatched import Fate, UnmatchedLog

Observer: TypeAlias = Callable[[EventResult], None]


class Mark(Enum):
    """A step that is no delivery."""

    BETWEEN = "between two events"
    END = "the end of the batch"


Step: TypeAlias = Delivery | Literal[Mark.BETWEEN, Mark.END]

Steps: TypeAlias = Generator[Step, DeliveryResult | None, None]
"""The work of one batch: it yields a delivery and is sent its result.

It may be resumed from any thread, by one at a time: whoever runs a delivery goes on with the next.
"""


class EventSteps:
    """Makes the steps of each batch.

    Args:
        app: what matches events.
        intake: told what begins and what is finished.
        keep_going: go on with the next event after a failure, whose offset is then finished too.
        on_event: told of each event when its deliveries are over.
    """

    def __init__(self, app: App, intake: Intake, shutdown: Shutdown, *, keep_going: bool, on_event: Observer) -> None:
        self.report = RunReport()
        self.running: Delivery | None = None
        self._app = app
        self._intake = intake
        self._shutdown = shutdown
        self._keep_going = keep_going
        self._on_event = on_event
        self._unmatched = UnmatchedLog()

    def of(self, batch: Batch) -> Steps:
        """The steps of a batch. Raises `HandlerFailed` and `MalformedRecord`, leaving the record unfinished."""
        for record in batch.records:
            if not self._intake.begin(batch, record):
                return
            event = _read(record)
            if event is None:
                self.report.system += 1
            else:
                result = yield from self._deliveries(event)
                self._settle(result)
            self._intake.finish(batch, record)
            yield Mark.BETWEEN

    def _deliveries(self, event: WebhookEvent) -> Generator[Delivery, DeliveryResult | None, EventResult]:
        routed = self._app.route(event)
        if routed.fate is not Fate.MATCHED:
            self._unmatched.note(event, routed.fate, routed.sender)
        if routed.undecodable is not None:
            return EventResult(event, [DeliveryResult(None, None, routed.undecodable, 0.0, "decode")], routed.fate)
        results: list[DeliveryResult] = []
        for handler, error in routed.handlers:
            if error is not None:
                results.append(DeliveryResult(handler, None, error, 0.0, "match"))
                continue
            self.running = Delivery(event, handler, shutdown=self._shutdown, origin_of=self._app.origin)
            result = yield self.running
            self.running = None
            if result is not None:
                _raise_exit(result.error)
                results.append(result)
        return EventResult(event, results, routed.fate)

    def _settle(self, result: EventResult) -> None:
        self.report.add_event(result)
        self._on_event(result)
        failed = [delivery for delivery in result.deliveries if delivery.error is not None]
        if failed and not self._keep_going:
            raise _stopped_by(result.event, failed) from failed[0].error


def _read(record: Record) -> WebhookEvent | None:
    try:
        return WebhookEvent.from_record(record)
    except (FormatError, UnsupportedEnvelope, DecodeError) as error:
        position = f"{record.topic}:{record.partition}:{record.offset}"
        raise MalformedRecord(messages.malformed(error), position=position) from error


def _raise_exit(error: BaseException | None) -> None:
    """These two are no failure of a handler, but the wish to end."""
    if isinstance(error, SystemExit | KeyboardInterrupt):
        raise error


def send(steps: Steps, result: DeliveryResult | None) -> Step:
    """The next step, after the result of the present one."""
    try:
        return steps.send(result)
    except StopIteration:
        return Mark.END


def _stopped_by(event: WebhookEvent, failed: Sequence[DeliveryResult]) -> HandlerFailed:
    texts = [_failure(delivery, event) for delivery in failed]
    names = tuple(delivery.name for delivery in failed)
    return HandlerFailed("\n".join([*texts, messages.KEPT]), handlers=names, position=str(event.position))


def _failure(delivery: DeliveryResult, event: WebhookEvent) -> str:
    assert delivery.error is not None  # noqa: S101  for the type checker: these have failed
    match delivery.stage:
        case "decode":
            return messages.undecodable(delivery.error)
        case "match":
            return messages.match_failed(delivery.name, event.position, delivery.error)
        case "handler":
            return messages.failed(delivery.name, event.position, delivery.error)
