from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mister_webhooks_router import (
    App,
    DeadLettered,
    Delivery,
    Handled,
    Handler,
    Middleware,
    MiddlewareError,
    Next,
    Outcome,
    Phase,
    Skipped,
)
from mister_webhooks_router.delivery import Shutdown
from mister_webhooks_router.plugins import Onion, built_in_middleware, onion
from tests.mister_webhooks_router.memory_source import make_event


def make_handler(name: str = "deploy") -> Handler:
    app = App()
    app.on(name=name)(lambda: None)
    return app.handlers[0]


def layer(name: str, phase: Phase = Phase.ATTEMPT, *, inline: bool = True) -> Middleware:
    """A layer that notes in the delivery's state when it begins and ends."""

    async def wrap(delivery: Delivery, call_next: Next) -> Outcome:
        delivery.state.setdefault("trace", []).append(f"{name} begins")
        outcome = await call_next(delivery)
        delivery.state["trace"].append(f"{name} ends")
        return outcome

    return Middleware(name, wrap, phase, inline=inline)


def deliver(layers: Onion, outcome: Outcome | None = None) -> tuple[Outcome, Delivery]:
    async def innermost(delivery: Delivery) -> Outcome:
        delivery.state.setdefault("trace", []).append("handler")
        return outcome or Handled()

    delivery = Delivery(make_event(), make_handler(), shutdown=Shutdown())

    async def run() -> Outcome:
        return await layers.around(innermost)(delivery)

    return asyncio.run(run()), delivery


def test_layers_stand_by_phase_and_then_by_name() -> None:
    """However they were listed; the first is the outermost."""
    listed = [layer("z", Phase.OBSERVE), layer("r", Phase.RETRY), layer("a"), layer("y", Phase.OBSERVE)]
    listed += [layer("l", Phase.DEAD_LETTER), layer("d", Phase.DEDUPLICATE), layer("b")]
    made = onion(listed, make_handler())
    _, delivery = deliver(made)
    order = ["y", "z", "l", "d", "r", "a", "b"]

    assert [one.name for one in made.layers] == order
    assert delivery.state["trace"] == [
        *(f"{name} begins" for name in order),
        "handler",
        *(f"{name} ends" for name in reversed(order)),
    ]


def test_a_layer_that_does_not_apply_is_left_out() -> None:
    """It is asked once for each handler, when the onion is composed."""
    asked = list[str]()

    def only_deploy(handler: Handler) -> bool:
        asked.append(handler.name)
        return handler.name == "deploy"

    one = Middleware("one", layer("one").wrap, Phase.ATTEMPT, applies_to=only_deploy)
    onions = [onion([one], make_handler(name)) for name in ("deploy", "book")]

    assert [made.layers for made in onions] == [(one,), ()]
    assert asked == ["deploy", "book"]


@pytest.mark.parametrize("outcome", [Handled(), Skipped("seen"), DeadLettered("gave up")], ids=repr)
def test_every_outcome_passes_through(outcome: Outcome) -> None:
    """A layer returns what the inner layers returned."""
    assert deliver(onion([layer("one")], make_handler()), outcome)[0] == outcome


def test_a_layer_may_answer_by_itself() -> None:
    """Then nothing inside of it runs."""

    async def skips(delivery: Delivery, call_next: Next) -> Outcome:
        return Skipped("done before")

    layers = [Middleware("skips", skips, Phase.DEDUPLICATE), layer("inner")]
    outcome, delivery = deliver(onion(layers, make_handler()))

    assert (outcome, delivery.state) == (Skipped("done before"), {})


@pytest.mark.parametrize("returned", [None, True, "handled", Handled, Exception()], ids=repr)
def test_what_is_no_outcome_is_an_error_that_names_the_layer(returned: Any) -> None:  # noqa: ANN401  what is forbidden
    """A forgotten `return` is the usual reason."""

    async def forgets(delivery: Delivery, call_next: Next) -> Outcome:
        await call_next(delivery)
        return returned  # type: ignore[no-any-return]  # the mistake

    made = onion([layer("outer", Phase.OBSERVE), Middleware("forgets", forgets, Phase.RETRY)], make_handler())
    with pytest.raises(MiddlewareError, match=r"middleware 'forgets' returned .*no outcome"):
        deliver(made)


def test_a_layer_that_is_not_async_is_an_error_that_names_it() -> None:
    """A plain `def` cannot wait for the rest of the onion."""

    def plain(delivery: Delivery, call_next: Next) -> Outcome:
        return Handled()

    with pytest.raises(MiddlewareError, match="middleware 'plain' returned Handled instead of something to await"):
        deliver(onion([Middleware("plain", plain, Phase.ATTEMPT)], make_handler()))  # type: ignore[arg-type]  # the mistake


def test_an_object_with_an_async_call_is_a_layer() -> None:
    """Plugins keep their options in one."""

    class Passes:
        async def __call__(self, delivery: Delivery, call_next: Next) -> Outcome:
            return await call_next(delivery)

    assert deliver(onion([Middleware("passes", Passes(), Phase.ATTEMPT)], make_handler()))[0] == Handled()


def test_exceptions_pass_through() -> None:
    """Nothing is swallowed on the way out."""

    async def raises(delivery: Delivery, call_next: Next) -> Outcome:
        raise LookupError("boom")

    with pytest.raises(LookupError, match="boom"):
        deliver(onion([layer("outer", Phase.OBSERVE), Middleware("raises", raises, Phase.ATTEMPT)], make_handler()))


def test_an_onion_is_inline_if_all_layers_are() -> None:
    """One that waits for something else makes it need the loop."""
    inline, other = layer("one"), layer("two", inline=False)

    assert [onion(layers, make_handler()).inline for layers in ([], [inline], [inline, other])] == [True, True, False]


def test_a_middleware_must_be_callable() -> None:
    """Told where it is made, with its name."""
    with pytest.raises(MiddlewareError, match="middleware 'broken': 3 is no function"):
        Middleware("broken", 3, Phase.ATTEMPT)  # type: ignore[arg-type]  # the mistake


def test_the_built_in_layers() -> None:
    """`log` is on for every app, and needs no loop."""
    app = App()
    app.on(name="deploy")(lambda: None)
    made = app.onion(app.handlers[0])

    assert [(one.name, one.phase, one.inline) for one in made.layers] == [("log", Phase.OBSERVE, True)]
    assert made.layers == built_in_middleware()
