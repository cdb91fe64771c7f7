"""What the benchmarks write into their topics."""

from __future__ import annotations

from itertools import islice
from statistics import fmean

import pytest

from benchmarks.corpora.small import SHAPES, small_webhooks
from benchmarks.corpora.webhook import Webhook, envelope
from benchmarks.wire import decode_body, decode_envelope
from mister_webhooks.envelope import Envelope
from mister_webhooks.envelope import decode_envelope as reference


def test_the_same_seed_makes_the_same_webhooks() -> None:
    """Two runs on two days read the same events."""
    assert list(small_webhooks(12)) == list(small_webhooks(12))


def test_small_webhooks_are_of_the_promised_size() -> None:
    """Bodies have about 1.7 kB in the mean, and fifteen headers."""
    webhooks = list(small_webhooks(600))

    assert fmean(envelope(webhook).body_size for webhook in webhooks) == pytest.approx(1700, rel=0.05)
    assert {len(webhook.headers) for webhook in webhooks} == {15}


def test_a_body_is_cbor_only_where_that_is_smaller() -> None:
    """Text and whole numbers are smaller as CBOR, many decimals as JSON: the corpus holds both."""
    encodings = [envelope(webhook).encoding for webhook in small_webhooks(len(SHAPES))]

    assert encodings == ["CBOR"] * 5 + ["JSON"]


def test_serials_count_the_events() -> None:
    """The sum of the serials tells whether each event was seen once."""
    assert [webhook.body["serial"] for webhook in small_webhooks(20)] == list(range(20))


@pytest.mark.parametrize("number", range(len(SHAPES)))
def test_what_is_enveloped_is_what_readers_decode(number: int) -> None:
    """The hand-written decoder and the client's own see the same webhook."""
    webhook = next(islice(small_webhooks(number + 1), number, None))
    raw = envelope(webhook).value
    fields = decode_envelope(raw)

    assert reference(raw) == Envelope(**fields)
    assert Webhook(decode_body(fields), fields["headers"]) == webhook
