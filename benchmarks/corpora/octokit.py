"""GitHub's own example payloads, some 10 kB each, with the headers that GitHub sends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

from benchmarks.corpora.maker import Maker
from benchmarks.corpora.webhook import Webhook
from tests.broker.octokit import Example, load


def headers(make: Maker, example: Example) -> dict[str, list[str]]:
    """What GitHub sends and what a Go server in between makes of it."""
    sent = {name.title(): [value] for name, value in example.headers.items()}
    added = {
        "Accept-Encoding": "gzip",
        "Content-Length": str(len(example.body)),
        "X-Forwarded-For": make.address(),
        "X-Forwarded-Proto": "https",
    }
    return sent | {name: [value] for name, value in added.items()}


def octokit_webhooks(count: int, seed: int = 1) -> Iterator[Webhook]:
    """`count` webhooks: the recorded payloads over and over; `serial` counts them."""
    make = Maker(seed)
    recorded = [(example.payload, headers(make, example)) for example in load()]
    for number, (payload, sent) in enumerate(islice(cycle(recorded), count)):
        yield Webhook({**payload, "serial": number}, sent)
