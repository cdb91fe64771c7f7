from __future__ import annotations

import asyncio
import functools
import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from mister_webhooks.webhook_event import HTTPMethod
from mister_webhooks_router import ABSENT, ANY, App, AppError, Handler
from tests.mister_webhooks_router.memory_source import make_event


def given(handler: Handler) -> tuple[str, ...]:
    return tuple(argument.given for argument in handler.arguments)


def handler(app: App, name: str = "handler", **conditions: Any) -> None:  # noqa: ANN401  keywords of all kinds
    app.on(name=name, **conditions)(lambda: None)


def names(app: App, **event: Any) -> list[str]:  # noqa: ANN401  as above
    return [one.name for one in app.match(make_event(**event))]


def test_on_returns_the_function_unchanged_and_registers_it() -> None:
    """What was decorated can still be called; the record says all about it."""
    app = App()

    def deploy(event: object, log: object) -> str:
        return "called"

    decorated = app.on(method="POST", header={"X-A": ANY}, topic="incoming.acme.github", final=True)(deploy)
    (record,) = app.handlers

    assert decorated is deploy
    assert decorated(None, None) == "called"
    assert isinstance(record, Handler)
    assert record.function is deploy
    assert record.name == deploy.__qualname__
    assert (record.topics, record.methods) == (("incoming.acme.github",), (HTTPMethod.POST,))
    assert [str(header) for header in record.headers] == ["header X-A ANY"]
    assert (given(record), record.final, record.is_async) == (("event", "log"), True, False)
    assert re.fullmatch(rf"tests/.*test_app\.py:{deploy.__code__.co_firstlineno}", record.location)


def test_match_lists_handlers_in_order_and_runs_none() -> None:
    """All that is given must match; a list means any of it."""
    app = App()
    handler(app, "all")
    handler(app, "post", method="POST")
    handler(app, "either", method=["POST", "PUT"], header={"X-GitHub-Event": ["push", "ping"]})
    handler(app, "topic", method="PUT", topic="incoming.acme.github")
    handler(app, "none", method="POST", header={"X-GitHub-Event": ABSENT, "X-B": "b"})
    app.on(name="raises")(lambda: 1 / 0)

    assert names(app, headers={"x-github-event": ["ping"]}) == ["all", "post", "either", "raises"]
    assert names(app, method="PUT") == ["all", "topic", "raises"]
    assert names(app, method="PUT", topic="other") == ["all", "raises"]
    assert names(app, headers={"x-b": ["b"]}) == ["all", "post", "none", "raises"]


def test_final_cuts_the_list_at_matching_time() -> None:
    """Handlers registered after it are left out, those before it are not."""
    app = App()
    handler(app, "first")
    handler(app, "last", method="PUT", final=True)
    handler(app, "after")

    assert names(app, method="PUT") == ["first", "last"]
    assert names(app, method="POST") == ["first", "after"]


def test_match_raises_what_a_condition_raises() -> None:
    """Nobody knows what would match: a test of an app sees it at once."""
    app = App()
    handler(app, header={"X-Count": lambda value: int(value) > 1})
    with pytest.raises(ValueError, match="invalid literal"):
        app.match(make_event(headers={"X-Count": ["many"]}))


def test_topics_are_those_that_handlers_name() -> None:
    """The union, for the topics that are read by default."""
    app = App()
    handler(app, "one", topic=["a", "b"])
    handler(app, "two", topic="b")
    handler(app, "three")

    assert app.topics() == {"a", "b"}


@pytest.mark.parametrize(
    ("keyword", "said"),
    [
        ("metod", "Did you mean 'method'?"),
        ("headers", "Did you mean 'header'?"),
        ("zzz", "It takes method, header, where, topic, when"),
    ],
)
def test_an_unknown_keyword_is_refused(keyword: str, said: str) -> None:
    """With the keyword that was probably meant."""
    with pytest.raises(AppError, match=re.escape(said)):
        App().on(**{keyword: "POST"})  # type: ignore[arg-type]  # the type checker sees it too


