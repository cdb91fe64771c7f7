r"""Several senders on one topic, and one place where all of it is told.

Run it without Kafka and without an account, and send it a webhook:

    mwh-run mixed:app --app-dir examples --local
    curl http://127.0.0.1:8008/in/incoming.acme.everything -H 'X-GitHub-Event: push' \
        -d '{"ref": "refs/tags/v2.0.0", "repository": {"full_name": "acme-tills/till"}}'
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mister_webhooks_router import App, Delivery, Headers, WebhookEvent


class Board:
    """Stands for a service that handlers share, such as a chat or a pool of connections to a database."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to write what comes."""
        self._writer = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write what is still there, and end."""
        await self._lines.join()
        if self._writer is not None:
            self._writer.cancel()

    async def tell(self, line: str) -> None:
        """Put one line on the board."""
        await self._lines.put(line)
        await self._lines.join()

    async def _write(self) -> None:
        while True:
            print(f"  {await self._lines.get()}")
            self._lines.task_done()


board = Board()


@asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[None]:
    """Open what the handlers share before the first event, and close it after the last."""
    await board.open()
    print(f"  the board is open for {len(app.handlers)} handlers")
    yield
    await board.close()
    print("  the board is closed")


# Adyen's events have no header that tells them: its topic says whose they are.
app = App(providers={"incoming.acme.pay": "adyen"}, lifespan=lifespan)


@app.on("github:push", where={"ref": {"$startsWith": "refs/tags/"}}, final=True)
async def release(event: WebhookEvent) -> None:
    """A tag is a release, and no push to talk of: `final` leaves out the handlers below."""
    await board.tell(f"{event.payload['ref'].removeprefix('refs/tags/')} of {_repository(event)} is out")


@app.on("github:push", "gitlab:push")
async def pushed(event: WebhookEvent, delivery: Delivery) -> None:
    """A push, whoever keeps the repository."""
    await board.tell(f"{_sender(delivery)}: a push to {_repository(event)}")


@app.on("stripe:invoice.paid", "standard-webhooks:invoice.paid", "adyen:AUTHORISATION")
async def paid(delivery: Delivery) -> None:
    """Money, whoever moves it."""
    await board.tell(f"{_sender(delivery)}: somebody paid")


@app.unmatched
async def odd(headers: Headers) -> None:
    """What nobody takes, and is neither a handshake nor ignored below."""
    await board.tell(f"nobody takes this: {headers.first('User-Agent')}")


app.ignore("github:star", "github:fork")


def _sender(delivery: Delivery) -> str:
    return delivery.origin.provider.title if delivery.origin else "somebody"


def _repository(event: WebhookEvent) -> str:
    payload = event.payload
    return str(payload["repository"].get("full_name") or payload["project"]["path_with_namespace"])
