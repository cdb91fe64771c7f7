"""An event on a terminal: where it stands, who sent it, its headers and its body. Secrets are masked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.headers import MASK, Headers, is_secret_header
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router.cli.wording import printable
from mister_webhooks_router.providers import Origin

_LONGEST_VALUE = 200
_LONGEST_BODY = 500


def heading(event: WebhookEvent, origin: Origin | None) -> str:
    """`incoming.acme.github:0:3  2026-11-20T08:00:00.000Z  POST  github:push`."""
    parts = (event.position or event.topic, moment(event.timestamp), event.method.name, origin_text(origin))
    return printable("  ".join(str(part) for part in parts if part))


def moment(time: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def origin_text(origin: Origin | None) -> str:
    """`github:pull_request.opened`; only the sender where the event has no name or a body that cannot be decoded."""
    if origin is None:
        return ""
    name = event_name(origin)
    return f"{origin.provider.name}:{name}" if name else origin.provider.name


def event_name(origin: Origin) -> str | None:
    """What the sender calls the event, where it says so and the body can be decoded."""
    try:
        return origin.event
    except PayloadDecodeError:
        return None


def header_lines(headers: Headers, *, show_secrets: bool) -> Iterable[str]:
    """One line a header."""
    shown = headers if show_secrets else masked(headers)
    for name, values in shown.items():
        yield printable(f"{name}: {_cut(', '.join(values), _LONGEST_VALUE)}")


def masked(headers: Headers) -> dict[str, list[str]]:
    """The headers with a mask for each value of a secret one."""
    return {name: [MASK] * len(values) if is_secret_header(name) else values for name, values in headers.items()}


def body_text(event: WebhookEvent) -> str:
    """The body as JSON on one line, cut where it is long."""
    try:
        return printable(_cut(json.dumps(event.payload, ensure_ascii=False), _LONGEST_BODY))
    except PayloadDecodeError as error:
        return printable(f"the body cannot be decoded: {reason(error, event)}")


def reason(error: Exception, event: WebhookEvent) -> str:
    """The message of an error about the event, without the place where it stands."""
    return str(error).removeprefix(f"{event.position}: ")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"
