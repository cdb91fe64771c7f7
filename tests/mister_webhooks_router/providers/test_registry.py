from __future__ import annotations

import logging

import pytest

from mister_webhooks_router.errors import SettingsError
from mister_webhooks_router.providers import EventKey, Header, Provider, Providers
from mister_webhooks_router.providers import registry as registry_module
from tests.broker.octokit import Example, github_headers
from tests.mister_webhooks_router.providers.events import BUILTIN, broken, event

GITHUB = github_headers("push", b"{}")
STRIPE = {"Stripe-Signature": "t=1,v1=00"}
STANDARD = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
SVIX = {name.replace("webhook", "svix"): value for name, value in STANDARD.items()}


def acme(name: str, *headers: str, also: tuple[str, ...] = ()) -> Provider:
    return Provider(name, name.title(), headers, EventKey((Header("X-Event"),)), also=also)


def name_of(registry: Providers, headers: dict[str, str], topic: str | None = "incoming.acme.mixed") -> str | None:
    found = registry.origin(event(headers, {}, topic=topic))
    return None if found is None else found.provider.name


@pytest.mark.parametrize(
    ("headers", "provider"),
    [
        ({}, None),
        ({"Content-Type": "application/json", "User-Agent": "curl/8"}, None),
        ({"X-GitHub-Event": "push"}, "github"),
        ({"X-Github-Event": "push"}, "github"),
        ({"x-github-event": "push"}, "github"),
        ({"X-GitHub-Delivery": "1"}, None),
        (GITHUB, "github"),
        ({**GITHUB, "X-Gitea-Event": "push"}, "github"),
        ({"X-Gitlab-Event": "Push Hook"}, "gitlab"),
        ({"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": "t"}, "gitlab"),
        ({"X-Gitlab-Event": "Push Hook", **STANDARD}, "gitlab"),
        ({"X-Event-Key": "repo:push"}, "bitbucket"),
        ({"X-Event-Key": "repo:push", "X-Request-UUID": "1", "X-Hub-Signature": "sha256=0"}, "bitbucket"),
        (STRIPE, "stripe"),
        ({**STRIPE, "Traceparent": "00-1-2-01"}, "stripe"),
        ({"X-Shopify-Topic": "orders/create"}, "shopify"),
        ({"X-Slack-Signature": "v0=", "X-Slack-Request-Timestamp": "1"}, "slack"),
        ({"X-Slack-Signature": "v0="}, None),
        (STANDARD, "standard-webhooks"),
        ({name.title(): value for name, value in STANDARD.items()}, "standard-webhooks"),
        ({"webhook-id": "msg_1"}, None),
        (SVIX, "svix"),
        ({"X-Atlassian-Webhook-Identifier": "1", "X-Hub-Signature": "sha256=0"}, "jira"),
        ({"X-Twilio-Signature": "x"}, "twilio"),
        ({"X-Twilio-Email-Event-Webhook-Signature": "x"}, None),
        (
            {"X-Twilio-Email-Event-Webhook-Signature": "x", "X-Twilio-Email-Event-Webhook-Timestamp": "1"},
            "sendgrid",
        ),
        ({"X-PagerDuty-Signature": "v1=0"}, "pagerduty"),
        ({"x-square-hmacsha256-signature": "x"}, "square"),
        ({"x-zm-signature": "v0=0", "x-zm-request-timestamp": "1"}, "zoom"),
        ({"X-Signature-Ed25519": "00", "X-Signature-Timestamp": "1"}, "discord"),
        ({"X-WC-Webhook-Topic": "order.created"}, "woocommerce"),
        ({"PAYPAL-TRANSMISSION-ID": "1", "PAYPAL-TRANSMISSION-SIG": "x"}, "paypal"),
        ({"Paddle-Signature": "ts=1;h1=0"}, "paddle"),
        ({"Authorization": "Basic eA=="}, None),
        ({**STRIPE, "X-Event-Key": "repo:push"}, None),
        ({**STANDARD, **SVIX}, None),
        ({**GITHUB, "X-Gitlab-Event": "Push Hook"}, "github"),
        ({**STRIPE, **STANDARD}, "standard-webhooks"),
    ],
    ids=lambda value: ",".join(value)[:50] if isinstance(value, dict) else str(value),
)
def test_whose_headers_these_are(headers: dict[str, str], provider: str | None) -> None:
    """The provider that names most of the headers has the event; nobody's headers, and a draw, are nobody's event."""
    assert name_of(BUILTIN, headers) == provider


def test_all_recorded_github_events_are_recognised_with_event_and_action(octokit: list[Example]) -> None:
    """Each of GitHub's recorded webhooks is GitHub's, with the event and the action that it was recorded as."""
    for example in octokit:
        found = BUILTIN.origin(event(example.headers, dict(example.payload)))
        action = () if example.action is None else (f"{example.event}.{example.action}",)

        assert found is not None, example.name
        assert found.provider.name == "github"
        assert found.names == (example.event, *action)
        assert found.handshake == (example.event == "ping")
        assert found.delivery_id == ("github", "292430182", example.headers["X-GitHub-Delivery"])
    assert len(octokit) == 329


