from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from stripe import SignatureVerificationError, WebhookSignature

from mister_webhooks import MissingExtra
from mister_webhooks_router.errors import SettingsError
from mister_webhooks_router.providers.recipe import Scheme, SignedItems
from mister_webhooks_router.providers.recipes import RECIPES
from mister_webhooks_router.providers.signature import Answer, Verdict, sign, verify
from tests.mister_webhooks_router.providers.signed_webhooks import AT, BODY, STAMP, URL, WEBHOOKS, Signed, b64, mac

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BY_NAME = {webhook.provider: webhook for webhook in reversed(WEBHOOKS)}
TIMED = [
    webhook
    for webhook in WEBHOOKS
    if getattr(RECIPES[webhook.provider].schemes[0], "tolerance", None) and webhook.source != "its token"
]
SHARED = sorted(
    name
    for name, recipe in RECIPES.items()
    if any(isinstance(scheme, Scheme) and scheme.shared for scheme in recipe.schemes)
)


def checked(webhook: Signed, **changed: Any) -> Verdict:  # noqa: ANN401 - fields of the webhook
    """The verdict on a webhook, or on one that differs from it in something."""
    it = webhook._replace(**changed)
    return verify(RECIPES[it.provider], it.secret, it.headers, it.raw, at=it.at, url=it.url)


def named(webhook: Signed) -> str:
    """The name of a case."""
    return f"{webhook.provider}: {webhook.source}"


every_webhook = pytest.mark.parametrize("webhook", WEBHOOKS, ids=named)


def test_there_is_a_webhook_for_every_recipe() -> None:
    """Every recipe has a signed webhook here; PayPal's cannot be checked by anybody."""
    assert {webhook.provider for webhook in WEBHOOKS} == RECIPES.keys() - {"paypal"}


@every_webhook
def test_a_genuine_signature_is_valid(webhook: Signed) -> None:
    """What the sender signed, or published as an example, is valid."""
    assert checked(webhook) == Verdict(Answer.VALID)


@every_webhook
def test_header_names_come_in_any_case(webhook: Signed) -> None:
    """A server may have rewritten the names of the headers."""
    for rewrite in (str.lower, str.upper, str.title):
        headers = {rewrite(name): values for name, values in webhook.headers.items()}
        assert checked(webhook, headers=headers).answer is Answer.VALID


@every_webhook
def test_another_secret_is_invalid(webhook: Signed) -> None:
    """A secret of the same form that is not the sender's does not fit."""
    other = BY_NAME["sendgrid"].secret if webhook.secret != BY_NAME["sendgrid"].secret else None
    for secret in {
        "sendgrid": [other or next(w.secret for w in WEBHOOKS if w.source == "by hand" and w.provider == "sendgrid")],
        "adyen": ["00" + webhook.secret[2:]],
        "discord": ["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"],
    }.get(webhook.provider, [webhook.secret[:-4] + ("AAA=" if webhook.secret.endswith("=") else "AAAA")]):
        assert secret != webhook.secret
        assert checked(webhook, secret=secret).answer is Answer.INVALID


@every_webhook
def test_another_body_is_invalid(webhook: Signed) -> None:
    """Any change of the body is found, unless the sender does not sign it."""
    token = webhook.source == "its token"
    for raw in (webhook.raw.replace(b"1", b"2", 1), webhook.raw[:-1] + b"?", b"", webhook.raw + webhook.raw):
        if raw != webhook.raw:
            assert checked(webhook, raw=raw).answer is (Answer.VALID if token else Answer.INVALID)


@every_webhook
def test_without_the_bytes_nobody_can_tell(webhook: Signed) -> None:
    """Who has no raw bytes is told so, and not that the webhook is forged. A token needs no bytes."""
    expected = Answer.VALID if webhook.source == "its token" else Answer.CANNOT_TELL

    assert checked(webhook, raw=None).answer is expected


