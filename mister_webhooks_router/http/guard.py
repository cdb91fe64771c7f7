"""Who may talk to the server: requests whose Host names this machine, and no web page of another site.

A page in the user's browser can send requests to loopback addresses. Two things stop it: under DNS rebinding the Host
header still names the page's own domain, and a cross-site request carries `Origin` or `Sec-Fetch-Site`, which senders
of webhooks do not send.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from mister_webhooks_router.http.problem import problem

_HOST = re.compile(r"(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+?)\.?)(?::\d{1,5})?")
_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})
_ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
_FOREIGN = frozenset({"cross-site", "same-site"})


class HostGuard:
    """ASGI middleware that answers 403 unless the Host header names loopback, the bound host or the address reached.

    `host` is the name or address that the server was told to listen on. Ports are not compared, so that a published
    container port works.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        named = set() if host in _ANY_ADDRESS else {host.lower()}
        self._names = {"localhost"} | named
        self._refusal = f"wrong Host header: send to {', '.join(sorted(_LOOPBACK | named))}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] == "http" and not self._knows(scope):
            await problem(403, self._refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        found = _HOST.fullmatch(hosts[0].decode("latin-1")) if len(hosts) == 1 else None
        if found is None:
            return False
        name = (found["literal"] or found["name"]).lower()
        if name in self._names or name.endswith(".localhost"):
            return True
        address = _address(name)
        return address is not None and (address.is_loopback or address == _address(scope["server"][0]))


def refuse_foreign_origin(request: Request) -> None:
    """Raise a 403 for a request that a web page of another origin sent."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    foreign = origin is not None and origin.lower() != own.lower()
    if foreign or request.headers.get("sec-fetch-site") in _FOREIGN:
        raise HTTPException(403, "requests from web pages of other sites are refused; send it from a program")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