def test_the_decorator_needs_parentheses() -> None:
    """`@app.on` alone would swallow the function."""
    with pytest.raises(AppError, match="needs parentheses"):

        @App().on  # type: ignore[arg-type]  # the type checker sees it too
        def deploy() -> None: ...


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("POST", "event 'POST': no provider is named"),
        ("githb:push", "Did you mean 'github'?"),
        (3, "an event is a string like 'github:push', got int"),
    ],
)
def test_what_stands_without_a_keyword_is_an_event(event: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """Anything else is refused, with the place where it stands."""
    with pytest.raises(AppError, match=r"^tests/.*test_app\.py:\d+: ") as error:
        App().on(event)

    assert said in str(error.value)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"where": {"ref": {"$eqq": 1}}}, "where.ref.$eqq: "),
        ({"where": 3}, "where: a filter is a mapping"),
        ({"when": 3}, "when=3 is no function"),
        ({"method": "PSOT"}, "Did you mean 'POST'?"),
        ({"topic": "a b"}, "is no name of a topic"),
        ({"header": {"X-A": 3}}, "header 'X-A': 3 is no condition"),
    ],
)
def test_a_bad_condition_is_refused_with_its_place(conditions: dict[str, Any], said: str) -> None:
    """The line of the `@app.on`, and what is wrong there."""
    line = inspect.currentframe().f_lineno + 2  # type: ignore[union-attr]  # CPython has frames
    with pytest.raises(AppError) as error:
        App().on(**conditions)

    assert str(error.value).startswith(f"tests/mister_webhooks_router/test_app.py:{line}: ")
    assert said in str(error.value)


def test_an_event_that_its_sender_is_not_known_to_send_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Senders invent new events, so it may be right; most often it is a typing error."""
    App().on("github:pull_reqest.opened")

    assert re.match(r"tests/.*test_app\.py:\d+: .* Did you mean 'pull_request'\?", caplog.messages[0])


def test_one_name_twice_is_refused_with_both_places() -> None:
    """A name is an identity; the first handler stays as it was."""
    app = App()

    @app.on(name="deploy")
    def one() -> None: ...

    first = app.handlers
    with pytest.raises(AppError, match="two handlers are named 'deploy'") as error:

        @app.on(name="deploy")
        def two() -> None: ...

    assert str(error.value).count("test_app.py:") == 2
    assert app.handlers == first


class Greeter:
    """What it does is said by its methods."""

    def greet(self, event: object) -> None: ...

    def __call__(self, payload: object) -> None: ...


class Asynchronous:
    """Calling it makes a coroutine."""

    async def __call__(self) -> None: ...


def plain(event: object, payload: object) -> None: ...


async def coroutine() -> None: ...


@functools.wraps(plain)
def decorated(*args: object, **kwargs: object) -> None: ...


@pytest.mark.parametrize(
    ("function", "name", "arguments", "is_async"),
    [
        (plain, "plain", ("event", "payload"), False),
        (coroutine, "coroutine", (), True),
        (decorated, "plain", ("event", "payload"), False),
        (Greeter().greet, "Greeter.greet", ("event",), False),
        (Greeter(), "Greeter", ("payload",), False),
        (Asynchronous(), "Asynchronous", (), True),
        (functools.partial(plain, None), "plain", ("payload",), False),
        (functools.partial(plain, payload=1), "plain", ("event",), False),
        (functools.partial(coroutine), "coroutine", (), True),
        (functools.partial(Asynchronous()), "Asynchronous", (), True),
    ],
    ids=repr,
)
def test_what_can_be_called_can_be_a_handler(
    function: Callable[..., object], name: str, arguments: tuple[str, ...], *, is_async: bool
) -> None:
    """Functions, methods, objects and partials: named after the function, given what its arguments name."""
    app = App()
    app.on()(function)
    (record,) = app.handlers

    assert (record.name, given(record), record.is_async) == (name, arguments, is_async)
    assert "test_app.py:" in record.location


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


class Yields:
    """An object whose call makes a generator."""

    def __call__(self) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (generator, "generator (tests/"),
        (generator, "is a generator: its body would never run"),
        (async_generator, "is a generator"),
        (Yields(), "is a generator"),
        (functools.partial(generator), "is a generator"),
        (Greeter, "Greeter is a class"),
        (3, "decorates functions, not 3"),
        (Greeter.greet, "a method that is not bound, there is nothing to pass as 'self'"),
        (lambda event, /: None, "the argument 'event' is positional-only"),
        (lambda *args: None, "takes *args"),
        (lambda *args, **kwargs: None, "functools.wraps"),
        (lambda evnt: None, "Did you mean 'event'?"),
        (lambda pyload: None, "Did you mean 'payload'?"),
        (lambda request: None, "There are event, payload, headers, delivery, log."),
        (lambda event, pyload=None: None, "'pyload' would always keep its default. Did you mean 'payload'?"),
        (print, "takes *args"),
        (dict.fromkeys, "positional-only"),
    ],
    ids=repr,
)
def test_what_cannot_work_is_refused(function: Any, said: str) -> None:  # noqa: ANN401  what the type forbids
    """At registration, and the app is as before."""
    app = App()
    with pytest.raises(AppError) as error:
        app.on(name="handler")(function)

    assert said in str(error.value)
    assert app.handlers == ()


def test_a_function_without_a_signature_is_refused() -> None:
    """What cannot be read cannot be injected."""

    class Unreadable:
        __signature__ = 3

        def __call__(self) -> None: ...

    with pytest.raises(AppError, match=r"the arguments of .*Unreadable .* cannot be read"):
        App().on(name="handler")(Unreadable())


def test_other_arguments_keep_their_defaults() -> None:
    """An argument of another name is the user's own, if it has a default; `**` gets all that is not named."""
    app = App()
    app.on(name="own")(lambda event, retries=3: None)
    app.on(name="known")(lambda payload=None: None)
    app.on(name="rest")(lambda event, **rest: None)

    assert [given(one) for one in app.handlers] == [
        ("event",),
        ("payload",),
        ("event", "payload", "headers", "delivery", "log"),
    ]


