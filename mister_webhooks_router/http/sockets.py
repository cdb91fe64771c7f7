"""Listening sockets: bound before the server starts, so that a wrong address is an error and the port is known."""

from __future__ import annotations

import errno
import os
import socket

from mister_webhooks_router.errors import UsageError

_BACKLOG = 2048


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address that `host` stands for, all with one port; port 0 takes any free one.

    Raises `UsageError` when the name is unknown, the address is not this machine's, or the port is taken or reserved.
    """
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, address in _addresses(host, port):
        try:
            sockets.append(_listen(family, address, port))
        except OSError as error:
            failure = error
            # "localhost" may name an IPv6 address on a machine without IPv6: the others will do.
            if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                break
        else:
            port = sockets[0].getsockname()[1]
            failure = None
    if failure is not None and (not sockets or failure.errno == errno.EADDRINUSE):
        _close(sockets)
        raise UsageError(_advice(host, port, failure)) from failure
    return sockets


def _listen(family: int, address: str, port: int) -> socket.socket:
    # Not `socket.create_server`: asyncio turns Nagle's delay off only where the protocol is said to be TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((address, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError, OverflowError) as error:
        raise UsageError(f"cannot listen on {host!r}: no such host; try --http 127.0.0.1:{port}") from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"cannot listen on {host}:{port}: the port is in use. Choose another with --http {host}:PORT, "
            f"or take any free one with --http {host}:0"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"cannot listen on {host}:{port}: not an address of this machine; try --http 127.0.0.1:{port}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"cannot listen on {host}:{port}: no right to that port; choose one above 1023 with --http {host}:PORT"
    return f"cannot listen on {host}:{port}: {error.strerror}; choose another address with --http HOST:PORT"


def _close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()
