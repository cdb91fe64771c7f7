from __future__ import annotations

import asyncio
import logging
import re

import pytest

from mister_webhooks_router import App, DeadLettered, Delivery, Handled, Outcome, Skipped
from mister_webhooks_router.delivery import Shutdown
from mister_webhooks_router.middleware.log import log_delivery
from tests.mister_webhooks_router.memory_source import TOPIC, make_event


def log_line(caplog: pytest.LogCaptureFixture, result: Outcome | BaseException) -> tuple[str, str]:
    """Level and text of the one line about a delivery with this result."""

    async def inner(delivery: Delivery) -> Outcome:
        if isinstance(result, BaseException):
            raise result
        return result

    async def run(delivery: Delivery) -> Outcome:
        return await log_delivery(delivery, inner)

    app = App()
    app.on(name="deploy")(lambda: None)
    event = make_event("PUT", {"Authorization": ["s3cret"]}, {"password": "s3cret"})
    delivery = Delivery(event, app.handlers[0], shutdown=Shutdown())
    with caplog.at_level(logging.INFO):
        if isinstance(result, BaseException):
            with pytest.raises(type(result)) as raised:
                asyncio.run(run(delivery))
            assert raised.value is result
        else:
            assert asyncio.run(run(delivery)) is result
    (record,) = caplog.records
    assert "s3cret" not in caplog.text
    return record.levelname, re.sub(r" \d+\.\d ms$", " N ms", record.getMessage())


@pytest.mark.parametrize(
    ("result", "level", "words"),
    [
        (Handled(), "INFO", "handled"),
        (Skipped("done before"), "INFO", "skipped: done before"),
        (DeadLettered("gave up"), "INFO", "dead-lettered: gave up"),
        (ValueError("s3cret"), "ERROR", "failed: ValueError"),
        (SystemExit(1), "ERROR", "failed: SystemExit"),
    ],
    ids=repr,
)
def test_one_line_a_delivery(
    caplog: pytest.LogCaptureFixture, result: Outcome | BaseException, level: str, words: str
) -> None:
    """Handler, position, method, outcome and time; of an error its class alone, for its message may quote the body."""
    assert log_line(caplog, result) == (level, f"deploy {TOPIC}:0:7 PUT {words} N ms")
