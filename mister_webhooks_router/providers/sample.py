"""Sample webhooks of the built-in providers, asked for as handlers ask for events."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from mister_webhooks import Headers, WebhookEvent
from mister_webhooks.payload import encode_payload
from mister_webhooks.types import Encoding
from mister_webhooks_router.errors import AppError, UsageError
from mister_webhooks_router.event_file import FileEvent
from mister_webhooks_router.providers.builtin import builtin_providers
from mister_webhooks_router.providers.event_pattern import parse_event_pattern
from mister_webhooks_router.providers.origin import Origin
from mister_webhooks_router.providers.registry import Providers
from mister_webhooks_router.samples import samples

SAMPLE_URL: Final = "https://in.mister-webhooks.com/acme/"
"""Where the samples were sent to, with the provider's name after it. Twilio and Square sign it."""

_SECRET: Final = ("a-sample-secret-of-no-value",)
_STANDARD: Final = ("whsec_YSBzYW1wbGUgc2VjcmV0IG9mIG5vIHdvcnRo",)

_SENDGRID_KEY: Final = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQqHWb/IwYToUJFUhpODJcW6XHR0+"
    "6p9cu3aCPBeuPj0/Hx/8iiIqBm/IHK75iqxsCeImPm6tyaDP/nVqNh3qIg=="
)

SAMPLE_SECRETS: Final = MappingProxyType(
    {
        "adyen": ("374B25F4B65E227B41B95B346B23CE61821953594B6E096FBE8C10F4567F9E76",),
        "bitbucket": _SECRET,
        "discord": ("780c0f6777b5321bce1f5b001e97ac4f956ab5d2564fe07af5eaee6f15433b01",),
        "gitlab": _SECRET + _STANDARD,
        "jira": _SECRET,
        "paddle": _SECRET,
        "pagerduty": _SECRET,
        "sendgrid": (_SENDGRID_KEY,),
        "shopify": _SECRET,
        "slack": _SECRET,
        "square": _SECRET,
        "standard-webhooks": _STANDARD,
        "stripe": _SECRET,
        "svix": _STANDARD,
        "twilio": _SECRET,
        "woocommerce": _SECRET,
        "zoom": _SECRET,
    }
)
"""The secrets that the samples of a provider are signed with, of Discord and SendGrid the public keys. They protect
nothing. GitHub's samples are not signed, and PayPal's could only be by PayPal."""


def sample(text: str) -> FileEvent:
    """The first sample that `provider:event` means, as `github:push` or `stripe:invoice.*`.

    Raises `UsageError` where there is none, with those that there are.
    """
    try:
        pattern = parse_event_pattern(text, _builtin())
    except AppError as error:
        raise UsageError(str(error)) from error
    provider = _builtin().named(pattern.provider)
    there_are: list[str] = []
    for one in samples(provider.name):
        names = Origin(provider, sample_event(one)).names
        if pattern.matches(names):
            return one
        there_are += names[-1:]
    near = get_close_matches(pattern.pattern, there_are, 1)
    hint = f" Did you mean '{provider.name}:{near[0]}'?" if near else ""
    listed = ", ".join(f"{provider.name}:{name}" for name in dict.fromkeys(there_are))
    raise UsageError(f"no sample of {text!r}.{hint} There are: {listed}.")


def sample_event(one: FileEvent) -> WebhookEvent:
    """A sample as an event that came from no record."""
    return WebhookEvent(one.method, one.timestamp, Headers(one.headers), one.payload, topic=one.topic, key=one.key)


def sample_body(one: FileEvent) -> bytes:
    """The bytes that the sender of a sample signed: its fields as a form where it says so, else compact JSON."""
    kind = Headers(one.headers).first("Content-Type") or ""
    if kind.startswith("application/x-www-form-urlencoded") and isinstance(one.payload, dict):
        return urlencode(one.payload).encode()
    return encode_payload(Encoding.JSON, one.payload)


@cache
def _builtin() -> Providers:
    return Providers(builtin_providers())
