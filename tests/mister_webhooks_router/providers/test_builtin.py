"""What the built-in providers say of their samples."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mister_webhooks import Headers, PayloadDecodeError
from mister_webhooks.payload import JSON
from mister_webhooks_router.event_file import FileEvent
from mister_webhooks_router.providers import (
    Origin,
    Provider,
    Providers,
    builtin_providers,
    sample_event,
)
from mister_webhooks_router.providers.builtin import PRESETS
from mister_webhooks_router.routing import compile_path
from mister_webhooks_router.samples import samples
from tests.mister_webhooks_router.providers.events import BUILTIN, broken, event

NAMES = [provider.name for provider in builtin_providers()]
BY_TOPIC = Providers(builtin_providers(), {"incoming.acme.adyen": "adyen"})


class Expected(NamedTuple):
    """What is known of a sample: its narrowest event, its time of the day, and where scope and id stand in it."""

    event: str | None
    time: str | None = None
    identity: tuple[str, ...] = ()
    handshake: bool = False


_GITHUB = ("X-GitHub-Hook-ID", "X-GitHub-Delivery")
_GITLAB = ("X-Gitlab-Webhook-UUID", "Idempotency-Key")
_CLOUD = ("X-Hook-UUID", "X-Request-UUID")
_STRIPE = (".account", ".id")
_SLACK = (".api_app_id", ".event_id")
_TOKEN = (".AccountSid", "I-Twilio-Idempotency-Token")
_SHOPIFY = ("X-Shopify-Shop-Domain", "X-Shopify-Topic", ".id", ".inventory_item_id", ".location_id")
_SHOPIFY_EVENT = (*_SHOPIFY, "X-Shopify-Event-Id")
_PAGERDUTY = ("X-Webhook-Subscription", ".event.id")
_ITEM = ".notificationItems.0.NotificationRequestItem"
_ADYEN = tuple(f"{_ITEM}.{field}" for field in ("merchantAccountCode", "pspReference", "eventCode", "success"))

EXPECTED = {
    "adyen": [
        Expected("AUTHORISATION", "21:00:03", _ADYEN),
        Expected("REFUND", "21:30:38", _ADYEN),
    ],
    "bitbucket": [
        Expected("repo:push", "10:05:30", _CLOUD),
        Expected("pullrequest:created", "10:19:48", _CLOUD),
        Expected("diagnostics:ping", None, ("X-Request-Id",), handshake=True),
        Expected("repo:refs_changed", "10:41:27", ("X-Request-Id",)),
    ],
    "discord": [
        Expected("PING", handshake=True),
        Expected("APPLICATION_AUTHORIZED", "18:04:55.064834"),
        Expected("ENTITLEMENT_CREATE", "18:20:11.902417"),
    ],
    "github": [
        Expected("ping", None, _GITHUB, handshake=True),
        Expected("push", None, _GITHUB),
        Expected("push", None, _GITHUB),
        Expected("pull_request.opened", None, _GITHUB),
        Expected("pull_request.closed", None, _GITHUB),
        Expected("issues.opened", None, _GITHUB),
        Expected("issue_comment.created", None, _GITHUB),
        Expected("workflow_run.completed", None, _GITHUB),
        Expected("release.published", None, _GITHUB),
        Expected("star.created", None, _GITHUB),
        Expected("fork", None, _GITHUB),
    ],
    "gitlab": [
        Expected("push", None, _GITLAB),
        Expected("merge_request.open", None, _GITLAB),
        Expected("pipeline", None, _GITLAB),
        Expected("user_add_to_group", None, _GITLAB),
    ],
    "jira": [
        Expected("issue_updated.issue_assigned", "13:20:09.702", (".issue.self@", "X-Atlassian-Webhook-Identifier")),
        Expected("comment_created", "13:22:47.850", (".comment.self@", "X-Atlassian-Webhook-Identifier")),
        Expected("sprint_started", "13:25:00.066", (".sprint.self@", "X-Atlassian-Webhook-Identifier")),
    ],
    "paddle": [
        Expected("transaction.completed", "20:00:01.763801", (".event_id",)),
        Expected("subscription.canceled", "20:30:10.220415", (".event_id",)),
    ],
    "pagerduty": [
        Expected("pagey.ping", "15:58:39.871", _PAGERDUTY, handshake=True),
        Expected("incident.triggered", "16:00:01.410", _PAGERDUTY),
        Expected("incident.resolved", "16:09:14.902", _PAGERDUTY),
    ],
    "paypal": [
        Expected("PAYMENT.CAPTURE.COMPLETED", "19:00:03.450", (".id",)),
        Expected("BILLING.SUBSCRIPTION.CANCELLED", "19:21:30.112", (".id",)),
    ],
    "sendgrid": [
        Expected("delivered", "15:00:08", (".0.sg_event_id,.1.sg_event_id",)),
        Expected("bounce", "15:07:29", (".0.sg_event_id",)),
    ],
    "shopify": [
        Expected("orders/create", "11:11:05.803317", _SHOPIFY_EVENT),
        Expected("inventory_levels/update", "11:40:51.120", _SHOPIFY_EVENT),
        Expected("app/uninstalled", "11:52:18.002", (*_SHOPIFY[:2], "X-Shopify-Webhook-Id")),
    ],
    "slack": [
        Expected("url_verification", handshake=True),
        Expected("app_mention", "12:04:11", _SLACK),
        Expected("message", "12:05:39", _SLACK),
        Expected("/till"),
        Expected("block_actions.approve", "12:10:40.512004"),
    ],
    "square": [
        Expected("payment.updated", "16:30:00.914", (".merchant_id", ".event_id")),
        Expected("refund.created", "16:44:10.330", (".merchant_id", ".event_id")),
    ],
    "standard-webhooks": [
        Expected("invoice.paid", "13:00:04.871", ("webhook-id",)),
        Expected("contact.created", "13:01:39.500", ("webhook-id",)),
        Expected(None, None, ("webhook-id",)),
    ],
    "stripe": [
        Expected("invoice.paid", "07:00:10", _STRIPE),
        Expected("invoice.payment_failed", "07:03:43", _STRIPE),
        Expected("customer.subscription.deleted", "07:20:00", _STRIPE),
        Expected("payout.paid", "07:31:08", _STRIPE),
        Expected("v1.billing.meter.error_report_triggered", "07:45:30.101", _STRIPE),
    ],
    "svix": [
        Expected("user.created", "13:10:01.990", ("svix-id",)),
        Expected("user.deleted", None, ("svix-id",)),
    ],
    "twilio": [
        Expected("message.received", None, _TOKEN),
        Expected("message.delivered", None, _TOKEN),
        Expected("call.completed", "14:12:44", (".AccountSid", ".CallSid", ".CallStatus", ".SequenceNumber")),
        Expected("com.twilio.messaging.message.sent", "14:20:02", (".0.id,.1.id",)),
    ],
    "woocommerce": [Expected("order.created"), Expected("order.updated")],
    "zoom": [
        Expected("endpoint.url_validation", "17:00:00.330", handshake=True),
        Expected("meeting.started", "17:15:02.664"),
        Expected("recording.completed", "17:52:41.120"),
    ],
}

CASES = [
    pytest.param(name, one, expected, id=f"{name}:{expected.event}")
    for name in NAMES
    for one, expected in zip(samples(name), EXPECTED[name], strict=True)
]


def stands_at(one: FileEvent, where: str) -> str:
    """What stands in a sample: in a header, at a `.path`, at several with commas between; `@` is an address's host."""
    if "," in where:
        return ",".join(stands_at(one, part) for part in where.split(","))
    if not where.startswith("."):
        return Headers(one.headers).first(where) or ""
    value = compile_path(where[1:].removesuffix("@")).get(one.payload, "")
    return "/".join(str(value).split("/")[:3]) if where.endswith("@") else str(value)


