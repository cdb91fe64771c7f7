"""Middleware: what it is, which there is, and the onion that it makes around a handler."""

from __future__ import annotations

from mister_webhooks_router.plugins.builtins import built_in_middleware
from mister_webhooks_router.plugins.chain import Middleware, Onion, Phase, onion

__all__ = ["Middleware", "Onion", "Phase", "built_in_middleware", "onion"]
