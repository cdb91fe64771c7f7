"""The receiver: takes webhooks at `/in/TOPIC` and answers 202 once they are in the log on disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mister_webhooks.envelope import ENVELOPE_HEADER, ENVELOPE_V1, Envelope, encode_envelope
from mister_webhooks.types import Encoding
from mister_webhooks.webhook_event import HTTPMethod
from mister_webhooks_router.http import refuse_foreign_origin
from mister_webhooks_router.local.bodies import text, to_payload
from mister_webhooks_router.local.errors import LogError, LogFull
from mister_webhooks_router.local.log import Entry, LocalLog, Place
from mister_webhooks_router.local.topics import TopicChoice

MAX_BODY_BYTES = 10_000_000
_KAFKA_HEADERS = ((ENVELOPE_HEADER, bytes([ENVELOPE_V1])),)


class Receiver:
    """Turns requests into records of the log, as the service would.

    Args:
        log: where the records go; open
        topics: the topics to take webhooks for; None takes any
        max_body: the longest body in bytes
        clock: seconds since the epoch, for the records' timestamps
    """

    def __init__(
        self,
        log: LocalLog,
        topics: Collection[str] | None = None,
        *,
        max_body: int = MAX_BODY_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._log = log
        self._topics = TopicChoice(topics)
        self._max_body = max_body
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """What to hand to the HTTP server."""
        return [Route("/in/{topic}", self.receive, methods=list(HTTPMethod))]

    async def receive(self, request: Request) -> Response:
        """Take one webhook. Whatever is refused leaves no trace in the log."""
        refuse_foreign_origin(request)
        topic = request.path_params["topic"]
        objection = self._topics.objection(topic)
        if objection is not None:
            raise HTTPException(*objection)
        timestamp = int(self._clock() * 1000)
        body = await self._body(request)
        value = await run_in_threadpool(_envelope, request, body)
        place = await self._keep(Entry(topic, timestamp, value, _KAFKA_HEADERS))
        return JSONResponse(place._asdict(), 202)

    async def _body(self, request: Request) -> bytes:
        """The whole body; reading stops where it gets too long."""
        coding = request.headers.get("content-encoding", "identity").lower()
        if coding != "identity":
            wanted = {"accept-encoding": "identity"}
            raise HTTPException(415, f"cannot take a body with content encoding {coding}: send it uncompressed", wanted)
        if int(request.headers.get("content-length", "0")) > self._max_body:
            raise self._too_long()
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > self._max_body:
                    raise self._too_long()
        except ClientDisconnect as error:
            raise HTTPException(503, "broken off before the body was complete: nothing was kept, send again") from error
        return bytes(body)

    def _too_long(self) -> HTTPException:
        return HTTPException(413, f"the body is longer than {self._max_body:,} bytes")

    async def _keep(self, entry: Entry) -> Place:
        try:
            return await asyncio.wrap_future(self._log.append(entry))
        except LogFull as error:
            raise HTTPException(507, f"nothing was kept: {error}") from error
        except LogError as error:
            raise HTTPException(503, f"nothing was kept: {error}") from error


def _envelope(request: Request, body: bytes) -> bytes:
    payload = to_payload(request.headers.get("content-type"), body)
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.raw:
        headers.setdefault(text(name), []).append(text(value))
    return encode_envelope(Envelope(request.method, headers, payload, Encoding.JSON))