@pytest.mark.parametrize(("name", "one", "expected"), CASES)
def test_what_is_known_of_a_sample(name: str, one: FileEvent, expected: Expected) -> None:
    """Of each sample the provider, the event, the id with its scope, the time and whether it is a handshake."""
    found = BY_TOPIC.origin(sample_event(one))
    assert found is not None

    assert found.provider.name == name
    assert found.event == expected.event
    assert found.handshake == expected.handshake
    day = one.timestamp.date().isoformat()
    at = None if expected.time is None else datetime.fromisoformat(f"{day}T{expected.time}").replace(tzinfo=UTC)
    assert found.occurred_at == at
    identity = tuple(stands_at(one, where) for where in expected.identity)
    assert found.delivery_id == ((name, *identity) if identity else None)


@pytest.mark.parametrize(("name", "one", "expected"), CASES)
def test_the_widest_name_of_a_sample_begins_the_narrowest(name: str, one: FileEvent, expected: Expected) -> None:
    """An event with an action also goes by its name alone."""
    names = Origin(BUILTIN.named(name), sample_event(one)).names

    assert names[-1:] == ((expected.event,) if expected.event else ())
    assert len(names) <= 2
    assert all(expected.event == name or str(expected.event).startswith(f"{name}.") for name in names)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_samples_are_one_delivery(name: str) -> None:
    """Each sample is an event of its own, and keeps its identity when it comes again with another time and attempt."""
    found = [Origin(BUILTIN.named(name), sample_event(one)).delivery_id for one in samples(name)]
    identities = [one for one in found if one is not None]

    assert len(set(identities)) == len(identities)
    assert bool(identities) == bool(BUILTIN.named(name).delivery_ids)
    assert len(samples(name)) >= 2


