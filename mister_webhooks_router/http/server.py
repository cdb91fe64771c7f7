"""The HTTP server: uvicorn on a thread of its own, without signal handlers, access log or a word on the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterable
from concurrent.futures import Future

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mister_webhooks_router.http.guard import HostGuard
from mister_webhooks_router.http.problem import explain
from mister_webhooks_router.http.sockets import listen

_MAX_HEADER_BYTES = 128 * 1024
_GRACE = 1.0


class HttpServer:
    """Serves `routes` on `host` and `port` from `start()` to `close()`.

    Port 0 takes any free port; `port` and `url` tell the real one once started.
    """

    def __init__(self, routes: Iterable[BaseRoute], host: str = "127.0.0.1", port: int = 8008) -> None:
        self._host = host
        self._wanted = port
        self._stopping = asyncio.Event()
        self._server = _Server(_config(_application(routes, host, self._stopping)))
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, name="mwh-http", daemon=True)

    def start(self) -> None:
        """Listen; returns when requests are answered. Raises `UsageError` when the address cannot be had."""
        self._sockets = listen(self._host, self._wanted)
        self.port = int(self._sockets[0].getsockname()[1])
        self._thread.start()
        self._server.ready.result()

    @property
    def url(self) -> str:
        """Where a program on this machine reaches the server, without a slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self._host, self._host)  # noqa: S104 - compared
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def close(self, timeout: float = 5.0) -> None:
        """Stop listening, let running requests end for a second, break off those that still send, and join.

        Returns after `timeout` seconds at the latest. May be called twice, and before `start`.
        """
        if not self._thread.is_alive():
            return
        self._server.should_exit = True
        self._thread.join(min(_GRACE, timeout))
        self._server.interrupt(self._stopping)
        self._thread.join(max(0.0, timeout - _GRACE))

    def _serve(self) -> None:
        try:
            self._server.run(sockets=self._sockets)
        except BaseException as error:
            if self._server.ready.done():
                raise
            self._server.ready.set_exception(error)


class _Server(uvicorn.Server):
    """Tells when it has started, and can be reached from other threads."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set_result(None)

    def interrupt(self, stopping: asyncio.Event) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: nothing is left to interrupt
                self._loop.call_soon_threadsafe(stopping.set)


class _Interruptible:
    """Ends the reading of a request when the server stops, as if its sender had gone: a slow one holds nothing up."""

    def __init__(self, app: ASGIApp, stopping: asyncio.Event) -> None:
        self._app = app
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_or_stop() -> Message:
            return await self._first(receive)

        await self._app(scope, receive_or_stop, send)

    async def _first(self, receive: Receive) -> Message:
        message = asyncio.ensure_future(receive())
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({message, stop}, return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "http.disconnect"}
        finally:
            message.cancel()
            stop.cancel()


def _application(routes: Iterable[BaseRoute], host: str, stopping: asyncio.Event) -> Starlette:
    application = Starlette(
        routes=list(routes),
        middleware=[Middleware(HostGuard, host=host), Middleware(_Interruptible, stopping=stopping)],
        exception_handlers={HTTPException: explain},
    )
    application.router.redirect_slashes = False  # senders of webhooks do not follow redirects
    return application


def _config(application: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
        timeout_graceful_shutdown=2,
    )