def test_a_lambda_needs_a_name() -> None:
    """`<lambda>` is no identity."""
    with pytest.raises(AppError, match=r"the lambda at tests/.*test_app.py:\d+ has no name"):
        App().on()(lambda: None)


@pytest.mark.parametrize("name", ["", "-", " a", "a ", "a\nb", "100%", "a\x00", 3], ids=repr)
def test_bad_names_are_refused(name: Any) -> None:  # noqa: ANN401  what the type forbids
    """A name goes on command lines and into logs."""
    with pytest.raises(AppError, match="is no name of a handler"):
        handler(App(), name)


@pytest.mark.parametrize("name", ["deploy", "make.<locals>.deploy", "Über.wachung", "book invoice", "a-b_c:d/e@f+g"])
def test_good_names_are_taken(name: str) -> None:
    """Qualified names, and what people write."""
    app = App()
    handler(app, name)

    assert app.handlers[0].name == name


def test_a_handler_wants_the_payload_if_it_can_get_at_it() -> None:
    """Only one that asks for neither event, payload nor delivery can do without."""
    app = App()
    app.on(name="event")(lambda event: None)
    app.on(name="payload")(lambda payload: None)
    app.on(name="delivery")(lambda delivery: None)
    app.on(name="headers")(lambda headers, log: None)

    assert [one.wants_payload for one in app.handlers] == [True, True, True, False]


def test_an_app_says_how_many_handlers_it_has() -> None:
    """Its repr is short."""
    app = App()
    handler(app)

    assert repr(app) == "<App handlers=1>"


def test_registered_coroutines_can_be_awaited_directly() -> None:
    """A handler stays a function that tests can call."""
    app = App()

    @app.on()
    async def answer() -> int:
        return 42

    assert asyncio.run(answer()) == 42
