"""What a sender signs: put together again from what arrived."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlsplit

from mister_webhooks import PayloadDecodeError
from mister_webhooks.headers import Headers
from mister_webhooks.payload import decode_payload
from mister_webhooks.types import Encoding
from mister_webhooks_router.providers.recipe import Scheme, SignedItems

_BODY_HASH = "bodySHA256"
"""The parameter of Twilio's addresses that stands in for a body that is no form."""

_LARGEST_BITS = 64


@dataclass(frozen=True, slots=True)
class Sent:
    """What arrived of a webhook; `raw`, `url` and `payload` are None where they are not known."""

    headers: Headers
    raw: bytes | None
    url: str | None
    payload: object


def contents(scheme: Scheme, sent: Sent, timestamp: str, delivery_id: str) -> list[bytes]:
    """What the sender may have signed: one content, or one for each way of writing the address.

    None at all where a hash of the body stands in the address and is not that of the body.
    """
    url, raw = sent.url or "", sent.raw or b""
    form = _form(url, raw) if "{form}" in scheme.content else b""
    if form is None:
        return []
    pieces = {"body": raw, "timestamp": timestamp.encode(), "id": delivery_id.encode("utf-8", "replace"), "form": form}
    urls = _with_and_without_port(url) if scheme.either_port else [url]
    return [b"".join(_filled(scheme.content, {**pieces, "url": each.encode()})) for each in urls]


def items_to_check(scheme: SignedItems, sent: Sent) -> list[tuple[bytes, str]]:
    """What is signed in each item of the body, and its signature."""
    found = _at(_payload(sent), scheme.items)
    if not isinstance(found, list):
        return []
    return [
        (
            scheme.separator.join(_text(_at(item, field)) for field in scheme.fields).encode(),
            _text(_at(item, scheme.signature)),
        )
        for item in found
    ]


def _filled(template: str, pieces: dict[str, bytes]) -> Iterator[bytes]:
    for literal, name, _, _ in Formatter().parse(template):
        yield literal.encode()
        yield pieces[name] if name else b""


def _form(url: str, raw: bytes) -> bytes | None:
    """Names and values of a form, sorted; nothing for a body whose hash stands in the address, None if it differs."""
    wanted = parse_qs(urlsplit(url).query).get(_BODY_HASH)
    if wanted:
        same = hmac.compare_digest(hashlib.sha256(raw).hexdigest().encode(), wanted[0].encode())
        return b"" if same else None
    pairs = sorted(set(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)))
    return "".join(name + value for name, value in pairs).encode()


def _with_and_without_port(url: str) -> list[str]:
    parts = urlsplit(url)
    if not parts.hostname:
        return [url]
    if parts.port is not None:
        return [url, _netloc(parts, parts.netloc.rpartition(":")[0])]
    return [url, _netloc(parts, f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}")]


def _netloc(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()


def _payload(sent: Sent) -> object:
    if sent.payload is not None or sent.raw is None:
        return sent.payload
    try:
        return decode_payload(Encoding.JSON, sent.raw)
    except PayloadDecodeError:
        return None


def _at(value: object, path: str) -> object:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    """As the sender writes it: a number may have become 1.0 on its way from 1. Nothing for what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and value.bit_length() > _LARGEST_BITS:
        return ""
    return str(value) if isinstance(value, str | int | float) else ""
