"""What the engine tells of events and deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.outcome import DeadLettered, Outcome, Skipped
from mister_webhooks_router.unmatched import Fate


class DeliveryResult(NamedTuple):
    """What became of one delivery: either an outcome or an error.

    `handler` is None for the one failed delivery of an event whose body cannot be decoded. `seconds` is how long the
    handler and its middleware took. `stage` is how far it came: `decode` where the body could not be decoded, `match`
    where a condition of the handler raised; in both the handler did not run.
    """

    handler: Handler | None
    outcome: Outcome | None
    error: BaseException | None
    seconds: float
    stage: Literal["decode", "match", "handler"] = "handler"

    @property
    def name(self) -> str:
        """The handler's name; `-` where the event came to none."""
        return "-" if self.handler is None else self.handler.name


class EventResult(NamedTuple):
    """An event, its deliveries in the order in which they ran, and what it was to the app.

    An event that no handler takes has the deliveries of `@app.unmatched`, or none.
    """

    event: WebhookEvent
    deliveries: list[DeliveryResult]
    fate: Fate = Fate.MATCHED


@dataclass(slots=True)
class Counts:
    """Numbers of deliveries, by what became of them."""

    handled: int = 0
    skipped: int = 0
    dead_lettered: int = 0
    failed: int = 0

    def add(self, result: DeliveryResult) -> None:
        """Count one more."""
        if result.error is not None:
            self.failed += 1
        elif isinstance(result.outcome, Skipped):
            self.skipped += 1
        elif isinstance(result.outcome, DeadLettered):
            self.dead_lettered += 1
        else:
            self.handled += 1


@dataclass(slots=True)
class RunReport(Counts):
    """What a run has done: events, and deliveries in all and by the handler's name.

    `system` are the service's own messages, which are no events. Of events that no handler takes, `handshakes` only
    check an address, `ignored` are those that the app says it ignores, and `unmatched` are the others.
    """

    events: int = 0
    system: int = 0
    unmatched: int = 0
    handshakes: int = 0
    ignored: int = 0
    handlers: dict[str, Counts] = field(default_factory=dict)

    def add_event(self, result: EventResult) -> None:
        """Count an event and its deliveries."""
        self.events += 1
        self.unmatched += result.fate is Fate.UNMATCHED
        self.handshakes += result.fate is Fate.HANDSHAKE
        self.ignored += result.fate is Fate.IGNORED
        for delivery in result.deliveries:
            self.add(delivery)
            self.handlers.setdefault(delivery.name, Counts()).add(delivery)
