from __future__ import annotations

import logging

import pytest

from mister_webhooks_router import App, Delivery
from mister_webhooks_router.delivery import Shutdown
from tests.mister_webhooks_router.memory_source import TOPIC, make_event


def make_delivery(shutdown: Shutdown | None = None) -> Delivery:
    app = App()
    app.on(name="deploy")(lambda: None)
    return Delivery(
        make_event(payload={"token": "s3cret"}), app.handlers[0], shutdown=shutdown or Shutdown(), origin_of=app.origin
    )


def test_the_log_says_handler_and_position(caplog: pytest.LogCaptureFixture) -> None:
    """In front of each line, and as fields; the line is counted to the place where the handler wrote it."""
    delivery = make_delivery()
    with caplog.at_level(logging.INFO):
        delivery.log.info("%d of %s, 100%%", 1, "two", extra={"more": 3})
    (record,) = caplog.records

    assert record.getMessage() == f"deploy {TOPIC}:0:7: 1 of two, 100%"
    assert (record.name, record.filename) == ("mister_webhooks_router.handler", "test_delivery.py")
    assert {"handler": "deploy", "position": f"{TOPIC}:0:7", "more": 3}.items() <= vars(record).items()
    assert delivery.log is delivery.log


def test_state_is_each_deliverys_own() -> None:
    """Middleware can leave something there for itself."""
    one, other = make_delivery(), make_delivery()
    one.state["x"] = 1

    assert (one.state, other.state) == ({"x": 1}, {})


def test_shutting_down_follows_the_program() -> None:
    """It becomes true while the delivery runs."""
    shutdown = Shutdown()
    delivery = make_delivery(shutdown)
    before = delivery.shutting_down
    shutdown.begun = True

    assert (before, delivery.shutting_down) == (False, True)


def test_a_delivery_does_not_show_its_event() -> None:
    """Its repr has names and numbers, never a body."""
    assert repr(make_delivery()) == f"<Delivery deploy {TOPIC}:0:7 attempt 1>"


def test_a_delivery_takes_no_other_attributes() -> None:
    """A misspelled one is an error; `state` is where others go."""
    with pytest.raises(AttributeError):
        make_delivery().statee = 1  # type: ignore[attr-defined]  # the type checker sees it too
