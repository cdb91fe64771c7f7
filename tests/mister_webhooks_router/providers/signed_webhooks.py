"""Signed webhooks, one or more for each sender: published examples where there are any, else made here by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))
URL = "https://example.com/hooks?tenant=1"
BODY = b'{"id": "evt_1", "name": "\xc3\xbc", "n": 1.50}'


class Signed(NamedTuple):
    """A webhook with a genuine signature."""

    provider: str
    source: str
    secret: str
    headers: dict[str, list[str]]
    raw: bytes
    at: datetime | None = AT
    url: str | None = None


def mac(secret: str | bytes, content: bytes, digest: str = "sha256") -> bytes:
    """An HMAC."""
    return hmac.new(
        secret if isinstance(secret, bytes) else secret.encode(), content, getattr(hashlib, digest)
    ).digest()


def b64(content: bytes) -> str:
    """Base64."""
    return base64.b64encode(content).decode()


def at(stamp: str) -> datetime:
    """A time."""
    return datetime.fromtimestamp(int(stamp), UTC)


_SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
_SENDGRID_BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
_ADYEN_BODY = (
    b'{"live": "false", "notificationItems": [{"NotificationRequestItem": {"additionalData": {"hmacSignature": '
    b'"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="}, "amount": {"value": 1130, "currency": "EUR"}, "pspReference": '
    b'"7914073381342284", "eventCode": "AUTHORISATION", "eventDate": "2019-05-06T17:15:34.121+02:00", '
    b'"merchantAccountCode": "TestMerchant", "merchantReference": "TestPayment-1407325143704", "success": "true"}}]}'
)
_TWILIO_BODY = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
_TWILIO_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
_WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_WHSEC_KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
_ED25519 = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_ED25519_PUBLIC = _ED25519.public_key().public_bytes_raw()
_P256 = ec.derive_private_key(12345, ec.SECP256R1())
_P256_PUBLIC = b64(
    _P256.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)

PUBLISHED = (
    Signed(
        "github",
        "docs.github.com, validating webhook deliveries",
        "It's a Secret to Everybody",
        {"X-Hub-Signature-256": ["sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]},
        b"Hello, World!",
    ),
    Signed(
        "bitbucket",
        "support.atlassian.com, manage webhooks",
        "It's a Secret to Everybody",
        {"X-Hub-Signature": ["sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"]},
        b"Hello World!",
    ),
    Signed(
        "jira",
        "developer.atlassian.com, webhooks",
        "It's a Secret to Everybody",
        {"X-Hub-Signature": ["sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"]},
        b"Hello World!",
    ),
    Signed(
        "slack",
        "docs.slack.dev, verifying requests from Slack",
        "8f742231b10e8888abcd99yyyzzz85a5",
        {
            "X-Slack-Request-Timestamp": ["1531420618"],
            "X-Slack-Signature": ["v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"],
        },
        _SLACK_BODY,
        at("1531420618"),
    ),
    Signed(
        "svix",
        "svix libraries' tests",
        _WHSEC,
        {
            "svix-id": ["msg_p5jXN8AQM9LWM0D4loKWxJek"],
            "svix-timestamp": ["1614265330"],
            "svix-signature": ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
        },
        b'{"test": 2432232314}',
        at("1614265330"),
    ),
    Signed(
        "standard-webhooks",
        "standard-webhooks libraries' tests",
        _WHSEC,
        {
            "webhook-id": ["msg_p5jXN8AQM9LWM0D4loKWxJek"],
            "webhook-timestamp": ["1614265330"],
            "webhook-signature": ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
        },
        b'{"test": 2432232314}',
        at("1614265330"),
    ),
    Signed(
        "twilio",
        "twilio-python's tests",
        "12345",
        {"X-Twilio-Signature": ["RSOYDt4T1cUTdK1PDd93/VVr8B8="]},
        _TWILIO_BODY,
        None,
        "https://mycompany.com/myapp.php?foo=1&bar=2",
    ),
    Signed(
        "twilio",
        "twilio-python's tests, a body that is no form",
        "12345",
        {"X-Twilio-Signature": ["a9nBmqA0ju/hNViExpshrM61xv4="]},
        b'{"property": "value", "boolean": true}',
        None,
        f"https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256={_TWILIO_HASH}",
    ),
    Signed(
        "sendgrid",
        "sendgrid libraries' tests",
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNE"
        "c6wEA3F+g==",
        {
            "X-Twilio-Email-Event-Webhook-Signature": [
                "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
            ],
            "X-Twilio-Email-Event-Webhook-Timestamp": ["1600112502"],
        },
        _SENDGRID_BODY,
        at("1600112502"),
    ),
    Signed(
        "adyen",
        "docs.adyen.com, verify HMAC signatures",
        "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
        {},
        _ADYEN_BODY,
    ),
)

MADE = (
    Signed("gitlab", "its token", "t0ken", {"X-Gitlab-Token": ["t0ken"]}, BODY),
    Signed(
        "gitlab",
        "its signing token",
        _WHSEC,
        {
            "webhook-id": ["7"],
            "webhook-timestamp": [STAMP],
            "webhook-signature": ["v1," + b64(mac(_WHSEC_KEY, b"7." + STAMP.encode() + b"." + BODY))],
            "X-Gitlab-Token": ["another token"],
        },
        BODY,
    ),
    Signed(
        "standard-webhooks",
        "with the sender's key",
        "whpk_" + b64(_ED25519_PUBLIC),
        {
            "webhook-id": ["7"],
            "webhook-timestamp": [STAMP],
            "webhook-signature": ["v1,AAAA v1a," + b64(_ED25519.sign(b"7." + STAMP.encode() + b"." + BODY))],
        },
        BODY,
    ),
    Signed(
        "stripe",
        "by hand",
        "whsec_x",
        {"Stripe-Signature": [f"t={STAMP},v1={mac('whsec_x', STAMP.encode() + b'.' + BODY).hex()},v0=00"]},
        BODY,
    ),
    Signed("shopify", "by hand", "s", {"X-Shopify-Hmac-Sha256": [b64(mac("s", BODY))]}, BODY),
    Signed("woocommerce", "by hand", "s", {"X-WC-Webhook-Signature": [b64(mac("s", BODY))]}, BODY),
    Signed(
        "pagerduty",
        "two secrets",
        "s",
        {"X-PagerDuty-Signature": [f"v1={'0' * 64},v1={mac('s', BODY).hex()}"]},
        BODY,
    ),
    Signed(
        "square",
        "by hand",
        "s",
        {"x-square-hmacsha256-signature": [b64(mac("s", URL.encode() + BODY))]},
        BODY,
        None,
        URL,
    ),
    Signed(
        "zoom",
        "by hand",
        "s",
        {
            "x-zm-request-timestamp": [STAMP],
            "x-zm-signature": [f"v0={mac('s', b'v0:' + STAMP.encode() + b':' + BODY).hex()}"],
        },
        BODY,
    ),
    Signed(
        "discord",
        "by hand",
        _ED25519_PUBLIC.hex(),
        {
            "X-Signature-Timestamp": [STAMP],
            "X-Signature-Ed25519": [_ED25519.sign(STAMP.encode() + BODY).hex()],
        },
        BODY,
    ),
    Signed(
        "sendgrid",
        "by hand",
        _P256_PUBLIC,
        {
            "X-Twilio-Email-Event-Webhook-Signature": [
                b64(_P256.sign(STAMP.encode() + BODY, ec.ECDSA(hashes.SHA256())))
            ],
            "X-Twilio-Email-Event-Webhook-Timestamp": [STAMP],
        },
        BODY,
    ),
    Signed(
        "paddle",
        "by hand",
        "s",
        {"Paddle-Signature": [f"ts={STAMP};h1={mac('s', STAMP.encode() + b':' + BODY).hex()}"]},
        BODY,
    ),
)

WEBHOOKS = PUBLISHED + MADE
