"""Things that may listen where a broker should, on loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from mister_webhooks.connection_profile import Address


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[Address]:
    """A listener that serves each connection on a thread of its own until the block ends."""
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    connections.append(connection)
                    threading.Thread(target=quietly, args=(serve, connection), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield Address("localhost", server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.close()


def quietly(serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
    """A peer may go away at any moment."""
    with contextlib.suppress(OSError, ValueError), connection:
        serve(connection)


def silent(connection: socket.socket) -> None:
    """Takes what is sent and says nothing."""
    while connection.recv(4096):
        pass


def plain_text(connection: socket.socket) -> None:
    """Answers whatever is sent with something that is no TLS."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def hanging_up(connection: socket.socket) -> None:
    """Ends the connection at the first bytes, as Kafka does on a plaintext listener that is sent TLS."""
    connection.recv(4096)


def speaking_tls(server_file: Path, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Callable[[socket.socket], None]:
    """Shakes hands with this key and certificate, and then says nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    context.maximum_version = newest

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            silent(tls)

    return serve


def free_address() -> Address:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return Address("localhost", server.getsockname()[1])
