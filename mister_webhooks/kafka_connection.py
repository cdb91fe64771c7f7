"""Connections to the broker, and its errors in our words.

kafka-python is used by the modules `kafka_*` of this package and nowhere else.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from kafka import KafkaConsumer
from kafka import errors as kafka_errors
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport

from mister_webhooks import refusals
from mister_webhooks.connection_profile import ConnectionProfile
from mister_webhooks.errors import MisterWebhooksError
from mister_webhooks.log_secrets import keep_out_of_logs
from mister_webhooks.probe import probe

_REFUSALS = (kafka_errors.SaslAuthenticationFailedError, kafka_errors.UnsupportedSaslMechanismError)
_Manager: Any = KafkaConnectionManager


class Connections(_Manager):  # type: ignore[misc] # kafka-python has no types
    """Connections that neither wait for ever for a TLS handshake nor repeat a refused login for ever."""

    def __init__(self, net: NetworkSelector, **settings: object) -> None:
        super().__init__(net, **settings)
        self._refused: Exception | None = None
        # The consumer's setting of this name never reaches the requests that could create a topic.
        self.cluster.config["allow_auto_create_topics"] = False

    async def _build_transport(self, node: Any, timeout_at: float) -> Any:  # noqa: ANN401
        """kafka-python's own has no deadline for the handshake, and leaves sockets open when it fails."""
        sock = await self._open(node, timeout_at)
        transport: Any = KafkaSSLTransport(self._net, sock, host=node.host, ssl_context=self.config["ssl_context"])
        try:
            await self._shake_hands(transport._sock, timeout_at)  # noqa: SLF001
        except BaseException as error:
            transport.close()
            if isinstance(error, OSError):
                raise kafka_errors.KafkaConnectionError(f"the TLS handshake failed: {error}") from None
            raise
        transport._sock_recv = partial(_data_before_end, transport._sock_recv)  # noqa: SLF001
        return transport

    async def _shake_hands(self, tls: ssl.SSLSocket, timeout_at: float) -> None:
        while True:
            try:
                return tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._net.wait_read(tls, timeout_at=timeout_at)
            except ssl.SSLWantWriteError:
                await self._net.wait_write(tls, timeout_at=timeout_at)

    async def _open(self, node: Any, timeout_at: float) -> Any:  # noqa: ANN401
        connector = KafkaNetSocket()
        failure: Exception = kafka_errors.KafkaConnectionError(f"no address for {node.host}")
        for family, kind, protocol, _, address in connector.dns_lookup(node.host, node.port):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                for option in self.config["socket_options"]:
                    sock.setsockopt(*option)
                return await connector.sock_connect(self._net, sock, address, timeout_at=timeout_at)
            except BaseException as error:
                sock.close()
                if not isinstance(error, (OSError, kafka_errors.KafkaError)):
                    raise
                failure = kafka_errors.KafkaConnectionError(str(error))
        raise failure

    async def _connect(self, node: object, conn: Any, **options: object) -> None:  # noqa: ANN401
        conn.init_future.add_errback(self._note_refusal)
        await super()._connect(node, conn, **options)

    def _note_refusal(self, failure: Exception) -> None:
        if isinstance(failure, _REFUSALS):
            self._refused = failure

    def get_connection(self, node_id: object, **options: object) -> object:
        """The connection to a broker, as ever; what refused our login is raised by every later call."""
        if self._refused is not None:
            raise self._refused
        return super().get_connection(node_id, **options)

    def close(self, node_id: object = None, timeout_ms: object = None) -> None:
        """As ever, and what is still to be sent is given up: it would keep its socket open after the end."""
        if node_id is None:
            for connection in list(self._conns.values()):
                if (transport := connection.transport) is not None and transport._write_buffer:  # noqa: SLF001
                    transport.abort()
        super().close(node_id, timeout_ms)


def _data_before_end(receive: Callable[[], tuple[bytes, Exception | None]]) -> tuple[bytes, Exception | None]:
    """What was received, and the end of the connection only when nothing comes before it.

    A broker closes right behind its refusal of a login, and kafka-python throws the refusal away when it sees both.
    """
    data, end = receive()
    return data, None if data else end


def new_kafka_consumer(
    profile: ConnectionProfile, ssl_context: ssl.SSLContext, *, group: str | None, timeout: float, **settings: object
) -> Any:  # noqa: ANN401 - a KafkaConsumer; kafka-python has no types
    """A connected `KafkaConsumer` of the group, which has not joined it.

    Args:
        profile: who connects, and where
        ssl_context: whom to trust
        group: the consumer group; None for a consumer of no group
        timeout: seconds for the probe, and again for kafka-python's own connection
        settings: more of kafka-python's settings

    Raises `BrokerUnreachable`, `BrokerNotTrusted`, `AuthenticationFailed`.
    """
    keep_out_of_logs(profile.auth_secret)
    addresses = probe(profile.bootstrap_addresses, ssl_context, timeout)
    clients: list[KafkaNetClient] = []

    def make_client(**configs: Any) -> KafkaNetClient:  # noqa: ANN401 - passed through
        net = NetworkSelector(**configs)
        clients.append(KafkaNetClient(net, Connections(net, **configs)))
        return clients[0]

    try:
        return KafkaConsumer(
            bootstrap_servers=[str(address) for address in addresses],
            bootstrap_timeout_ms=int(timeout * 1000),
            client_id="mister-webhooks",
            group_id=group,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            security_protocol="SASL_SSL",
            ssl_context=ssl_context,
            sasl_mechanism="PLAIN",
            sasl_plain_username=profile.consumer_name,
            sasl_plain_password=profile.auth_secret,
            socket_options=_socket_options(),
            reconnect_backoff_max_ms=5000,
            metrics_enabled=False,
            kafka_client=make_client,
            **settings,
        )
    except Exception as error:  # noqa: BLE001 - raised again in our words
        # kafka-python leaves its thread and its sockets behind.
        for client in clients:
            client.close()
        raise translate(error, profile, group or "") from None


def _socket_options() -> list[tuple[int, int, int]]:
    """Notices a peer that is gone without a word after about a minute."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
    if idle is not None:
        options += [
            (socket.IPPROTO_TCP, idle, 30),
            (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
            (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
        ]
    return options


def translate(error: Exception, profile: ConnectionProfile, group: str) -> MisterWebhooksError:  # noqa: PLR0911 - one line a kind
    """The error of kafka-python in our words; ours stay what they are."""
    match error:
        case MisterWebhooksError():
            return error
        case kafka_errors.SaslAuthenticationFailedError():
            return refusals.not_authenticated(profile)
        case kafka_errors.TopicAuthorizationFailedError():
            names = error.args[0] if error.args and isinstance(error.args[0], (set, frozenset)) else ()
            return refusals.no_right_on_topics(names, profile)
        case kafka_errors.GroupAuthorizationFailedError():
            return refusals.no_right_on_group(group, profile)
        case kafka_errors.InconsistentGroupProtocolError():
            return refusals.no_common_assignor(group)
        case kafka_errors.UnsupportedCodecError():
            return refusals.no_codec(error)
        case kafka_errors.LogTruncationError():
            return refusals.log_truncated(error)
        case kafka_errors.RetriableError():
            return refusals.no_answer(error, profile)
        case _:
            return refusals.unexpected(error, profile)
