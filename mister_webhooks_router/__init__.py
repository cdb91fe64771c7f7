"""Handlers, middleware and plugins for webhooks that arrive through Kafka."""

from __future__ import annotations

from mister_webhooks.headers import Headers
from mister_webhooks.webhook_event import HTTPMethod, Position, WebhookEvent
from mister_webhooks_router.app import App
from mister_webhooks_router.delivery import Delivery
from mister_webhooks_router.errors import (
    AppError,
    DrainTimeout,
    ExitCode,
    HandlerFailed,
    LifespanFailed,
    MalformedRecord,
    MiddlewareError,
    Permanent,
    RouterError,
    SettingsError,
    UsageError,
)
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.match import Explanation, Matched, NotMatched, Undecided
from mister_webhooks_router.models import InvalidPayload
from mister_webhooks_router.outcome import DeadLettered, Handled, Outcome, Skipped
from mister_webhooks_router.plugins import Middleware, Phase
from mister_webhooks_router.providers import Origin
from mister_webhooks_router.routing import ABSENT, ANY, Filter, compile_filter
from mister_webhooks_router.types import Next

__all__ = [
    "ABSENT",
    "ANY",
    "App",
    "AppError",
    "DeadLettered",
    "Delivery",
    "DrainTimeout",
    "ExitCode",
    "Explanation",
    "Filter",
    "HTTPMethod",
    "Handled",
    "Handler",
    "HandlerFailed",
    "Headers",
    "InvalidPayload",
    "LifespanFailed",
    "MalformedRecord",
    "Matched",
    "Middleware",
    "MiddlewareError",
    "Next",
    "NotMatched",
    "Origin",
    "Outcome",
    "Permanent",
    "Phase",
    "Position",
    "RouterError",
    "SettingsError",
    "Skipped",
    "Undecided",
    "UsageError",
    "WebhookEvent",
    "compile_filter",
]
