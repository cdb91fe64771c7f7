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
    MalformedRecord,
    MiddlewareError,
    RouterError,
    SettingsError,
    UsageError,
)
from mister_webhooks_router.handler import Handler
from mister_webhooks_router.outcome import DeadLettered, Handled, Outcome, Skipped
from mister_webhooks_router.plugins import Middleware, Phase
from mister_webhooks_router.routing import ABSENT, ANY
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
    "HTTPMethod",
    "Handled",
    "Handler",
    "HandlerFailed",
    "Headers",
    "MalformedRecord",
    "Middleware",
    "MiddlewareError",
    "Next",
    "Outcome",
    "Phase",
    "Position",
    "RouterError",
    "SettingsError",
    "Skipped",
    "UsageError",
    "WebhookEvent",
]
