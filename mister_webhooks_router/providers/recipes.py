"""How each provider signs. docs/reference/signatures.md says where that is documented and what a receiver needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from mister_webhooks_router.providers.recipe import FIVE_MINUTES, Recipe, Scheme, SignedItems


def _standard(sender: str) -> tuple[Scheme, Scheme]:
    """Standard Webhooks 1.0.0: with a shared secret (`v1`) or with a key of the sender's own (`v1a`)."""
    shared = Scheme(
        header=f"{sender}-signature",
        content="{id}.{timestamp}.{body}",
        encoding="base64",
        prefix="v1,",
        separator=" ",
        timestamp_header=f"{sender}-timestamp",
        id_header=f"{sender}-id",
        key_encoding="base64",
        key_prefix="whsec_",
        key_prefix_optional=True,
        tolerance=FIVE_MINUTES,
    )
    own = replace(shared, algorithm="ed25519", prefix="v1a,", key_prefix="whpk_", key_prefix_optional=False)
    return shared, own


_HUB: Final = Recipe((Scheme(header="X-Hub-Signature", prefix="sha256="),))

_ADYEN_FIELDS: Final = (
    *("pspReference", "originalReference", "merchantAccountCode", "merchantReference"),
    *("amount.value", "amount.currency", "eventCode", "success"),
)

RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "adyen": Recipe(
            (
                SignedItems(
                    items="notificationItems",
                    fields=tuple(f"NotificationRequestItem.{field}" for field in _ADYEN_FIELDS),
                    signature="NotificationRequestItem.additionalData.hmacSignature",
                    separator=":",
                    key_encoding="hex",
                ),
            )
        ),
        "bitbucket": _HUB,
        "discord": Recipe(
            (
                Scheme(
                    header="X-Signature-Ed25519",
                    algorithm="ed25519",
                    content="{timestamp}{body}",
                    timestamp_header="X-Signature-Timestamp",
                    key_encoding="hex",
                    tolerance=FIVE_MINUTES,
                ),
            )
        ),
        "github": Recipe((Scheme(header="X-Hub-Signature-256", prefix="sha256="),)),
        "gitlab": Recipe(
            (
                replace(_standard("webhook")[0], key_prefix_optional=False),
                Scheme(header="X-Gitlab-Token", algorithm="token", content="", encoding="text"),
            )
        ),
        "jira": _HUB,
        "paddle": Recipe(
            (
                Scheme(
                    header="Paddle-Signature",
                    content="{timestamp}:{body}",
                    prefix="h1=",
                    separator=";",
                    timestamp_prefix="ts=",
                    tolerance=FIVE_MINUTES,
                ),
            )
        ),
        "pagerduty": Recipe((Scheme(header="X-PagerDuty-Signature", prefix="v1=", separator=","),)),
        "paypal": Recipe(
            cannot_tell="PayPal signs with a certificate that has to be fetched from PayPal; ask its API "
            "verify-webhook-signature"
        ),
        "sendgrid": Recipe(
            (
                Scheme(
                    header="X-Twilio-Email-Event-Webhook-Signature",
                    algorithm="ecdsa-p256",
                    content="{timestamp}{body}",
                    encoding="base64",
                    timestamp_header="X-Twilio-Email-Event-Webhook-Timestamp",
                    key_encoding="base64",
                    tolerance=FIVE_MINUTES,
                ),
            )
        ),
        "shopify": Recipe((Scheme(header="X-Shopify-Hmac-Sha256", encoding="base64"),)),
        "slack": Recipe(
            (
                Scheme(
                    header="X-Slack-Signature",
                    content="v0:{timestamp}:{body}",
                    prefix="v0=",
                    timestamp_header="X-Slack-Request-Timestamp",
                    tolerance=FIVE_MINUTES,
                ),
            )
        ),
        "square": Recipe(
            (Scheme(header="x-square-hmacsha256-signature", content="{url}{body}", encoding="base64"),),
        ),
        "standard-webhooks": Recipe(_standard("webhook")),
        "stripe": Recipe(
            (
                Scheme(
                    header="Stripe-Signature",
                    content="{timestamp}.{body}",
                    prefix="v1=",
                    separator=",",
                    timestamp_prefix="t=",
                    tolerance=FIVE_MINUTES,
                ),
            )
        ),
        "svix": Recipe(_standard("svix")),
        "twilio": Recipe(
            (
                Scheme(
                    header="X-Twilio-Signature",
                    algorithm="hmac-sha1",
                    content="{url}{form}",
                    encoding="base64",
                    either_port=True,
                ),
            )
        ),
        "woocommerce": Recipe((Scheme(header="X-WC-Webhook-Signature", encoding="base64"),)),
        "zoom": Recipe(
            (
                Scheme(
                    header="x-zm-signature",
                    content="v0:{timestamp}:{body}",
                    prefix="v0=",
                    timestamp_header="x-zm-request-timestamp",
                    tolerance=FIVE_MINUTES,
                ),
            )
        ),
    }
)
"""The recipe of each provider, by its name."""
