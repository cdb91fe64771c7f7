"""The engine: takes events from a source and delivers them to an app's handlers."""

from __future__ import annotations

from mister_webhooks_router.engine.results import Counts, DeliveryResult, EventResult, RunReport
from mister_webhooks_router.engine.runner import Runner, RunnerOptions

__all__ = ["Counts", "DeliveryResult", "EventResult", "RunReport", "Runner", "RunnerOptions"]
