from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from mister_webhooks_router.errors import ExitCode, UsageError
from mister_webhooks_router.http.sockets import listen


def test_port_zero_takes_one_free_port_on_every_address() -> None:
    """All addresses of a name share the port that the system chose for the first."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(each) for each in listen("localhost", 0)]

        assert len({each.getsockname()[1] for each in sockets}) == 1
        assert "127.0.0.1" in {each.getsockname()[0] for each in sockets}


def test_a_port_in_use_is_an_error_that_says_how_to_choose_another() -> None:
    """The message names address, port and option; nothing is left open."""
    with listen("127.0.0.1", 0)[0] as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            listen("127.0.0.1", port)

    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{port}: the port is in use. Choose another with --http 127.0.0.1:PORT, "
        "or take any free one with --http 127.0.0.1:0"
    )
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("192.0.2.1", "not an address of this machine; try --http 127.0.0.1:8008"),
        ("no such host", "no such host; try --http 127.0.0.1:8008"),
        ("x" * 300, "no such host; try --http 127.0.0.1:8008"),
    ],
)
def test_an_address_of_nobody_is_an_error(host: str, message: str) -> None:
    """Neither a strange address nor an unknown name is waited for or guessed."""
    with pytest.raises(UsageError, match=message):
        listen(host, 8008)


def test_accepted_connections_send_at_once() -> None:
    """The sockets say TCP, without which asyncio leaves Nagle's delay on: 40 ms for each answer."""
    with listen("127.0.0.1", 0)[0] as listening:
        assert listening.proto == socket.IPPROTO_TCP
