"""The providers that come with the framework, one module each."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from mister_webhooks_router.providers import (
    adyen,
    bitbucket,
    discord,
    github,
    gitlab,
    jira,
    paddle,
    pagerduty,
    paypal,
    sendgrid,
    shopify,
    slack,
    square,
    standard_webhooks,
    stripe,
    twilio,
    woocommerce,
    zoom,
)
from mister_webhooks_router.providers.provider import Provider

PRESETS: Final[tuple[ModuleType, ...]] = (
    adyen,
    bitbucket,
    discord,
    github,
    gitlab,
    jira,
    paddle,
    pagerduty,
    paypal,
    sendgrid,
    shopify,
    slack,
    square,
    standard_webhooks,
    stripe,
    twilio,
    woocommerce,
    zoom,
)


def builtin_providers() -> tuple[Provider, ...]:
    """All of them, by name."""
    every = (provider for preset in PRESETS for provider in preset.PROVIDERS)
    return tuple(sorted(every, key=lambda provider: provider.name))