def test_the_setting_for_a_topic_wins() -> None:
    """What the setting says of a topic holds whatever the headers say, and for no other topic."""
    registry = Providers(BUILTIN, {"incoming.acme.pay": "adyen", "incoming.acme.code": "gitlab"})

    assert name_of(registry, {}, "incoming.acme.pay") == "adyen"
    assert name_of(registry, GITHUB, "incoming.acme.code") == "gitlab"
    assert name_of(registry, GITHUB, "incoming.acme.other") == "github"
    assert name_of(registry, GITHUB, None) == "github"
    assert name_of(registry, {}, None) is None


def test_a_topic_with_mixed_senders_is_told_apart() -> None:
    """Events of several senders in one topic each go to their own, in any order and again and again."""
    senders = {"github": GITHUB, "stripe": STRIPE, "gitlab": {"X-Gitlab-Event": "x"}, "standard-webhooks": STANDARD}

    for _ in range(3):
        assert {name: name_of(BUILTIN, headers) for name, headers in senders.items()} == {one: one for one in senders}


def test_a_draw_is_told_once_a_topic_with_the_setting_that_fixes_it(caplog: pytest.LogCaptureFixture) -> None:
    """Two providers that name equally many headers both lose, and the log says so once, with the way out."""
    registry = Providers([acme("anna", "X-A"), acme("berta", "X-B"), acme("carla", "X-C", also=("X-B",))])
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            assert name_of(registry, {"X-A": "1", "X-B": "1", f"X-Other-{number}": "1"}) is None
        (told,) = caplog.messages
        assert told == (
            "an event: both anna and berta recognise this event by its headers, so neither does. Say who sends to this "
            'topic, as in: providers = { "incoming.acme.mixed" = "anna" }'
        )
        assert name_of(registry, {"X-A": "1", "X-B": "1"}, "incoming.acme.two") is None
        assert name_of(registry, {"X-A": "1", "X-B": "1", "X-C": "1"}) == "carla"

    assert len(caplog.records) == 2
    assert 'providers = { "incoming.acme.two" = "anna" }' in caplog.text


def test_the_log_of_a_draw_says_where_the_event_stands(caplog: pytest.LogCaptureFixture) -> None:
    """An event that came from a record is named by its position, and its body is not touched."""
    registry = Providers([acme("anna", "X-A"), acme("berta", "X-B")])

    assert registry.origin(broken({"X-A": "1", "X-B": "1"})) is None
    assert caplog.messages[0].startswith("incoming.acme.mixed:0:7: both anna and berta")


def test_draws_without_end_are_not_logged_without_end(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody who makes up topics or headers cannot fill the log."""
    registry = Providers([acme("anna", "X-A"), acme("berta", "X-B")])
    for number in range(300):
        name_of(registry, {"X-A": "1", "X-B": "1"}, f"incoming.acme.{number}")

    assert len(caplog.records) == 100


def test_header_sets_that_somebody_makes_up_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of header names has a bound, and forgetting changes no answer."""
    monkeypatch.setattr(registry_module, "_MOST_SHAPES", 8)
    registry = Providers(BUILTIN)
    for number in range(100):
        assert name_of(registry, {**GITHUB, f"X-Made-Up-{number}": "1"}) == "github"
        assert name_of(registry, STRIPE) == "stripe"
        assert len(registry._recognised) <= 8


def test_the_order_of_headers_makes_no_new_entry() -> None:
    """One set of header names is remembered once, in whatever order the service writes them."""
    registry = Providers(BUILTIN)
    names = list(GITHUB)
    sizes = set()
    for turn in range(len(names)):
        assert name_of(registry, {name: GITHUB[name] for name in names[turn:] + names[:turn]}) == "github"
        sizes.add(len(registry._recognised))

    assert sizes == {1}


def test_two_providers_of_one_name_are_refused() -> None:
    """Handlers could not say which they mean."""
    with pytest.raises(SettingsError, match="two providers are called 'anna': rename one"):
        Providers([acme("anna", "X-A"), acme("anna", "X-B")])


def test_two_providers_with_the_same_headers_are_refused() -> None:
    """Nothing could tell their events apart; without headers there is nothing to tell apart."""
    with pytest.raises(SettingsError, match=r"'anna' and 'berta' are recognised by the same headers \(x-a, x-b\)"):
        Providers([acme("anna", "X-A", "X-B"), acme("berta", "x-b", "x-a")])
    assert len(list(Providers([acme("anna"), acme("berta")]))) == 2


def test_an_unknown_provider_in_the_setting_is_refused() -> None:
    """The error names the likely one and all that there are."""
    with pytest.raises(SettingsError, match=r"there is no provider 'githup'\. Did you mean 'github'\? Known: adyen, "):
        Providers(BUILTIN, {"incoming.acme.code": "githup"})


def test_recognition_does_not_read_the_body() -> None:
    """An event whose body cannot be decoded is recognised."""
    found = BUILTIN.origin(broken(STRIPE))

    assert found is not None
    assert found.provider.name == "stripe"