@every_webhook
def test_an_unsigned_webhook_is_invalid(webhook: Signed) -> None:
    """Without its signature a webhook is invalid, with the bytes and without them."""
    if webhook.provider == "adyen":
        assert checked(webhook, raw=webhook.raw.replace(b"hmacSignature", b"hmac")).answer is Answer.INVALID
        return
    for raw in (webhook.raw, None):
        verdict = checked(webhook, headers={"Content-Type": ["application/json"]}, raw=raw)
        assert verdict.answer is Answer.INVALID
        assert verdict.reason.startswith("it is not signed: there is no header ")


@every_webhook
def test_messages_hold_no_secret(webhook: Signed) -> None:
    """Neither the secret nor a signature stands in a verdict."""
    for verdict in (checked(webhook, raw=b"{}"), checked(webhook, raw=None), checked(webhook, headers={})):
        for secret in (webhook.secret, *(value for values in webhook.headers.values() for value in values)):
            assert len(secret) < 8 or secret not in f"{verdict} {verdict!r}"


@pytest.mark.parametrize("webhook", TIMED, ids=named)
def test_the_time_of_the_signature_counts(webhook: Signed) -> None:
    """A signature may be five minutes older or younger than the event, not more; None asks for no time."""
    assert webhook.at is not None
    for seconds, answer in ((300, Answer.VALID), (-300, Answer.VALID), (301, Answer.INVALID), (-301, Answer.INVALID)):
        assert checked(webhook, at=webhook.at + timedelta(seconds=seconds)).answer is answer

    assert checked(webhook, at=None).answer is Answer.VALID
    late = checked(webhook, at=webhook.at + timedelta(hours=1))
    assert str(late) == "invalid: it was signed 3600 s before it arrived, the limit is 300 s"
    early = checked(webhook, at=webhook.at - timedelta(hours=1), raw=None)
    assert str(early) == "invalid: it was signed 3600 s after it arrived, the limit is 300 s"


def test_which_senders_sign_a_time() -> None:
    """These recipes look at the time; the others sign none."""
    assert sorted({webhook.provider for webhook in TIMED}) == [
        *("discord", "gitlab", "paddle", "sendgrid", "slack", "standard-webhooks", "stripe", "svix", "zoom"),
    ]


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1.5", "1e9", "nan", "١٢٣", "9" * 400, " 1", "0x1"])
def test_a_time_that_cannot_be_read_is_invalid(stamp: str) -> None:
    """A signature whose time is no number of seconds is invalid, although it may fit."""
    signature = "v0=" + mac("s", f"v0:{stamp}:".encode() + BODY).hex()
    headers = {"x-zm-request-timestamp": [stamp], "x-zm-signature": [signature]}

    assert verify(RECIPES["zoom"], "s", headers, BODY, at=AT).answer is Answer.INVALID


def test_a_time_without_zone_is_refused() -> None:
    """An arrival without time zone could mean any of 24 times."""
    with pytest.raises(ValueError, match="at= needs a time zone"):
        verify(RECIPES["slack"], "s", {}, b"", at=datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@every_webhook
def test_secrets_can_be_rotated(webhook: Signed) -> None:
    """Of several secrets any may fit, also beside secrets of another form."""
    assert checked(webhook, secret=["old", webhook.secret]).answer is Answer.VALID
    assert checked(webhook, secret=(webhook.secret, "new")).answer is Answer.VALID


@pytest.mark.parametrize(
    ("provider", "secret", "reason"),
    [
        ("discord", "not hexadecimal", "a public key in hexadecimal"),
        ("discord", "abcd", "a public key in hexadecimal"),
        ("sendgrid", "AAAA", "a public key in Base64"),
        ("sendgrid", "not Base64!", "a public key in Base64"),
        ("adyen", "xyz", "a secret in hexadecimal"),
        ("svix", "!", "a public key in Base64 after whpk_ or a secret in Base64 after whsec_"),
        ("standard-webhooks", "whpk_AAAA", "a public key in Base64 after whpk_ or a secret in Base64 after whsec_"),
    ],
)
def test_a_secret_of_another_form(provider: str, secret: str, reason: str) -> None:
    """A secret that the sender cannot have given out is the receiver's mistake: nobody can tell."""
    verdict = checked(BY_NAME[provider], secret=secret)

    assert str(verdict) == f"cannot tell: no secret has the form that the sender gives out: {reason}"


def test_a_public_key_of_another_curve() -> None:
    """SendGrid's keys are of P-256; a key of another curve is not used, even if it fits the signature."""
    key = ec.derive_private_key(12345, ec.SECP384R1())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": [b64(key.sign(STAMP.encode() + BODY, ec.ECDSA(hashes.SHA256())))],
        "X-Twilio-Email-Event-Webhook-Timestamp": [STAMP],
    }

    assert verify(RECIPES["sendgrid"], b64(public), headers, BODY, at=AT).answer is Answer.CANNOT_TELL


