"""Signatures of webhooks: how senders sign, as data, and the check.

    verdict = verify(GITHUB, secret, headers, raw, at=received_at)
    verdict.answer      # Answer.VALID, Answer.INVALID or Answer.CANNOT_TELL

A signature is over the bytes that were sent. The service may transcode a body on its way into the topic, so whoever
reads a topic has those bytes no more, and is told so: *cannot tell* is an answer of its own, never "invalid". It
depends on what the receiver has, not on what the sender put into the headers: no forged event can choose it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from mister_webhooks.headers import Headers, HeadersLike
from mister_webhooks_router.errors import SettingsError
from mister_webhooks_router.providers.recipe import Recipe, Scheme, SignedItems
from mister_webhooks_router.providers.signature_content import Sent, contents, items_to_check
from mister_webhooks_router.providers.signature_keys import Key, PublicKey, decode, encode, keys_for, secret_list

__all__ = ["Answer", "Recipe", "Scheme", "SignedItems", "Verdict", "sign", "verify"]


class Answer(Enum):
    """What a check says."""

    VALID = "valid"
    INVALID = "invalid"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer and its reason.

    Args:
        answer: whether the signature fits.
        reason: why, for people; empty where it is valid. It holds neither a secret nor a signature.
    """

    answer: Answer
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.answer.value}: {self.reason}" if self.reason else self.answer.value


_VALID = Verdict(Answer.VALID)
_TIMESTAMP_DIGITS = 11


def verify(
    recipe: Recipe,
    secret: str | Sequence[str],
    headers: HeadersLike,
    raw: bytes | None,
    *,
    at: datetime | None,
    url: str | None = None,
    payload: object = None,
) -> Verdict:
    """Checks the signature of a webhook.

    Args:
        recipe: how the sender signs.
        secret: the sender's secret, token or public key, as the sender shows it; several while one replaces the other.
        headers: of the request; names in any case.
        raw: the body, byte for byte as it was sent; None where nobody has it any more.
        at: when the webhook arrived, with its time zone: the time of the event, not of the check, so that an event can
            be checked again years later. None: a signature of any time will do.
        url: the address that the sender was given, exactly; some sign it.
        payload: the decoded body, for senders that sign its fields; without it, `raw` is read.

    Raises:
        SettingsError: a secret is empty, or there is none.
        MissingExtra: the scheme needs the extra `signatures`.
        ValueError: `at` has no time zone.
    """
    if at is not None and at.tzinfo is None:
        raise ValueError("at= needs a time zone")
    secrets = secret_list(secret)
    if recipe.cannot_tell:
        return Verdict(Answer.CANNOT_TELL, recipe.cannot_tell)
    sent = Sent(Headers(headers), raw, url, payload)
    usable = [(scheme, keys) for scheme in recipe.schemes if (keys := keys_for(recipe, scheme, secrets))]
    if not usable:
        forms = " or ".join(sorted({scheme.secret_form for scheme in recipe.schemes}))
        return Verdict(Answer.CANNOT_TELL, f"no secret has the form that the sender gives out: {forms}")
    signed = [(scheme, keys) for scheme, keys in usable if not _unsigned(scheme, sent.headers)]
    if not signed:
        return Verdict(Answer.INVALID, f"it is not signed: {_unsigned(usable[0][0], sent.headers)}")
    return _strongest([_check(scheme, keys, sent, at) for scheme, keys in signed])


def sign(
    recipe: Recipe, secret: str, raw: bytes, *, at: datetime, delivery_id: str = "", url: str | None = None
) -> dict[str, str]:
    """The headers with which the sender would sign this body: for samples and tests.

    Args:
        recipe: how the sender signs.
        secret: the secret that it shares with its receivers.
        raw: the body.
        at: when it is sent.
        delivery_id: of the delivery, for senders that sign it.
        url: the address, for senders that sign it.

    Raises:
        SettingsError: the secret is empty or has not the sender's form; the sender signs with a key that only it has,
            or inside the body; or it signs the address, and there is none.
    """
    for scheme in recipe.schemes:
        if isinstance(scheme, Scheme) and scheme.shared and (keys := keys_for(recipe, scheme, secret_list(secret))):
            return _signed(scheme, keys[0], Sent(Headers(), raw, url, None), at, delivery_id)
    raise SettingsError(
        "this secret cannot sign: the sender signs with a key of its own, or its secrets look different"
    )


def _strongest(verdicts: Sequence[Verdict]) -> Verdict:
    """Valid by one scheme is valid; what one scheme refutes, no other that cannot tell makes up for."""
    for answer in (Answer.VALID, Answer.INVALID):
        for verdict in verdicts:
            if verdict.answer is answer:
                return verdict
    return verdicts[0]


