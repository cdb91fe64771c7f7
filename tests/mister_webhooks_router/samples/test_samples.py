from __future__ import annotations

import json
import uuid
from datetime import timedelta
from itertools import pairwise

import pytest

from mister_webhooks.payload import encode_payload
from mister_webhooks.types import Encoding
from mister_webhooks_router.errors import UsageError
from mister_webhooks_router.event_file import FileEvent
from mister_webhooks_router.samples import providers, samples

GITHUB = samples("github")


def test_there_are_samples_of_the_common_github_events() -> None:
    """The samples are those that a first app handles, in the order in which they happened."""
    found = [(event.headers["X-GitHub-Event"][0], _field(event.payload, "action", "ref")) for event in GITHUB]

    assert found == [
        ("ping", None),
        ("push", "refs/heads/main"),
        ("push", "refs/heads/dev"),
        ("pull_request", "opened"),
        ("pull_request", "closed"),
        ("issues", "opened"),
        ("issue_comment", "created"),
        ("workflow_run", "completed"),
        ("release", "published"),
        ("star", "created"),
        ("fork", None),
    ]
    assert all(timedelta(0) < later.timestamp - earlier.timestamp for earlier, later in pairwise(GITHUB))


def _field(payload: object, *names: str) -> object:
    assert isinstance(payload, dict)
    return next((payload[name] for name in names if name in payload), None)


@pytest.mark.parametrize("event", GITHUB, ids=lambda event: event.headers["X-GitHub-Event"][0])
def test_samples_look_like_what_github_sends(event: FileEvent) -> None:
    """Every sample has GitHub's headers, a delivery id, and a body of a usual size."""
    body = encode_payload(Encoding.JSON, event.payload)

    assert event.headers["Content-Type"] == ["application/json"]
    assert event.headers["User-Agent"][0].startswith("GitHub-Hookshot/")
    assert uuid.UUID(event.headers["X-GitHub-Delivery"][0]).version == 4
    assert {"X-GitHub-Hook-ID", "X-GitHub-Hook-Installation-Target-ID"} <= event.headers.keys()
    assert 1_000 <= len(body) <= 4_100
    assert json.loads(body)["repository"]["full_name"] == "acme-tills/till"


def test_no_two_samples_are_one_delivery() -> None:
    """Each sample is an event of its own."""
    assert len({event.headers["X-GitHub-Delivery"][0] for event in GITHUB}) == len(GITHUB)


def test_every_sample_file_is_found_and_can_be_read() -> None:
    """A provider's samples are found by the name of their file, and each line is an event that makes an envelope."""
    assert "github" in providers()
    for provider in providers():
        for event in samples(provider):
            assert event.envelope()


def test_an_unknown_provider_is_an_error_with_the_likely_one() -> None:
    """A typing error is answered with what was probably meant, any other name with all that there are."""
    with pytest.raises(UsageError, match=r"no samples of 'gihtub'\. Did you mean 'github'\?"):
        samples("gihtub")
    with pytest.raises(UsageError, match=r"no samples of '-'\. There are samples of .*github"):
        samples("-")
