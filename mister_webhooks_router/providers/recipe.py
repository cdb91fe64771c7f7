"""How a sender signs its webhooks. Data, no code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Algorithm: TypeAlias = Literal["hmac-sha256", "hmac-sha1", "ed25519", "ecdsa-p256", "token"]
Encoding: TypeAlias = Literal["hex", "base64", "text"]

FIVE_MINUTES = 300.0
"""The usual tolerance, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way of signing the bytes of a body, in a header.

    Args:
        header: that holds the signature, or several.
        algorithm: how the content is signed. `token`: not at all, the secret itself stands in the header.
        content: what is signed. `{body}`, `{timestamp}`, `{id}` and `{url}` stand for what they say, `{form}` for the
            names and values of a form, sorted and joined; all else is literal.
        encoding: of a signature.
        prefix: of a signature in its header; what does not begin so is none of this scheme.
        separator: between the entries of the header, where there may be several.
        timestamp_header: the header with the time of the signature, in seconds since 1970.
        timestamp_prefix: of the time, where it is an entry of the signature's header.
        id_header: the header with the id of the delivery.
        key_encoding: of the key in the secret, after `key_prefix`.
        key_prefix: with which secrets begin.
        key_prefix_optional: whether a secret without it is one too.
        tolerance: seconds that may lie between signing and arriving, either way; None where the time is not signed.
        either_port: whether the address may have been signed with or without its port.
    """

    header: str
    algorithm: Algorithm = "hmac-sha256"
    content: str = "{body}"
    encoding: Encoding = "hex"
    prefix: str = ""
    separator: str = ""
    timestamp_header: str = ""
    timestamp_prefix: str = ""
    id_header: str = ""
    key_encoding: Encoding = "text"
    key_prefix: str = ""
    key_prefix_optional: bool = False
    tolerance: float | None = None
    either_port: bool = False

    @property
    def shared(self) -> bool:
        """Whether the receiver has the key that signs."""
        return self.algorithm not in {"ed25519", "ecdsa-p256"}

    @property
    def signs_body(self) -> bool:
        """Whether the bytes of the body are needed."""
        return "{body}" in self.content or "{form}" in self.content

    @property
    def secret_form(self) -> str:
        """What a secret looks like, for messages."""
        return _form("a secret" if self.shared else "a public key", self.key_prefix, self.key_encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedItems:
    """A way of signing that lies in the body: the fields of each item are signed, whatever bytes they are sent in.

    HMAC-SHA256, in Base64, over the fields with `separator` between; a field that is missing is empty.

    Args:
        items: path of the list.
        fields: paths in an item, in the order of signing.
        signature: path in an item.
        separator: between the fields.
        key_encoding: of the key in the secret.
    """

    items: str
    fields: tuple[str, ...]
    signature: str
    separator: str
    key_encoding: Encoding = "text"
    key_prefix: str = ""
    key_prefix_optional: bool = False
    algorithm: Algorithm = "hmac-sha256"
    encoding: Encoding = "base64"

    @property
    def secret_form(self) -> str:
        """What a secret looks like, for messages."""
        return _form("a secret", self.key_prefix, self.key_encoding)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a sender signs.

    Args:
        schemes: the ways that it has; a webhook is genuine when one of them says so.
        cannot_tell: why nobody can check it here, where that is so; completes "cannot tell: ".
    """

    schemes: tuple[Scheme | SignedItems, ...] = ()
    cannot_tell: str = ""


def _form(what: str, prefix: str, encoding: Encoding) -> str:
    written = {"hex": "in hexadecimal", "base64": "in Base64", "text": "as text"}[encoding]
    return f"{what} {written}{f' after {prefix}' if prefix else ''}"
