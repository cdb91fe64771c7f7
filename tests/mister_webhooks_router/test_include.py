from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import pytest

from mister_webhooks_router import App, AppError
from tests.mister_webhooks_router.memory_source import make_event


def handler(app: App, name: str, *events: str, **conditions: Any) -> None:  # noqa: ANN401  keywords of all kinds
    app.on(*events, name=name, **conditions)(lambda: None)


def names(app: App, **event: Any) -> list[str]:  # noqa: ANN401  as above
    return [one.name for one in app.match(make_event(**event))]


def test_handlers_are_taken_over_in_their_order() -> None:
    """They stand where `include` stands, final ones too; the other app is as it was."""
    app, other = App(), App()
    handler(app, "first")
    handler(other, "second", method="POST")
    handler(other, "third", final=True)
    app.include(other)
    handler(app, "fourth")

    assert [one.name for one in app.handlers] == ["first", "second", "third", "fourth"]
    assert names(app) == ["first", "second", "third"]
    assert names(other) == ["second", "third"]


def test_what_was_matched_before_does_not_matter() -> None:
    """Handlers that come after the first event has been matched are seen."""
    app, other = App(), App()
    handler(app, "first")
    handler(other, "second")
    seen = [names(app)]
    app.include(other)
    seen.append(names(app))
    handler(app, "third")
    app.unmatched(name="rest")(lambda: None)
    seen.append(names(app))

    assert seen == [["first"], ["first", "second"], ["first", "second", "third"]]


def test_one_name_in_both_is_refused_with_both_places() -> None:
    """A name is an identity; nothing is taken over."""
    app, other = App(), App()
    handler(app, "deploy")
    handler(other, "other")
    handler(other, "deploy")
    with pytest.raises(AppError, match="two handlers are named 'deploy'") as error:
        app.include(other)

    assert str(error.value).count("test_include.py:") == 2
    assert names(app) == ["deploy"]
    handler(other, "later")


def test_an_app_is_included_once_and_not_in_itself() -> None:
    """Each of its handlers would run twice; also where it came with another one."""
    app, other, inner = App(), App(), App()
    other.include(inner)
    app.include(other)
    with pytest.raises(AppError, match="cannot include itself"):
        app.include(app)
    with pytest.raises(AppError, match=r"included already, at tests/.*test_include.py:\d+"):
        app.include(other)
    with pytest.raises(AppError, match="included already"):
        app.include(inner)
    with pytest.raises(AppError, match="takes an App, not 3"):
        app.include(3)  # type: ignore[arg-type]  # the type checker sees it too


@pytest.mark.parametrize(
    "late",
    [
        lambda app: handler(app, "late"),
        lambda app: app.unmatched(name="late")(lambda: None),
        lambda app: app.ignore("github:star"),
        lambda app: app.include(App()),
    ],
)
def test_what_comes_after_the_include_is_refused(late: Any) -> None:  # noqa: ANN401  a function
    """The app that it was included in would not see it; the text says where that was."""
    app, other = App(), App()
    app.include(other)
    with pytest.raises(AppError, match=r"was included in another one at tests/.*test_include.py:\d+"):
        late(other)


def test_two_apps_may_include_the_same_one() -> None:
    """A test's app for one."""
    other = App()
    handler(other, "one")
    apps = [App(), App()]
    for app in apps:
        app.include(other)

    assert [names(app) for app in apps] == [["one"], ["one"]]


def test_providers_of_both_hold_for_all() -> None:
    """What an app says about a topic holds for every handler that reads it."""
    app, other = App(providers={"a": "adyen"}), App(providers={"a": "adyen", "b": "gitlab"})
    handler(app, "mine", "adyen:*", "gitlab:*")
    handler(other, "theirs", "adyen:AUTHORISATION", "gitlab:*")
    app.include(other)
    payload = {"notificationItems": [{"NotificationRequestItem": {"eventCode": "AUTHORISATION"}}]}

    assert names(app, topic="a", payload=payload) == ["mine", "theirs"]
    assert names(app, topic="b", payload={}) == ["mine", "theirs"]
    assert names(app, topic="c", payload=payload) == []
    with pytest.raises(AppError, match="topic 'a' has the provider 'adyen' in one app and 'zoom' in the other"):
        app.include(App(providers={"a": "zoom"}))


def test_lifespans_and_what_is_ignored_come_along() -> None:
    """The outer app's first, each with the app that it was made for."""

    @asynccontextmanager
    async def lifespan(app: App) -> Any:  # noqa: ANN401  an async generator
        yield

    app, other = App(lifespan=lifespan), App(lifespan=lifespan)
    other.ignore("github:star")
    app.include(other)
    app.unmatched(name="rest")(lambda headers: None)

    assert app.lifespans == ((app, lifespan), (other, lifespan))
    assert names(app, headers={"X-GitHub-Event": ["star"]}) == []


@pytest.mark.parametrize(
    ("providers", "said"),
    [
        ({"topic": "gitlb"}, "Did you mean 'gitlab'?"),
        ({"a b": "gitlab"}, "is no name of a topic"),
        ("gitlab", "is no dict"),
        ({"topic": 3}, "the name of a provider is a string, got 3"),
    ],
)
def test_bad_providers_are_refused(providers: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """With the one that was probably meant."""
    with pytest.raises(AppError) as error:
        App(providers=providers)

    assert said in str(error.value)
