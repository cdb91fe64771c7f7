from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from mister_webhooks import HTTPMethod
from mister_webhooks.payload import JSON
from mister_webhooks_router.errors import UsageError
from mister_webhooks_router.event_file import FileEvent
from mister_webhooks_router.providers import (
    SAMPLE_SECRETS,
    SAMPLE_URL,
    Origin,
    builtin_providers,
    sample,
    sample_body,
    sample_event,
)
from mister_webhooks_router.providers.recipe import Recipe
from mister_webhooks_router.providers.signature import Answer, sign, verify
from mister_webhooks_router.samples import providers, samples
from tests.mister_webhooks_router.providers.events import BUILTIN

SECRET = "a-secret-of-this-test"
OTHER_STANDARD = "whsec_" + base64.b64encode(b"another secret of no worth").decode()
OTHER_ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw().hex()
OTHER_ECDSA = ec.derive_private_key(7, ec.SECP256R1()).public_key()
OTHER_SECRETS = {
    "adyen": ("00" * 32,),
    "discord": (OTHER_ED25519,),
    "gitlab": ("another-secret", OTHER_STANDARD),
    "sendgrid": (
        base64.b64encode(
            OTHER_ECDSA.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        ).decode(),
    ),
    "standard-webhooks": (OTHER_STANDARD,),
    "svix": (OTHER_STANDARD,),
}
UNSIGNED = {"diagnostics:ping"}

CASES = [
    pytest.param(provider.name, one, id=f"{provider.name}:{Origin(provider, sample_event(one)).event}")
    for provider in builtin_providers()
    for one in samples(provider.name)
]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("github:push", ("github", 1)),
        ("github:pull_request", ("github", 3)),
        ("github:pull_request.closed", ("github", 4)),
        ("github:*", ("github", 0)),
        ("stripe:invoice.*", ("stripe", 0)),
        ("stripe:*.deleted", ("stripe", 2)),
        ("adyen:REFUND", ("adyen", 1)),
        ("svix:user.deleted", ("svix", 1)),
        ("slack:/till", ("slack", 3)),
        ("bitbucket:diagnostics:ping", ("bitbucket", 2)),
    ],
)
def test_a_sample_is_asked_for_as_an_event(text: str, where: tuple[str, int]) -> None:
    """The first sample of the provider that the pattern means is given."""
    name, number = where

    assert sample(text) == samples(name)[number]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "zoom:meeting.ended",
            "no sample of 'zoom:meeting.ended'. Did you mean 'zoom:meeting.started'? There are: zoom:",
        ),
        ("zom:meeting.started", "event 'zom:meeting.started': there is no provider 'zom'. Did you mean 'zoom'?"),
        ("push", "event 'push': no provider is named. Write 'github:push' or 'gitlab:push'."),
    ],
)
def test_without_a_sample_the_error_says_which_there_are(text: str, error: str) -> None:
    """A wrong name is a mistake on the command line, and is answered with what there is."""
    with pytest.raises(UsageError) as caught:
        sample(text)
    assert str(caught.value).startswith(error)


def test_every_provider_has_samples_and_no_one_else() -> None:
    """The sample files are those of the built-in providers."""
    assert providers() == [provider.name for provider in builtin_providers()]


def test_a_sample_becomes_an_event_from_no_record() -> None:
    """The event has all that the sample has, and no position."""
    one = sample("github:push")
    event = sample_event(one)

    assert (event.method, event.timestamp, event.payload) == (one.method, one.timestamp, one.payload)
    assert event.headers == one.headers
    assert (event.topic, event.position) == ("incoming.acme.github", None)


@pytest.mark.parametrize(
    ("content_type", "payload", "raw"),
    [
        ("application/json", {"a": "\u00fc", "b": [1]}, b'{"a":"\xc3\xbc","b":[1]}'),
        ("application/x-www-form-urlencoded; charset=UTF-8", {"a": "\u00fc &"}, b"a=%C3%BC+%26"),
        ("application/x-www-form-urlencoded", ["a"], b'["a"]'),
        ("", None, b"null"),
    ],
)
def test_the_bytes_of_a_sample(content_type: str, payload: JSON, raw: bytes) -> None:
    """A form is written as one, everything else as compact JSON in UTF-8."""
    headers = {"content-type": [content_type]} if content_type else {}

    assert sample_body(FileEvent("t", datetime.now(UTC), HTTPMethod.POST, headers, payload)) == raw


@pytest.mark.parametrize(("name", "one"), CASES)
def test_the_signature_of_a_sample(name: str, one: FileEvent) -> None:
    """It is valid with the published secret, invalid with another, and nobody can tell without the bytes."""
    recipe, headers, raw, url = signed(name, one)
    secrets, others = SAMPLE_SECRETS.get(name, (SECRET,)), OTHER_SECRETS.get(name, ("another-secret",))

    def answer(secrets: tuple[str, ...], raw: bytes | None) -> Answer:
        return verify(recipe, secrets, headers, raw, at=one.timestamp, url=url).answer

    if name == "paypal":
        assert answer(secrets, raw) is Answer.CANNOT_TELL
    elif Origin(BUILTIN.named(name), sample_event(one)).event in UNSIGNED:
        assert answer(secrets, raw) is Answer.INVALID
    else:
        assert answer(secrets, raw) is Answer.VALID
        assert answer((*others, *secrets), raw) is Answer.VALID
        assert answer(others, raw) is Answer.INVALID
        assert answer(secrets, None) is (Answer.VALID if "X-Gitlab-Token" in headers else Answer.CANNOT_TELL)


def signed(name: str, one: FileEvent) -> tuple[Recipe, dict[str, list[str]], bytes, str]:
    """Recipe, headers, bytes and address of a sample.

    GitHub's samples are signed here. Twilio puts the hash of a list into the address.
    """
    headers, raw, url = dict(one.headers), sample_body(one), SAMPLE_URL + name
    recipe = BUILTIN.named(name).signature
    assert recipe is not None
    if name == "github":
        headers |= {header: [value] for header, value in sign(recipe, SECRET, raw, at=one.timestamp).items()}
    if name == "twilio" and isinstance(one.payload, list):
        url += f"?bodySHA256={hashlib.sha256(raw).hexdigest()}"
    return recipe, headers, raw, url


def test_a_changed_sample_is_not_genuine() -> None:
    """One more byte and the signature does not fit."""
    recipe, headers, raw, _ = signed("stripe", sample("stripe:invoice.paid"))
    at = sample("stripe:invoice.paid").timestamp

    assert verify(recipe, SAMPLE_SECRETS["stripe"], headers, raw + b" ", at=at).answer is Answer.INVALID
