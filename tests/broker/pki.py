"""Certificates for the test broker, of the kinds that the service uses."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID_FOR = dt.timedelta(days=2)

LOCALHOST = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")))
ANOTHER_HOST = (x509.DNSName("another-host.test"),)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority with an Ed25519 key, as the service's own is."""

    key: ed25519.Ed25519PrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, names: tuple[x509.GeneralName, ...]) -> bytes:
        """Private key, certificate and CA in one PEM text, the form that both Kafka and `ssl` read.

        The leaf's key is ECDSA P-256: Java's TLS has no Ed25519 leaves.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            _certificate("test broker", self.certificate.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_authority_key(self.key), critical=False)
            .sign(self.key, algorithm=None)
        )
        return _private_pem(key) + leaf.public_bytes(serialization.Encoding.PEM) + self.pem


def new_authority(name: str) -> Authority:
    """A fresh authority that nobody trusts yet."""
    key = ed25519.Ed25519PrivateKey.generate()
    subject = _name(name)
    certificate = (
        _certificate(name, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_CA_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, algorithm=None)
    )
    return Authority(key, certificate)


@dataclass(frozen=True, slots=True)
class Certificates:
    """The PEM files of one broker: what it shows, and what its clients trust or should not trust."""

    ca_file: Path
    other_ca_file: Path
    server_file: Path
    wrong_host_file: Path

    @classmethod
    def write(cls, folder: Path) -> Certificates:
        """Make everything anew in `folder`."""
        authority, other = (
            new_authority("Test Broker Certificate Authority"),
            new_authority("Somebody Else's Authority"),
        )
        return cls(
            ca_file=_write(folder / "ca.pem", authority.pem),
            other_ca_file=_write(folder / "other-ca.pem", other.pem),
            server_file=_write(folder / "server.pem", authority.issue(LOCALHOST)),
            wrong_host_file=_write(folder / "wrong-host.pem", authority.issue(ANOTHER_HOST)),
        )


_CA_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    name: str, issuer: x509.Name, public_key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _VALID_FOR)
        .not_valid_after(now + _VALID_FOR)
    )


def _authority_key(key: ed25519.Ed25519PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
