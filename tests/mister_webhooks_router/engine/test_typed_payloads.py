from __future__ import annotations

import pytest
from pydantic import BaseModel

from mister_webhooks_router import App, HandlerFailed, InvalidPayload
from mister_webhooks_router.engine import Runner
from tests.mister_webhooks_router.memory_source import MemorySource, body
from tests.mister_webhooks_router.running import BURST, run


class Order(BaseModel):
    number: int


def orders(seen: list[object], *, in_loop: bool) -> App:
    app = App()
    if in_loop:

        @app.on(name="book")
        async def book(payload: Order) -> None:
            seen.append(payload)
    else:

        @app.on(name="book")
        def book_too(payload: Order) -> None:
            seen.append(payload)

    return app


@pytest.mark.parametrize("in_loop", [True, False])
def test_a_handler_gets_its_own_type(*, in_loop: bool) -> None:
    """What arrives is the model, made from the body, on the loop and on the handlers' thread."""
    seen: list[object] = []
    run(orders(seen, in_loop=in_loop), MemorySource(body({"number": "7"})))

    assert seen == [Order(number=7)]


@pytest.mark.parametrize("in_loop", [True, False])
def test_a_body_that_does_not_fit_fails_and_shows_no_value(*, in_loop: bool) -> None:
    """The delivery fails with place and rule, the offset is kept, and the value is in no text."""
    seen: list[object] = []
    source = MemorySource(body({"number": "s3cret"}))
    with pytest.raises(HandlerFailed) as failure:
        Runner(orders(seen, in_loop=in_loop), source, BURST).run()

    assert (source.offset, seen) == (0, [])
    assert isinstance(failure.value.__cause__, InvalidPayload)
    assert "payload.number: Input should be a valid integer" in str(failure.value)
    assert "s3cret" not in str(failure.value)
