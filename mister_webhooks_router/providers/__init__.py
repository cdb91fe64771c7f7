"""Providers: what the senders of webhooks put where, as data. Pure: nothing here sends or receives."""

from __future__ import annotations

from mister_webhooks_router.providers.builtin import builtin_providers
from mister_webhooks_router.providers.event_pattern import EventPattern, parse_event_pattern
from mister_webhooks_router.providers.lookup import Body, Header, Lookup, OneOf
from mister_webhooks_router.providers.origin import Origin
from mister_webhooks_router.providers.provider import DeliveryId, EventKey, Moment, Provider
from mister_webhooks_router.providers.recipe import Recipe, Scheme, SignedItems
from mister_webhooks_router.providers.recipes import RECIPES
from mister_webhooks_router.providers.registry import Providers
from mister_webhooks_router.providers.sample import SAMPLE_SECRETS, SAMPLE_URL, sample, sample_body, sample_event
from mister_webhooks_router.providers.signature import Answer, Verdict, sign, verify

__all__ = [
    "RECIPES",
    "SAMPLE_SECRETS",
    "SAMPLE_URL",
    "Answer",
    "Body",
    "DeliveryId",
    "EventKey",
    "EventPattern",
    "Header",
    "Lookup",
    "Moment",
    "OneOf",
    "Origin",
    "Provider",
    "Providers",
    "Recipe",
    "Scheme",
    "SignedItems",
    "Verdict",
    "builtin_providers",
    "parse_event_pattern",
    "sample",
    "sample_body",
    "sample_event",
    "sign",
    "verify",
]
