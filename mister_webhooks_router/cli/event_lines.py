"""One line an event: what `mwh-run --local` shows on the terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from textwrap import indent
from typing import TextIO

from mister_webhooks.headers import MASK, is_secret_header
from mister_webhooks_router import DeadLettered, Handled, Handler, Skipped, WebhookEvent, messages
from mister_webhooks_router.cli.exits import mute, say
from mister_webhooks_router.cli.wording import printable
from mister_webhooks_router.engine import DeliveryResult, EventResult

_LONGEST_TEXT = 160


class EventLines:
    """Prints each event with what its handlers made of it.

    Parameters
    ----------
        handlers: the app's; an event that none of them wants is shown with the headers that they ask for
        out: where to print, standard output by default
        clock: gives the local time of day
    """

    def __init__(
        self,
        handlers: Iterable[Handler],
        out: TextIO | None = None,
        clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        names = {one.name.lower(): one.name for handler in handlers for one in handler.headers}
        self._asked = tuple(names.values())
        self.on_closed: Callable[[], None] = _nothing
        """Called once, when whoever read the lines has gone away."""
        self._out: TextIO | None = out or sys.stdout
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, result: EventResult) -> None:
        """Print the line of one event."""
        event = result.event
        results = ", ".join(map(delivery_text, result.deliveries)) or self._unmatched(event)
        line = f"{self._clock():%H:%M:%S} {event.method.name} {event.position}  {results}"
        with self._lock:
            self._print(printable(line))
            for delivery in result.deliveries:
                _say_traceback(delivery)

    def _unmatched(self, event: WebhookEvent) -> str:
        about = [f"{name}: {_header_text(name, event.headers.first(name))}" for name in self._asked]
        return f"no handler matched ({', '.join(about)})" if about else "no handler matched"

    def _print(self, line: str) -> None:
        if self._closed or self._out is None or self._out.closed:
            return
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except BrokenPipeError:
            self._closed = True
            mute(self._out.fileno())
            self.on_closed()
        except OSError as error:
            # What handlers print is not muted: each is told by its own print.
            self._closed = True
            say(f"standard output: {error.strerror}; events are no longer shown there")


def _nothing() -> None:
    pass


def delivery_text(delivery: DeliveryResult) -> str:
    """`on_push ok 1.4 ms`, or `on_push failed ValueError: no such branch`."""
    return f"{delivery.name} {_outcome_text(delivery)}"


def _say_traceback(delivery: DeliveryResult) -> None:
    """Where the handler failed. A body that cannot be decoded has no code of the user's to point at."""
    if delivery.error is not None and delivery.handler is not None:
        say(indent(messages.user_traceback(delivery.error), "    "))


def _outcome_text(delivery: DeliveryResult) -> str:
    if delivery.error is not None:
        text = f"{type(delivery.error).__name__}: {messages.text_of(delivery.error)}".removesuffix(": ")
        return f"failed {_cut(text)}"
    match delivery.outcome:
        case Handled():
            return f"ok {delivery.seconds * 1000:.1f} ms"
        case Skipped(reason):
            return f"skipped ({reason})"
        case DeadLettered(reason):
            return f"dead-lettered ({reason})"
        case None:
            return "not finished"


def _header_text(name: str, value: str | None) -> str:
    if not value:
        return "none"
    return MASK if is_secret_header(name) else _cut(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
