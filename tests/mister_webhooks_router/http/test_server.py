from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mister_webhooks_router.errors import UsageError
from mister_webhooks_router.http import HttpServer
from tests.broker.waiting import wait_until


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def upload(request: Request) -> Response:
    try:
        return PlainTextResponse(str(len(await request.body())))
    except ClientDisconnect:
        return PlainTextResponse("broken off", 503)


async def stuck(request: Request) -> Response:
    await asyncio.sleep(60)
    return PlainTextResponse("late")


async def broken(request: Request) -> Response:
    raise ZeroDivisionError


ROUTES = [Route(f"/{each.__name__}", each, methods=["GET", "POST"]) for each in (hello, upload, stuck, broken)]


@pytest.fixture
def server() -> Iterator[HttpServer]:
    server = HttpServer(ROUTES, port=0)
    server.start()
    yield server
    server.close()


def connect(server: HttpServer, request: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(request.replace("\n", "\r\n").encode())
    return connection


def test_it_answers_once_started(server: HttpServer) -> None:
    """`start` returns when requests are served, and `url` is where."""
    assert httpx.get(f"{server.url}/hello").text == "hello"
    assert server.url == f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("host", "shown"), [("localhost", "localhost"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")]
)
def test_the_url_is_one_that_works_here(host: str, shown: str) -> None:
    """Whatever was bound, the URL reaches it from this machine."""
    server = HttpServer(ROUTES, host, 0)
    server.start()
    with contextlib.closing(server):
        assert server.url == f"http://{shown}:{server.port}"
        assert httpx.get(f"{server.url}/hello").text == "hello"


def test_answers_come_without_delay(server: HttpServer) -> None:
    """Twenty answers on one connection take far less than twenty times Nagle's 40 ms."""
    with httpx.Client() as client:
        start = time.monotonic()
        for _ in range(20):
            client.post(f"{server.url}/hello", content=b"x")

    assert time.monotonic() - start < 0.6


def test_a_port_in_use_is_an_error_at_the_start(server: HttpServer) -> None:
    """A second server on the port fails in `start`, and closing it does nothing."""
    second = HttpServer(ROUTES, port=server.port)
    with pytest.raises(UsageError, match="the port is in use"):
        second.start()
    second.close()


def test_signals_are_left_to_the_program() -> None:
    """The server installs no signal handlers, and nothing of it is left after closing."""
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    server = HttpServer(ROUTES, port=0)
    server.start()
    during = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    server.close()
    server.close()

    assert before == during
    assert not [thread for thread in threading.enumerate() if thread.name == "mwh-http"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/hello")


def test_unknown_paths_and_methods_are_answered_in_json(server: HttpServer) -> None:
    """An error is JSON with one field for people, and nothing is redirected."""
    missing = httpx.get(f"{server.url}/nothing/")
    wrong = httpx.put(f"{server.url}/hello")

    assert (missing.status_code, missing.json()) == (404, {"error": "nothing is served at /nothing/"})
    assert (wrong.status_code, wrong.json()) == (405, {"error": "PUT is not allowed at /hello"})
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_a_defect_in_a_route_is_logged_and_answered(server: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a route is a 500 and a line in the log, and the server goes on."""
    assert httpx.get(f"{server.url}/broken").status_code == 500
    wait_until(lambda: "ZeroDivisionError" in caplog.text, "the exception is logged")
    assert httpx.get(f"{server.url}/hello").status_code == 200


def test_requests_are_not_logged(server: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    """There is no access log and no greeting."""
    with caplog.at_level(logging.DEBUG):
        httpx.get(f"{server.url}/hello")

    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "POST /upload HT",
        "POST /upload HTTP/1.1\nHost: localhost\nContent-Length: 100\n\nabc",
        "POST /upload HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n3\nabc\n",
        "GET /hello HTTP/1.1\nHost: localhost\n\n",
    ],
)
def test_a_slow_client_does_not_hold_up_the_end(
    server: HttpServer, request_text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a client has sent or not sent, the server is gone within a few seconds, and logs nothing."""
    with connect(server, request_text):
        httpx.get(f"{server.url}/hello")
        start = time.monotonic()
        server.close()

    assert time.monotonic() - start < 3
    assert caplog.text == ""


def test_a_slow_client_is_told_that_the_server_stops(server: HttpServer) -> None:
    """A request that was still being sent is answered with what the route makes of a broken connection."""
    with connect(server, "POST /upload HTTP/1.1\nHost: localhost\nContent-Length: 100\n\nabc") as connection:
        httpx.get(f"{server.url}/hello")
        server.close()

        assert connection.recv(12) == b"HTTP/1.1 503"


def test_a_route_that_never_ends_does_not_hold_up_the_end(server: HttpServer) -> None:
    """Closing is bounded, even where a route sleeps for a minute."""
    with connect(server, "GET /stuck HTTP/1.1\nHost: localhost\n\n"):
        httpx.get(f"{server.url}/hello")
        start = time.monotonic()
        server.close()

        assert time.monotonic() - start < 6


def test_large_headers_are_taken(server: HttpServer) -> None:
    """A hundred kilobytes of headers are fine; a megabyte is refused, and the server goes on."""
    assert httpx.get(f"{server.url}/hello", headers={"x": "y" * 100_000}).status_code == 200
    with (
        connect(server, "GET /hello HTTP/1.1\nHost: localhost\nX: ") as connection,
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(b"y" * 1_000_000)

        assert connection.recv(12) == b"HTTP/1.1 400"
    assert httpx.get(f"{server.url}/hello").status_code == 200
