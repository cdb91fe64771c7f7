"""Recorded GitHub webhooks, and the headers that GitHub sends with them."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.broker.scripts import run_script

HOOK_ID = 292430182
HOOK_SECRET = b"It's a Secret to Everybody"


class Example(NamedTuple):
    """One recorded webhook. `name` is unique, such as `push/2`; `action` is None where the event has none."""

    event: str
    action: str | None
    payload: Mapping[str, Any]
    name: str

    @property
    def body(self) -> bytes:
        """The payload as GitHub writes it."""
        return json.dumps(self.payload, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def headers(self) -> dict[str, str]:
        """What GitHub sends with this webhook; the delivery's identity follows from the name."""
        delivery = str(uuid.uuid5(uuid.NAMESPACE_URL, self.name))
        return github_headers(self.event, self.body, delivery=delivery)


def load() -> list[Example]:
    """All payloads of api.github.com in the npm package @octokit/webhooks-examples, fetched where they are missing."""
    kinds = json.loads(Path(run_script("octokit-payloads")).read_bytes())
    return [
        Example(kind["name"], payload.get("action"), payload, f"{kind['name']}/{number}")
        for kind in kinds
        for number, payload in enumerate(kind["examples"])
    ]


def github_headers(
    event: str, body: bytes, *, delivery: str | None = None, hook_id: int = HOOK_ID, secret: bytes = HOOK_SECRET
) -> dict[str, str]:
    """The headers of a webhook from GitHub, with a real signature of `body`."""
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(hook_id),
        "X-GitHub-Hook-Installation-Target-ID": "79929171",
        "X-GitHub-Hook-Installation-Target-Type": "repository",
        "X-Hub-Signature": "sha1=" + hmac.new(secret, body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
    }
