from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from mister_webhooks_router.http import HostGuard, HttpServer, refuse_foreign_origin


async def guarded(request: Request) -> Response:
    refuse_foreign_origin(request)
    return PlainTextResponse("hello")


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    server = HttpServer([Route("/", guarded)], port=0)
    server.start()
    yield server
    server.close()


def status(server: HttpServer, **headers: str) -> int:
    return httpx.get(server.url, headers={name.replace("_", "-"): value for name, value in headers.items()}).status_code


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "localhost.", "app.localhost", "127.0.0.1", "127.0.0.1:99", "127.8.8.8", "[::1]",
     "[::1]:8008", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_loopback_names_are_let_in(server: HttpServer, host: str) -> None:
    """Every way to write this machine's loopback address is a right Host, with any port."""
    assert status(server, host=host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8008", "localhost.evil.example", "127.0.0.1.evil.example", "evil-localhost",
     "192.0.2.1", "[2001:db8::1]", "0.0.0.0", "[::]", "127.1", "2130706433", "localhost@evil.example", "localhost/x",
     "localhost:", "a b", "127.0.0.1, evil.example", "::1", "[localhost]"],
)  # fmt: skip
def test_other_hosts_are_refused(server: HttpServer, host: str) -> None:
    """A name that a web page's domain may resolve to loopback, or no name at all, gets 403."""
    assert status(server, host=host) == 403


def test_a_refusal_says_where_to_send(server: HttpServer) -> None:
    """The answer names the hosts that are right."""
    answer = httpx.get(server.url, headers={"host": "evil.example"})

    assert answer.json() == {"error": "wrong Host header: send to 127.0.0.1, [::1], localhost"}


@pytest.mark.parametrize("hosts", ["", "Host:\n", "Host: localhost\nHost: localhost\n", "Host: a\nHost: localhost\n"])
def test_no_host_or_two_are_refused(server: HttpServer, hosts: str) -> None:
    """There must be exactly one Host; what HTTP itself forbids is 400, the rest 403."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"GET / HTTP/1.1\n{hosts}\n".replace("\n", "\r\n").encode())

        assert connection.recv(12) in {b"HTTP/1.1 400", b"HTTP/1.1 403"}


def test_an_old_request_without_a_host_is_refused(server: HttpServer) -> None:
    """HTTP/1.0 allows to leave the Host out; we do not."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")

        assert connection.recv(12) == b"HTTP/1.1 403"


def guard_status(bound: str, host: str, reached: str) -> int:
    """The status that a server bound to a name or address answers with, reached at an address of the machine."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("hello")(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "server": (reached, 8008), "headers": [(b"host", host.encode())]}
    asyncio.run(HostGuard(app, bound)(scope, receive, send))
    return int(sent[0]["status"])


def test_the_name_that_was_bound_is_let_in() -> None:
    """A server that was told to listen on a name is reached under it, in any case, and under no other."""
    assert guard_status("MyBox", "mybox:8008", "192.168.7.9") == 200
    assert guard_status("MyBox", "otherbox", "192.168.7.9") == 403


def test_the_address_that_was_reached_is_let_in() -> None:
    """Bound to all addresses, the Host may be the one that the request came to, and no other."""
    assert guard_status("0.0.0.0", "192.168.7.9:8008", "192.168.7.9") == 200
    assert guard_status("::", "[fd00::7]:8008", "fd00::7") == 200
    assert guard_status("0.0.0.0", "192.168.7.8", "192.168.7.9") == 403
    assert guard_status("0.0.0.0", "evil.example", "192.168.7.9") == 403
    assert guard_status("0.0.0.0", "0.0.0.0", "192.168.7.9") == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "https://{0}", "http://127.0.0.1:1", "null", "", "x"])
def test_pages_of_other_origins_are_refused(server: HttpServer, origin: str) -> None:
    """A browser says where a page comes from: another site, scheme or port gets 403."""
    assert status(server, origin=origin.format(f"127.0.0.1:{server.port}")) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_images_and_links_of_other_sites_are_refused(server: HttpServer, site: str) -> None:
    """A GET from another site carries no Origin, but browsers say that it is cross-site."""
    assert status(server, sec_fetch_site=site) == 403


def test_programs_and_own_pages_are_let_in(server: HttpServer) -> None:
    """No Origin, our own, or an address that somebody typed into the browser."""
    assert status(server) == 200
    assert status(server, origin=server.url, sec_fetch_site="same-origin") == 200
    assert status(server, sec_fetch_site="none") == 200
