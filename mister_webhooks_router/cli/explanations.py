"""What `mwh explain` shows of an event: per handler whether the event goes to it, in the words of `App.explain`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.app import App, Routed
from mister_webhooks_router.cli.event_text import event_name, heading, moment
from mister_webhooks_router.cli.wording import printable, table
from mister_webhooks_router.match import Explanation, Match, Matched, NotMatched, Undecided
from mister_webhooks_router.unmatched import Fate, suggestion


def explanation_lines(app: App, event: WebhookEvent) -> Iterable[str]:
    """Lines for people."""
    explained = app.explain(event)
    yield heading(event, app.origin(event))
    yield from table([("handler", "at", "this event"), *map(_row, explained)])
    for line in _afterwords(app.route(event), event, explained):
        yield f"  {line}"


def explanation_json(app: App, event: WebhookEvent) -> dict[str, Any]:
    """The same for programs."""
    origin = app.origin(event)
    return {
        "position": str(event.position) if event.position else None,
        "topic": event.topic,
        "timestamp": moment(event.timestamp),
        "method": event.method,
        "provider": origin and origin.provider.name,
        "event": origin and event_name(origin),
        "fate": app.route(event).fate.value,
        "handlers": [
            {"handler": one.handler.name, "at": one.handler.location, **_match_json(one.match)}
            for one in app.explain(event)
        ],
    }


def match_text(match: Match) -> str:
    """`matched`, or why not."""
    match match:
        case Matched():
            return "matched"
        case NotMatched(reason):
            return f"not matched: {reason}"
        case Undecided(stage, reason):
            return f"failed (stage {stage}): {reason}"


def _row(one: Explanation) -> tuple[str, str, str]:
    return one.handler.name, one.handler.location, printable(match_text(one.match))


def _match_json(match: Match) -> dict[str, str]:
    match match:
        case Matched():
            return {"match": "matched"}
        case NotMatched(reason):
            return {"match": "not matched", "reason": reason}
        case Undecided(stage, reason):
            return {"match": "failed", "stage": stage, "reason": reason}


def _afterwords(routed: Routed, event: WebhookEvent, explained: Iterable[Explanation]) -> Iterable[str]:
    """What else there is to say of an event that no handler takes."""
    if routed.fate is Fate.HANDSHAKE:
        yield "It is a handshake, which only checks the address."
    elif routed.fate is Fate.IGNORED:
        yield "It is ignored, as the app says."
    elif all(isinstance(one.match, NotMatched) for one in explained):
        yield printable(f"A handler would take it with {suggestion(event, routed.sender)}")
