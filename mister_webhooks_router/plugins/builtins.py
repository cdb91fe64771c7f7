"""The middleware that comes with the package, found by name as a plugin is: nothing imports it directly."""

from __future__ import annotations

from importlib import import_module

from mister_webhooks_router.plugins.chain import Middleware

BUILT_IN = ("log",)


def built_in_middleware() -> tuple[Middleware, ...]:
    """The built-in layers. Each module of `mister_webhooks_router.middleware` has one, named `middleware`."""
    modules = [import_module(f"mister_webhooks_router.middleware.{name}") for name in BUILT_IN]
    return tuple(module.middleware for module in modules)