def _check(scheme: Scheme | SignedItems, keys: Sequence[Key], sent: Sent, at: datetime | None) -> Verdict:
    if isinstance(scheme, SignedItems):
        return _check_items(scheme, keys, sent)
    entries = _entries(scheme, sent.headers)
    timestamp = _timestamp(scheme, sent.headers, entries)
    if reason := _wrong_time(scheme, timestamp, at):
        return Verdict(Answer.INVALID, reason)
    if scheme.signs_body and sent.raw is None:
        return Verdict(Answer.CANNOT_TELL, "the bytes that were signed are not there any more")
    if "{url}" in scheme.content and sent.url is None:
        return Verdict(Answer.CANNOT_TELL, "the sender signs the address that it sends to, and it is not known here")
    signed = contents(scheme, sent, timestamp, sent.headers.first(scheme.id_header) or "")
    signatures = [entry.removeprefix(scheme.prefix) for entry in entries if entry.startswith(scheme.prefix)]
    return _compared(keys, signed, [decode(signature, scheme.encoding) for signature in signatures])


def _compared(keys: Sequence[Key], signed: Iterable[bytes], signatures: Sequence[bytes | None]) -> Verdict:
    found = [
        key.fits(content, signature) for content in signed for key in keys for signature in signatures if signature
    ]
    return _VALID if any(found) else Verdict(Answer.INVALID, "the signature does not fit")


def _check_items(scheme: SignedItems, keys: Sequence[Key], sent: Sent) -> Verdict:
    if sent.raw is None and sent.payload is None:
        return Verdict(Answer.CANNOT_TELL, "there is no body")
    items = items_to_check(scheme, sent)
    if not items:
        return Verdict(Answer.INVALID, f"the body has no {scheme.items}")
    for number, (signed, signature) in enumerate(items):
        if _compared(keys, [signed], [decode(signature, scheme.encoding)]).answer is not Answer.VALID:
            return Verdict(Answer.INVALID, f"the signature of {scheme.items}.{number} does not fit")
    return _VALID


def _entries(scheme: Scheme, headers: Headers) -> list[str]:
    values = headers.get(scheme.header) or []
    if not scheme.separator:
        return [value.strip() for value in values]
    return [entry.strip() for value in values for entry in value.split(scheme.separator)]


def _unsigned(scheme: Scheme | SignedItems, headers: Headers) -> str:
    """Why there is no signature of this scheme; empty where there is one."""
    if isinstance(scheme, SignedItems):
        return ""
    entries = _entries(scheme, headers)
    if not entries:
        return f"there is no header {scheme.header}"
    found = any(entry.startswith(scheme.prefix) for entry in entries)
    return "" if found else f"the header {scheme.header} has no {scheme.prefix}"


def _timestamp(scheme: Scheme, headers: Headers, entries: Sequence[str]) -> str:
    if not scheme.timestamp_prefix:
        return headers.first(scheme.timestamp_header) or ""
    found = [entry for entry in entries if entry.startswith(scheme.timestamp_prefix)]
    return found[0].removeprefix(scheme.timestamp_prefix) if found else ""


def _wrong_time(scheme: Scheme, timestamp: str, at: datetime | None) -> str:
    """Why the time of the signature will not do; empty where it will."""
    if scheme.tolerance is None:
        return ""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_DIGITS):
        return "the signature has no time that can be read"
    late = 0 if at is None else at.timestamp() - int(timestamp)
    if abs(late) <= scheme.tolerance:
        return ""
    order = "before" if late > 0 else "after"
    return f"it was signed {abs(late):.0f} s {order} it arrived, the limit is {scheme.tolerance:.0f} s"


def _signed(scheme: Scheme, key: Key, sent: Sent, at: datetime, delivery_id: str) -> dict[str, str]:
    if "{url}" in scheme.content and sent.url is None:
        raise SettingsError("the sender signs the address that it sends to; give it as url=")
    timestamp = str(int(at.timestamp()))
    content = contents(scheme, sent, timestamp, delivery_id)[0]
    time_entry = [scheme.timestamp_prefix + timestamp] if scheme.timestamp_prefix else []
    entries = [*time_entry, scheme.prefix + encode(_signature(key, content), scheme.encoding)]
    headers = {
        scheme.timestamp_header: timestamp,
        scheme.id_header: delivery_id,
        scheme.header: scheme.separator.join(entries),
    }
    return {name: value for name, value in headers.items() if name}


def _signature(key: Key, content: bytes) -> bytes:
    if isinstance(key, PublicKey):
        raise TypeError("a public key cannot sign")
    return key.sign(content)
