"""Can the brokers be reached and trusted? Asked with deadlines of our own, before kafka-python connects.

kafka-python waits for ever for a peer that takes the connection and then stays silent, and it turns every reason for a
failed connection into "unable to bootstrap".
"""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Sequence

from mister_webhooks.connection_profile import Address
from mister_webhooks.errors import BrokerError, BrokerNotTrusted, BrokerUnreachable

HOST_NAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH
IP_ADDRESS_MISMATCH = 64  # X509_V_ERR_IP_ADDRESS_MISMATCH
NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID
EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED


def probe(addresses: Sequence[Address], ssl_context: ssl.SSLContext, timeout: float) -> list[Address]:
    """Resolves, connects and shakes hands with each address, all at once.

    Args:
        addresses: the brokers to start from
        ssl_context: whom to trust
        timeout: seconds for everything

    Returns those that answered as they should, in the given order.
    Raises `BrokerUnreachable` or `BrokerNotTrusted` when none did; the text says why for each.
    """
    deadline = time.monotonic() + timeout
    answers: queue.SimpleQueue[tuple[Address, BrokerError | None]] = queue.SimpleQueue()
    for address in addresses:
        # Daemons: a look-up of a name cannot be interrupted, and must not hold the process either.
        arguments = (address, ssl_context, deadline, answers)
        threading.Thread(target=_probe_one, args=arguments, name=f"probe-{address}", daemon=True).start()
    results = _collect(addresses, answers, deadline)
    reachable = [address for address in addresses if results[address] is None]
    if not reachable:
        raise _verdict([error for error in results.values() if error is not None])
    return reachable


def _collect(
    addresses: Sequence[Address], answers: queue.SimpleQueue[tuple[Address, BrokerError | None]], deadline: float
) -> dict[Address, BrokerError | None]:
    results: dict[Address, BrokerError | None] = {
        address: BrokerUnreachable(f"no answer from {address} in time: looking its name up, or connecting, hangs")
        for address in addresses
    }
    with contextlib.suppress(queue.Empty):
        for _ in results:
            # A moment more than the sockets have, so that their own, better texts arrive.
            address, error = answers.get(timeout=max(0.0, deadline + 0.25 - time.monotonic()))
            results[address] = error
    return results


def _verdict(errors: list[BrokerError]) -> BrokerError:
    if len(errors) == 1:
        return errors[0]
    return type(errors[0])("none of the bootstrap addresses works:\n  " + "\n  ".join(map(str, errors)))


def _probe_one(
    address: Address,
    ssl_context: ssl.SSLContext,
    deadline: float,
    answers: queue.SimpleQueue[tuple[Address, BrokerError | None]],
) -> None:
    error: BrokerError | None = None
    try:
        with _connect(address, deadline) as plain:
            _shake_hands(plain, address, ssl_context, deadline)
    except BrokerError as failure:
        error = failure
    except Exception as failure:  # noqa: BLE001 - whatever it was, the asker must hear of it
        error = BrokerUnreachable(f"cannot connect to {address}: {failure}")
    answers.put((address, error))


def _connect(address: Address, deadline: float) -> socket.socket:
    try:
        return socket.create_connection(address, timeout=_left(deadline))
    except socket.gaierror as error:
        reason = (error.strerror or str(error)).lower()
        raise BrokerUnreachable(
            f"cannot find the host of {address}: {reason}; check 'kafka.bootstrap' in the profile, and the network"
        ) from None
    except TimeoutError:
        raise BrokerUnreachable(f"no answer from {address} in time; is there a firewall in between?") from None
    except ConnectionRefusedError:
        raise BrokerUnreachable(f"nobody listens at {address}; is 'kafka.bootstrap' in the profile right?") from None
    except OSError as error:
        raise BrokerUnreachable(f"cannot connect to {address}: {error.strerror or error}") from None


def _shake_hands(plain: socket.socket, address: Address, ssl_context: ssl.SSLContext, deadline: float) -> None:
    tls = ssl_context.wrap_socket(
        plain, server_hostname=address.host.rstrip("."), do_handshake_on_connect=False, suppress_ragged_eofs=False
    )
    with tls:
        tls.settimeout(_left(deadline))
        try:
            tls.do_handshake()
        except ssl.SSLCertVerificationError as error:
            raise BrokerNotTrusted(_why_not_trusted(error, address)) from None
        except TimeoutError:
            raise BrokerUnreachable(
                f"{address} accepts connections but does not answer TLS; does something else listen there?"
            ) from None
        except OSError as error:
            raise _handshake_failure(error, address) from None


def _why_not_trusted(error: ssl.SSLCertVerificationError, address: Address) -> str:
    if error.verify_code in (HOST_NAME_MISMATCH, IP_ADDRESS_MISMATCH):
        return (
            f"the certificate of {address} is for another host name: connect by a name that it is for"
            " ('kafka.bootstrap' in the profile)"
        )
    if error.verify_code in (NOT_YET_VALID, EXPIRED):
        return f"the certificate of {address} is not valid now: {error.verify_message}; is this clock right?"
    return (
        f"the certificate of {address} is not signed by the authority that we trust: {error.verify_message};"
        " for a broker that is not the service's give its CA with ca_file= or MWH_CA_FILE"
    )


def _handshake_failure(error: OSError, address: Address) -> BrokerError:
    reason = getattr(error, "reason", None) or ""
    if "ALERT_PROTOCOL_VERSION" in reason or "UNSUPPORTED_PROTOCOL" in reason:
        return BrokerNotTrusted(f"{address} does not speak TLS 1.3, the oldest that we accept")
    detail = f" ({reason.lower().replace('_', ' ')})" if reason else ""
    return BrokerUnreachable(f"{address} does not speak TLS{detail}; is this the port of its SASL_SSL listener?")


def _left(deadline: float) -> float:
    return max(0.01, deadline - time.monotonic())
