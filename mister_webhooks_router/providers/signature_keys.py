"""Keys made of secrets, and what they check. A comparison takes the same time, whatever is compared."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mister_webhooks import MissingExtra
from mister_webhooks_router.errors import SettingsError
from mister_webhooks_router.providers.recipe import Encoding, Recipe, Scheme, SignedItems

_ED25519_BYTES = 32


@dataclass(frozen=True, slots=True)
class HmacKey:
    """A secret that both sides have."""

    secret: bytes = field(repr=False)
    digest: Callable[..., Any]

    def fits(self, content: bytes, signature: bytes) -> bool:
        """Whether this is the signature of the content."""
        return hmac.compare_digest(self.sign(content), signature)

    def sign(self, content: bytes) -> bytes:
        """The signature of the content."""
        return hmac.new(self.secret, content, self.digest).digest()


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A secret that is sent as it is."""

    secret: bytes = field(repr=False)

    def fits(self, content: bytes, signature: bytes) -> bool:
        """Whether this is the token; the content does not matter."""
        return hmac.compare_digest(self.sign(content), signature)

    def sign(self, content: bytes) -> bytes:  # noqa: ARG002 - as of every key
        """The token."""
        return self.secret


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks what only the sender can sign."""

    check: Callable[[bytes, bytes], None] = field(repr=False)
    """Raises `cryptography.exceptions.InvalidSignature`."""

    def fits(self, content: bytes, signature: bytes) -> bool:
        """Whether this is the signature of the content."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

        try:
            self.check(signature, content)
        except InvalidSignature:
            return False
        return True


Key: TypeAlias = HmacKey | TokenKey | PublicKey


def secret_list(secret: str | Sequence[str]) -> tuple[str, ...]:
    """One secret or several. Raises `SettingsError` where one is empty or blank: anybody could sign with that."""
    secrets = (secret,) if isinstance(secret, str) else tuple(secret)
    if not secrets or not all(map(str.strip, secrets)):
        raise SettingsError("the secret for checking signatures is empty")
    return secrets


def keys_for(recipe: Recipe, scheme: Scheme | SignedItems, secrets: Sequence[str]) -> list[Key]:
    """The keys of those secrets that have the form which the sender gives out for this scheme, and for no other."""
    others = tuple(other.key_prefix for other in recipe.schemes if other.key_prefix not in {"", scheme.key_prefix})
    own = [secret for secret in secrets if not secret.startswith(others)] if others else secrets
    keys = [_key(scheme, material) for secret in own if (material := _material(scheme, secret))]
    return [key for key in keys if key is not None]


def decode(text: str, encoding: Encoding) -> bytes | None:
    """The bytes, or None where the text is not in this encoding."""
    try:
        if encoding == "hex":
            return binascii.unhexlify(text)
        return text.encode() if encoding == "text" else base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def encode(content: bytes, encoding: Encoding) -> str:
    """The opposite of `decode`."""
    if encoding == "text":
        return content.decode()
    return content.hex() if encoding == "hex" else base64.b64encode(content).decode()


def _material(scheme: Scheme | SignedItems, secret: str) -> bytes | None:
    has_prefix = secret.startswith(scheme.key_prefix)
    if not has_prefix and not scheme.key_prefix_optional:
        return None
    return decode(secret.removeprefix(scheme.key_prefix), scheme.key_encoding)


def _key(scheme: Scheme | SignedItems, material: bytes) -> Key | None:
    if scheme.algorithm == "token":
        return TokenKey(material)
    if scheme.algorithm == "ed25519":
        return _ed25519(material)
    if scheme.algorithm == "ecdsa-p256":
        return _ecdsa(material)
    return HmacKey(material, hashlib.sha1 if scheme.algorithm == "hmac-sha1" else hashlib.sha256)


def _ed25519(material: bytes) -> PublicKey | None:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("signatures", "checking Ed25519 signatures") from None
    return PublicKey(Ed25519PublicKey.from_public_bytes(material).verify) if len(material) == _ED25519_BYTES else None


def _ecdsa(material: bytes) -> PublicKey | None:
    try:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("signatures", "checking ECDSA signatures") from None
    try:
        key = serialization.load_der_public_key(material)
    except ValueError:
        return None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return None
    return PublicKey(lambda signature, content: key.verify(signature, content, ec.ECDSA(hashes.SHA256())))