@pytest.mark.parametrize("secret", ["", " \n", [], ["x", ""]])
def test_an_empty_secret_is_refused(secret: str | list[str]) -> None:
    """Anybody could sign with an empty secret, so it is an error, whatever else is given."""
    with pytest.raises(SettingsError, match="the secret for checking signatures is empty"):
        verify(RECIPES["github"], secret, {}, b"", at=None)


def test_paypal_is_left_to_paypal() -> None:
    """A scheme that needs a certificate from somewhere is never guessed at."""
    verdict = verify(RECIPES["paypal"], "s", {"PAYPAL-TRANSMISSION-SIG": ["x"]}, b"{}", at=AT)

    assert verdict.answer is Answer.CANNOT_TELL
    assert "certificate" in verdict.reason


@pytest.mark.parametrize("provider", ["square", "twilio"])
def test_without_the_address_nobody_can_tell(provider: str) -> None:
    """Who signs the address cannot be checked without it, and another address does not fit."""
    webhook = BY_NAME[provider]

    assert str(checked(webhook, url=None)).startswith("cannot tell: the sender signs the address")
    assert checked(webhook, url=f"{webhook.url}x").answer is Answer.INVALID


@pytest.mark.parametrize("signature", ["v1a,AAAA", "v2,AAAA", "v1", "", "AAAA", "v1a," + "A" * 88])
def test_no_sender_can_choose_cannot_tell(signature: str) -> None:
    """A forged webhook with a signature of a kind that this receiver has no key for is invalid."""
    headers = {"webhook-id": ["1"], "webhook-timestamp": [STAMP], "webhook-signature": [signature]}

    assert verify(RECIPES["standard-webhooks"], WHSEC, headers, BODY, at=AT).answer is Answer.INVALID


def test_a_gitlab_token_is_no_way_around_its_signature() -> None:
    """With only the signing token known, a token of the attacker's choice is invalid."""
    headers = {
        "X-Gitlab-Token": ["x"],
        "webhook-signature": ["v1,AAAA"],
        "webhook-timestamp": [STAMP],
        "webhook-id": [""],
    }

    assert verify(RECIPES["gitlab"], WHSEC, headers, BODY, at=AT).answer is Answer.INVALID


def test_gitlab_signs_in_two_ways() -> None:
    """With both secrets known, one genuine signature is enough; what only the bytes can tell is not called forged."""
    recipe, both = RECIPES["gitlab"], [WHSEC, "t0ken"]
    token, signed = (webhook for webhook in WEBHOOKS if webhook.provider == "gitlab")
    only_signed = {name: values for name, values in signed.headers.items() if name != "X-Gitlab-Token"}

    assert verify(recipe, both, token.headers, None, at=AT).answer is Answer.VALID
    assert verify(recipe, both, signed.headers, BODY, at=AT).answer is Answer.VALID
    assert verify(recipe, both, signed.headers, None, at=AT).answer is Answer.INVALID
    assert verify(recipe, both, only_signed, None, at=AT).answer is Answer.CANNOT_TELL
    assert verify(recipe, both, only_signed, b"forged", at=AT).answer is Answer.INVALID
    assert verify(recipe, both, {}, None, at=AT).answer is Answer.INVALID


