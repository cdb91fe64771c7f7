from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks.errors import PayloadDecodeError
from mister_webhooks.webhook_event import WebhookEvent
from mister_webhooks_router import App
from mister_webhooks_router.providers import sample_event
from mister_webhooks_router.routing import IN_BODY
from mister_webhooks_router.samples import providers, samples
from mister_webhooks_router.sender import OriginSender
from tests.mister_webhooks_router.memory_source import TOPIC, _record, body, make_event


def sender(event: WebhookEvent | None) -> OriginSender:
    assert event is not None
    found = App()._sender(event)
    assert found is not None
    return found


def undecoded(raw: bytes, **headers: str) -> WebhookEvent | None:
    sent = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return WebhookEvent.from_record(_record(TOPIC, 0, body(headers=sent, raw=raw), (b"\x80",)))


def test_a_name_in_the_headers_is_known_without_the_body() -> None:
    """Its action is not, where it stands in the body."""
    found = sender(undecoded(b'{"action": "opened"}', x_github_event="issues"))

    assert (found.provider, found.known_name, found.known_names) == ("github", "issues", ("issues",))
    assert "payload" not in vars(found.origin.source)
    assert (found.name, found.names) == ("issues", ("issues", "issues.opened"))
    assert found.known_names == ("issues", "issues.opened")


def test_a_name_in_the_body_is_known_once_it_is_decoded() -> None:
    """Asking what is known decodes nothing; asking for the name does."""
    found = sender(undecoded(b'{"type": "invoice.paid"}', stripe_signature="s"))

    assert (found.known_name, found.known_names) == (IN_BODY, ())
    assert "payload" not in vars(found.origin.source)
    assert found.name == "invoice.paid"
    assert (found.known_name, found.known_names) == ("invoice.paid", ("invoice.paid",))


def test_a_broken_body_tells_no_name() -> None:
    """It raises as often as somebody asks."""
    found = sender(undecoded(b"{", stripe_signature="s"))
    for _ in range(2):
        with pytest.raises(PayloadDecodeError):
            found.name  # noqa: B018  asks

    assert found.known_name is IN_BODY


@pytest.mark.parametrize("provider", providers())
def test_what_is_known_is_what_the_provider_says(provider: str) -> None:
    """Of every sample: before the body is decoded the same name or none, and after it the same."""
    by_topic = {one.topic: provider for one in samples(provider)}
    app = App(providers=by_topic)
    for one in samples(provider):
        undecoded, decoded = (
            WebhookEvent.from_record(_record(one.topic, 0, one.envelope(), (b"\x80",))),
            sample_event(one),
        )
        assert undecoded is not None
        found, said = app._sender(undecoded), app.origin(decoded)
        assert found is not None
        assert said is not None
        assert found.known_name in (said.name, IN_BODY)
        assert (found.name, found.names, found.known_name) == (said.name, said.names, said.name)


SPELLINGS = st.sampled_from(["X-GitHub-Event", "x-github-event", "X-GITHUB-EVENT", "X-Other"])


@given(st.dictionaries(SPELLINGS, st.lists(st.sampled_from(["push", "fork", ""]), max_size=2)))
def test_headers_that_differ_in_case_are_one(headers: dict[str, list[str]]) -> None:
    """The name is the first value in whichever spelling came first, as the headers themselves say."""
    event = make_event(headers=headers)
    found = App()._sender(event)
    known = None if found is None else found.known_name

    assert known == (event.headers.first("X-GitHub-Event") or None)