def test_an_event_for_two_hooks_of_github_is_two() -> None:
    """GitHub gives one id to an event, however many webhooks get it."""
    provider, one = BUILTIN.named("github"), samples("github")[1]
    other = sample_event(one)
    other.headers["X-GitHub-Hook-ID"] = ["1"]

    guid = stands_at(one, "X-GitHub-Delivery")
    assert Origin(provider, sample_event(one)).delivery_id == ("github", "447102836", guid)
    assert Origin(provider, other).delivery_id == ("github", "1", guid)


@pytest.mark.parametrize(
    ("headers", "payload", "names"),
    [
        ({"X-GitHub-Event": "issues"}, {"payload": '{"action": "opened"}'}, ("issues", "issues.opened")),
        ({"X-Gitlab-Event": "System Hook"}, {"event_name": "project_create"}, ("project_create",)),
        (
            {"X-Gitlab-Event": "Release Hook"},
            {"object_kind": "release", "action": "create"},
            ("release", "release.create"),
        ),
        ({"X-Gitlab-Event": "Job Hook"}, {"object_kind": "build", "build_status": "failed"}, ("build",)),
        ({"X-Atlassian-Webhook-Identifier": "1"}, {"webhookEvent": "jira:issue_deleted"}, ("issue_deleted",)),
        ({"X-Twilio-Signature": "x"}, {"CallSid": "CA1", "RecordingStatus": "completed"}, ("recording.completed",)),
        ({"X-Twilio-Signature": "x"}, {"StatusCallbackEvent": "participant-join"}, ("participant-join",)),
        ({"X-Twilio-Signature": "x"}, {"EventType": "onMessageAdded"}, ("onMessageAdded",)),
        ({"X-Twilio-Signature": "x"}, {"Digits": "1"}, ()),
        ({"X-Signature-Ed25519": "0", "X-Signature-Timestamp": "1"}, {"type": 2, "data": {}}, ()),
        ({"X-Signature-Ed25519": "0", "X-Signature-Timestamp": "1"}, {"type": 0.0}, ("PING",)),
        (
            {"X-Slack-Signature": "x", "X-Slack-Request-Timestamp": "1"},
            {"payload": '{"type": "view_submission", "view": {"callback_id": "order"}}'},
            ("view_submission", "view_submission.order"),
        ),
        (
            {"X-Slack-Signature": "x", "X-Slack-Request-Timestamp": "1"},
            {"payload": '{"type": "shortcut", "callback_id": "new"}'},
            ("shortcut", "shortcut.new"),
        ),
        ({"X-WC-Webhook-Topic": "order.created"}, None, ("order.created",)),
    ],
)
def test_particulars_that_no_sample_shows(headers: dict[str, str], payload: JSON, names: tuple[str, ...]) -> None:
    """Further shapes of bodies that senders document."""
    found = BUILTIN.origin(event(headers, payload))
    assert found is not None

    assert found.names == names


