"""The probe: each thing that can stand in the place of a broker is recognised, in time."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from mister_webhooks import BrokerError, BrokerNotTrusted, BrokerUnreachable, new_ssl_client_context
from mister_webhooks.connection_profile import Address
from mister_webhooks.probe import probe
from tests.broker.pki import Certificates
from tests.mister_webhooks import peers

TIMEOUT = 1.0


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.write(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def trusting(certificates: Certificates) -> ssl.SSLContext:
    """Trusts the CA of `certificates`."""
    return new_ssl_client_context(certificates.ca_file)


@pytest.fixture
def silent() -> Iterator[Address]:
    with peers.listening(peers.silent) as address:
        yield address


@contextlib.contextmanager
def in_time(limit: float = TIMEOUT + 0.5) -> Iterator[None]:
    """The block must not take longer."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < limit


def test_a_broker_that_can_be_trusted_is_returned(certificates: Certificates, trusting: ssl.SSLContext) -> None:
    """By name and by address, both of which the certificate is for."""
    with peers.listening(peers.speaking_tls(certificates.server_file)) as address:
        both = [address, Address("127.0.0.1", address.port)]

        assert probe(both, trusting, 5) == both


def test_nobody_listens(trusting: ssl.SSLContext) -> None:
    """A refused connection says so, with the address."""
    address = peers.free_address()

    with in_time(), pytest.raises(BrokerUnreachable, match=f"nobody listens at {address}"):
        probe([address], trusting, TIMEOUT)


def test_no_such_host(trusting: ssl.SSLContext) -> None:
    """A name that cannot be looked up is the profile's mistake or the network's."""
    with in_time(6.0), pytest.raises(BrokerUnreachable, match=r"cannot find the host of nowhere\.invalid:9092|in time"):
        probe([Address("nowhere.invalid", 9092)], trusting, 5.0)


def test_a_look_up_that_hangs_is_given_up(trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver cannot be interrupted; the asker goes on without it."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))

    with in_time(), pytest.raises(BrokerUnreachable, match="looking its name up"):
        probe([Address("slow.invalid", 9092)], trusting, 0.5)


def test_a_peer_that_takes_the_connection_and_stays_silent(silent: Address, trusting: ssl.SSLContext) -> None:
    """The handshake has a deadline."""
    with in_time(), pytest.raises(BrokerUnreachable, match=f"{silent} accepts connections but does not answer TLS"):
        probe([silent], trusting, TIMEOUT)


@pytest.mark.parametrize("serve", [peers.plain_text, peers.hanging_up])
def test_a_peer_that_speaks_something_else(serve: object, trusting: ssl.SSLContext) -> None:
    """A plaintext port is named as such."""
    assert callable(serve)
    with (
        peers.listening(serve) as address,
        in_time(),
        pytest.raises(BrokerUnreachable, match=f"{address} does not speak TLS"),
    ):
        probe([address], trusting, TIMEOUT)


def test_an_older_tls_is_refused(certificates: Certificates, trusting: ssl.SSLContext) -> None:
    """TLS 1.2 is not enough."""
    serve = peers.speaking_tls(certificates.server_file, newest=ssl.TLSVersion.TLSv1_2)
    with peers.listening(serve) as address, in_time(), pytest.raises(BrokerNotTrusted, match=r"TLS 1\.3"):
        probe([address], trusting, TIMEOUT)


def test_another_authority_is_not_trusted(certificates: Certificates) -> None:
    """The service's own root does not vouch for this peer; the message says how to give another CA."""
    with (
        peers.listening(peers.speaking_tls(certificates.server_file)) as address,
        in_time(),
        pytest.raises(BrokerNotTrusted, match=r"not signed by the authority .* ca_file= or MWH_CA_FILE"),
    ):
        probe([address], new_ssl_client_context(), TIMEOUT)


def test_a_certificate_for_another_host_is_not_trusted(certificates: Certificates, trusting: ssl.SSLContext) -> None:
    """The host name is checked."""
    with (
        peers.listening(peers.speaking_tls(certificates.wrong_host_file)) as address,
        in_time(),
        pytest.raises(BrokerNotTrusted, match=f"certificate of {address} is for another host name"),
    ):
        probe([address], trusting, TIMEOUT)


def test_one_good_address_is_enough(certificates: Certificates, silent: Address, trusting: ssl.SSLContext) -> None:
    """The others are left out; a silent one does not cost its whole timeout for each."""
    with peers.listening(peers.speaking_tls(certificates.server_file)) as good:
        addresses = [peers.free_address(), silent, good, silent]

        with in_time():
            assert probe(addresses, trusting, TIMEOUT) == [good]


def test_several_bad_addresses_are_all_explained(silent: Address, trusting: ssl.SSLContext) -> None:
    """Each with its own reason."""
    nobody = peers.free_address()

    with in_time(), pytest.raises(BrokerError) as caught:
        probe([nobody, silent], trusting, TIMEOUT)

    assert f"nobody listens at {nobody}" in str(caught.value)
    assert f"{silent} accepts connections" in str(caught.value)
