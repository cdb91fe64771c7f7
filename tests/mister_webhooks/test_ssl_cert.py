"""Whom the client trusts."""

from __future__ import annotations

import inspect
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mister_webhooks import ProfileError, new_ssl_client_context, ssl_cert
from tests.broker.pki import Certificates


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MWH_CA_FILE", raising=False)


def common_names(context: ssl.SSLContext) -> list[str | bytes]:
    loaded = [x509.load_der_x509_certificate(der) for der in context.get_ca_certs(binary_form=True)]
    return [cert.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for cert in loaded]


def test_only_the_services_root_is_trusted() -> None:
    """Not the system's authorities, as 1.0.0 did; the root is the published Ed25519 one, valid until 2035."""
    assert common_names(new_ssl_client_context()) == ["Kafka Broker Certificate Authority"]

    root = x509.load_pem_x509_certificate(ssl_cert.ROOT_CA.encode())
    assert isinstance(root.public_key(), Ed25519PublicKey)
    assert root.not_valid_after_utc == datetime(2035, 5, 20, 4, 4, 56, tzinfo=UTC)
    assert root.serial_number == 0x44A999139A3D2CFA8442953AC9A8623FE4CBC290
    root.verify_directly_issued_by(root)


def test_the_handshake_is_strict() -> None:
    """TLS 1.3 at least, a certificate is required, and its host name is checked."""
    context = new_ssl_client_context()

    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_no_temporary_file_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """1.0.0 wrote the certificate into one."""
    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.delattr(tempfile, name)
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")

    assert common_names(new_ssl_client_context())
    assert not hasattr(ssl_cert, "tempfile")


def test_a_ca_file_is_trusted_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument comes before MWH_CA_FILE, which comes before the service's root."""
    certificates = Certificates.write(tmp_path)
    monkeypatch.setenv("MWH_CA_FILE", str(certificates.ca_file))

    assert common_names(new_ssl_client_context()) == ["Test Broker Certificate Authority"]
    assert common_names(new_ssl_client_context(certificates.other_ca_file)) == ["Somebody Else's Authority"]

    monkeypatch.setenv("MWH_CA_FILE", "")
    assert common_names(new_ssl_client_context()) == ["Kafka Broker Certificate Authority"]


def test_a_bad_ca_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, no certificate, or a folder: the message names the file, and the variable that it came from."""
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate here")

    with pytest.raises(ProfileError, match=r"^no CA file at .*missing\.pem$"):
        new_ssl_client_context(tmp_path / "missing.pem")
    with pytest.raises(ProfileError, match=r"empty\.pem: no PEM certificate"):
        new_ssl_client_context(empty)
    with pytest.raises(ProfileError, match=str(tmp_path)):
        new_ssl_client_context(tmp_path)

    monkeypatch.setenv("MWH_CA_FILE", str(tmp_path / "gone.pem"))
    with pytest.raises(ProfileError, match=r"gone\.pem \(from MWH_CA_FILE\)"):
        new_ssl_client_context()


def test_it_can_be_called_as_in_1_0_0() -> None:
    """Without arguments."""
    assert all(parameter.default is None for parameter in inspect.signature(new_ssl_client_context).parameters.values())