@given(
    provider=st.sampled_from(sorted(RECIPES.keys() - {"paypal"})),
    values=st.lists(
        st.text(max_size=20) | st.sampled_from(["v1=", "v1,ü", "t=1", "sha256=zz", "v1,\ud800"]), max_size=3
    ),
    raw=st.binary(max_size=20),
)
def test_no_header_breaks_the_check(provider: str, values: list[str], raw: bytes) -> None:
    """Whatever stands in the headers, the answer is "invalid", and nothing is raised."""
    names = [name for webhook in WEBHOOKS if webhook.provider == provider for name in webhook.headers]
    headers = dict.fromkeys(names, values)
    webhook = BY_NAME[provider]

    assert checked(webhook, headers=headers, raw=raw, at=None).answer is Answer.INVALID


@pytest.mark.parametrize("url", ["https://my.co/a?b=1", "https://my.co:443/a?b=1"])
@pytest.mark.parametrize("signed", ["https://my.co/a?b=1", "https://my.co:443/a?b=1"])
def test_twilio_may_sign_the_port(url: str, signed: str) -> None:
    """Twilio signs the address with or without its port; either fits either."""
    signature = b64(mac("s", signed.encode() + b"A1B2", "sha1"))

    verdict = verify(RECIPES["twilio"], "s", {"X-Twilio-Signature": [signature]}, b"B=2&A=1", at=None, url=url)

    assert verdict.answer is Answer.VALID


def test_twilio_signs_the_values_of_a_form() -> None:
    """Names and values are sorted, decoded, and each pair counts once."""
    signature = b64(mac("s", URL.encode() + "A A+üB".encode(), "sha1"))
    headers = {"X-Twilio-Signature": [signature]}

    for raw in (b"B=&A=+A%2B%C3%BC", b"A=%20A%2B%C3%BC&B=&B="):
        assert verify(RECIPES["twilio"], "s", headers, raw, at=None, url=URL).answer is Answer.VALID


def test_adyen_needs_no_bytes() -> None:
    """Adyen signs fields: they can be checked after the body was rewritten, as from 1130 to 1130.0."""
    webhook = BY_NAME["adyen"]
    payload = json.loads(webhook.raw)
    payload["notificationItems"][0]["NotificationRequestItem"]["amount"]["value"] = 1130.0
    recipe = RECIPES["adyen"]

    assert verify(recipe, webhook.secret, {}, None, at=None, payload=payload).answer is Answer.VALID


def test_every_item_of_adyen_counts() -> None:
    """One forged item among genuine ones makes the webhook invalid, and so does a list without items."""
    webhook = BY_NAME["adyen"]
    payload = json.loads(webhook.raw)
    forged = json.loads(webhook.raw)["notificationItems"][0]
    forged["NotificationRequestItem"]["amount"]["value"] = 5
    payload["notificationItems"].append(forged)

    verdict = verify(RECIPES["adyen"], webhook.secret, {}, json.dumps(payload).encode(), at=None)
    assert str(verdict) == "invalid: the signature of notificationItems.1 does not fit"
    for raw in (b"{}", b'{"notificationItems": []}', b'{"notificationItems": [1]}', b"[]", b"no JSON", b"5"):
        assert verify(RECIPES["adyen"], webhook.secret, {}, raw, at=None).answer is Answer.INVALID


@pytest.mark.parametrize("provider", SHARED)
def test_what_we_sign_is_valid(provider: str) -> None:
    """A sample that is signed with the recipe passes the check with the same recipe, and no other secret's."""
    secret = WHSEC if provider in {"svix", "standard-webhooks", "gitlab"} else "a secret"
    headers = sign(RECIPES[provider], secret, BODY, at=AT, delivery_id="7", url=URL)
    listed = {name: [value] for name, value in headers.items()}

    assert verify(RECIPES[provider], secret, listed, BODY, at=AT, url=URL).answer is Answer.VALID
    other = WHSEC.replace("M", "N") if secret == WHSEC else "other"
    assert verify(RECIPES[provider], other, listed, BODY, at=AT, url=URL).answer is Answer.INVALID