def test_an_id_of_woocommerce_is_none() -> None:
    """Two events that one second brings have the same delivery id there, so it identifies nothing."""
    one, other = (sample_event(each) for each in samples("woocommerce"))
    other.headers["X-WC-Webhook-Delivery-ID"] = one.headers["X-WC-Webhook-Delivery-ID"]

    assert [Origin(BUILTIN.named("woocommerce"), each).delivery_id for each in (one, other)] == [None, None]


def test_a_batch_is_the_same_batch_only_with_all_its_events() -> None:
    """A list that starts with the same event but holds another one is no duplicate."""
    one = sample_event(samples("sendgrid")[0])
    shorter = sample_event(samples("sendgrid")[0])
    shorter.payload = one.payload[:1]
    provider = BUILTIN.named("sendgrid")

    assert Origin(provider, one).delivery_id != Origin(provider, shorter).delivery_id
    assert Origin(provider, one).delivery_id == Origin(provider, sample_event(samples("sendgrid")[0])).delivery_id


@pytest.mark.parametrize("name", ["github", "bitbucket", "shopify", "woocommerce"])
def test_names_in_headers_are_known_without_the_body(name: str) -> None:
    """Where the name is a header, it is known of an event whose body is broken; elsewhere asking for it raises."""
    headers = {header: values[0] for header, values in samples(name)[0].headers.items()}
    whole, lost = sample_event(samples(name)[0]), broken(headers)

    assert Origin(BUILTIN.named(name), lost).name == Origin(BUILTIN.named(name), whole).name
    with pytest.raises(PayloadDecodeError):
        Origin(BUILTIN.named("stripe"), lost).name  # noqa: B018 - it raises


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(st.sampled_from(builtin_providers()), st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_no_body_that_a_sender_makes_up_raises(provider: Provider, data: st.DataObject) -> None:
    """Whatever stands where a value is looked for, there is an answer of the right kind."""
    made_up = sample_event(data.draw(st.sampled_from(samples(provider.name))))
    made_up.payload = data.draw(disturbed(made_up.payload))
    found = Origin(provider, made_up)

    assert all(found.names)
    assert found.handshake in {True, False}
    assert found.occurred_at is None or found.occurred_at.tzinfo is UTC
    assert found.delivery_id is None or all(isinstance(each, str) for each in found.delivery_id)


def disturbed(value: JSON) -> st.SearchStrategy[JSON]:
    """The value with any parts of it replaced by something else."""
    if isinstance(value, dict):
        whole: st.SearchStrategy[JSON] = st.fixed_dictionaries({key: disturbed(each) for key, each in value.items()})
    elif isinstance(value, list):
        whole = st.tuples(*map(disturbed, value)).map(list) | st.just([])
    else:
        whole = st.just(value)
    return st.one_of(whole, whole, whole, SCALARS)


@pytest.mark.parametrize("provider", builtin_providers(), ids=lambda provider: provider.name)
def test_a_preset_is_complete(provider: Provider) -> None:
    """Names can be written before a colon, known events are in order without repeats, handshakes among them."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", provider.name)
    assert list(provider.events) == sorted(set(provider.events))
    assert not provider.events or set(provider.handshakes) <= set(provider.events)
    assert not {name.lower() for name in provider.headers} & {name.lower() for name in provider.also}
    assert provider.signature is not None


def test_samples_send_events_that_their_provider_is_known_for() -> None:
    """Where a provider's events are listed, those of its samples are among them."""
    for provider in builtin_providers():
        for one in samples(provider.name):
            name = Origin(provider, sample_event(one)).name
            assert not provider.events or name in provider.events


def test_each_preset_names_its_sources() -> None:
    """The docstring of each module shows a pattern and ends with the pages that it was written from."""
    assert len(PRESETS) == 18
    for preset in PRESETS:
        text, _, sources = str(preset.__doc__).partition("\nSources:\n")
        assert all(f"`{provider.name}:" in text for provider in preset.PROVIDERS)
        assert sources
        assert all(line.startswith("- https://") for line in sources.strip().splitlines())
