"""The topics of a bench: what is written into them, and a few words on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from benchmarks.corpora.octokit import octokit_webhooks
from benchmarks.corpora.small import small_webhooks
from benchmarks.corpora.webhook import Enveloped, Webhook, envelope
from tests.broker.broker import Broker
from tests.broker.records import NewRecord

CORPORA = {"small": small_webhooks, "octokit": octokit_webhooks}

CHUNK = 1000
"""Records handed to the producer at a time: it holds everything that it was given in memory."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A filled topic of one partition, with the mean sizes of its events in bytes and the share of CBOR bodies."""

    name: str
    events: int
    body_size: float
    record_size: float
    cbor: float

    @property
    def total(self) -> int:
        """The sum of all serials."""
        return self.events * (self.events - 1) // 2


def fill(broker: Broker, webhooks: Iterable[Webhook]) -> Topic:
    """Write the webhooks into a new topic."""
    name = broker.new_topic()
    events = body = record = cbor = 0
    for chunk in _chunks(map(envelope, webhooks)):
        broker.produce(name, [NewRecord(enveloped.value) for enveloped in chunk])
        events += len(chunk)
        body += sum(enveloped.body_size for enveloped in chunk)
        record += sum(len(enveloped.value) for enveloped in chunk)
        cbor += sum(enveloped.encoding == "CBOR" for enveloped in chunk)
    return Topic(name, events, body / events, record / events, cbor / events)


def without_headers(webhooks: Iterable[Webhook]) -> Iterator[Webhook]:
    """The same bodies with no HTTP headers, as `mister-webhooks` 1.0.0 needs them."""
    return (replace(webhook, headers={}) for webhook in webhooks)


def _chunks(events: Iterator[Enveloped]) -> Iterator[list[Enveloped]]:
    while chunk := list(islice(events, CHUNK)):
        yield chunk
