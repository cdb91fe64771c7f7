"""The recorded GitHub webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json

from tests.broker.octokit import HOOK_SECRET, Example


def test_all_recorded_webhooks_are_there(octokit: list[Example]) -> None:
    """The npm package holds 329 payloads of 58 events, and each gets a name of its own."""
    assert len(octokit) == 329
    assert len({example.event for example in octokit}) == 58
    assert len({example.name for example in octokit}) == 329
    assert all(isinstance(example.payload, dict) for example in octokit)


def test_headers_are_those_that_github_sends(octokit: list[Example]) -> None:
    """Event, delivery and hook are named, and the signature is that of the body."""
    example = next(example for example in octokit if example.name == "pull_request/0")

    headers = example.headers

    expected = hmac.new(HOOK_SECRET, example.body, hashlib.sha256).hexdigest()
    assert headers["X-GitHub-Event"] == "pull_request"
    assert headers["X-Hub-Signature-256"] == f"sha256={expected}"
    assert headers["X-GitHub-Delivery"] == example.headers["X-GitHub-Delivery"]
    assert json.loads(example.body)["action"] == example.action