@pytest.mark.parametrize("provider", ["discord", "sendgrid", "adyen", "paypal"])
def test_what_we_cannot_sign(provider: str) -> None:
    """Who signs with a key of its own, or inside the body, is not imitated."""
    secret = BY_NAME[provider].secret if provider in BY_NAME else "s"
    with pytest.raises(SettingsError, match="this secret cannot sign"):
        sign(RECIPES[provider], secret, BODY, at=AT)


def test_signing_needs_the_address_where_it_is_signed() -> None:
    """A sample for a sender that signs the address cannot be signed without it."""
    with pytest.raises(SettingsError, match="give it as url="):
        sign(RECIPES["square"], "s", BODY, at=AT)


@given(
    raw=st.text(max_size=60), secret=st.text(min_size=1, max_size=30).filter(str.strip), shift=st.integers(-400, 400)
)
def test_stripe_agrees(raw: str, secret: str, shift: int) -> None:
    """Stripe's own library says of our signatures what we say, and we of its what it says."""
    theirs = stripe_header(raw, secret, int(AT.timestamp()) + shift)
    verdict = verify(RECIPES["stripe"], secret, {"Stripe-Signature": [theirs]}, raw.encode(), at=AT)
    assert verdict.answer is (Answer.VALID if abs(shift) <= 300 else Answer.INVALID)

    ours = sign(RECIPES["stripe"], secret, raw.encode(), at=AT)["Stripe-Signature"]
    assert stripe_accepts(raw, ours, secret)
    assert not stripe_accepts(raw + "x", ours, secret)
    assert not stripe_accepts(raw, ours, secret + "x")


def stripe_header(raw: str, secret: str, stamp: int) -> str:
    """The header that Stripe's library makes."""
    return str(WebhookSignature.generate_signature_header(raw, secret, stamp))


def stripe_accepts(raw: str, header: str, secret: str) -> bool:
    """Whether Stripe's library takes the signature for genuine."""
    try:
        WebhookSignature.verify_header(raw, header, secret, tolerance=None)
    except SignatureVerificationError:
        return False
    return True


@given(raw=st.text(max_size=60), key=st.binary(min_size=1, max_size=40), delivery=st.text("abc_1", min_size=1))
def test_standard_webhooks_agrees(raw: str, key: bytes, delivery: str) -> None:
    """The reference library signs as we do, and what it signs is valid."""
    secret = "whsec_" + b64(key)
    signature = Webhook(secret).sign(delivery, AT, raw)
    headers = sign(RECIPES["standard-webhooks"], secret, raw.encode(), at=AT, delivery_id=delivery)

    assert headers == {"webhook-id": delivery, "webhook-timestamp": STAMP, "webhook-signature": signature}
    listed = {name: [value] for name, value in headers.items()}
    for known in (secret, b64(key), b64(key).rstrip("=")):
        assert verify(RECIPES["standard-webhooks"], known, listed, raw.encode(), at=AT).answer is Answer.VALID


@pytest.mark.parametrize("provider", ["discord", "sendgrid"])
def test_public_keys_need_the_extra(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `cryptography` the error names the extra; senders with a shared secret do not need it."""
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MissingExtra, match=r"pip install 'mister-webhooks\[signatures\]'"):
        checked(BY_NAME[provider])
    for other in ("github", "standard-webhooks"):
        assert checked(BY_NAME[other]).answer is Answer.VALID


def test_recipes_are_data() -> None:
    """A recipe is hashable and comparable, and says what a secret looks like."""
    assert RECIPES["bitbucket"] == RECIPES["jira"]
    assert len({*RECIPES.values()}) == len(RECIPES) - 1
    assert all(isinstance(scheme, Scheme | SignedItems) for recipe in RECIPES.values() for scheme in recipe.schemes)
