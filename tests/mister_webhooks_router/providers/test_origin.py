from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mister_webhooks import PayloadDecodeError
from mister_webhooks.payload import JSON
from mister_webhooks_router.providers import Body, DeliveryId, EventKey, Header, Moment, Origin, Provider
from tests.mister_webhooks_router.providers.events import broken, event

ACME = Provider(
    name="acme",
    title="Acme",
    headers=("X-Acme-Event",),
    event_key=EventKey(name=(Header("X-Acme-Event"), Body("event")), action=(Body("action"), Body("verb"))),
    delivery_ids=(
        DeliveryId(parts=(Header("X-Acme-Id"),), scope=(Header("X-Acme-Hook"), Body("account"))),
        DeliveryId(parts=(Body("id"), Body("kind"))),
    ),
    occurred_at=(
        Moment(Body("at"), "seconds"),
        Moment(Body("at"), "iso"),
        Moment(Body("ms"), "milliseconds"),
        Moment(Header("X-Acme-Date"), "mail"),
    ),
    handshakes=("ping",),
)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def origin(headers: dict[str, str] | None = None, payload: JSON = None) -> Origin:
    return Origin(ACME, event(headers, payload))


@pytest.mark.parametrize(
    ("headers", "payload", "names"),
    [
        ({"X-Acme-Event": "order"}, {}, ("order",)),
        ({"X-Acme-Event": "order"}, {"action": "paid"}, ("order", "order.paid")),
        ({"X-Acme-Event": "order"}, {"verb": "sent"}, ("order", "order.sent")),
        ({"X-Acme-Event": "order"}, {"action": "", "verb": "sent"}, ("order", "order.sent")),
        ({}, {"event": "refund", "action": "made"}, ("refund", "refund.made")),
        ({}, {"action": "made"}, ()),
        ({}, None, ()),
    ],
)
def test_an_event_goes_by_its_name_and_by_name_and_action(
    headers: dict[str, str], payload: JSON, names: tuple[str, ...]
) -> None:
    """The first place with a name counts, an action makes it narrower, and without a name there is neither."""
    found = origin(headers, payload)

    assert found.names == names
    assert found.name == (names[0] if names else None)
    assert found.event == (names[-1] if names else None)


@pytest.mark.parametrize(
    ("headers", "payload", "delivery_id"),
    [
        ({"X-Acme-Id": "1", "X-Acme-Hook": "h"}, {"account": 12}, ("acme", "h", "12", "1")),
        ({"X-Acme-Id": "1"}, {}, ("acme", "", "", "1")),
        ({"X-Acme-Id": "1"}, {"id": 5, "kind": "k"}, ("acme", "", "", "1")),
        ({}, {"id": 5, "kind": "k"}, ("acme", "5", "k")),
        ({}, {"id": 5.0, "kind": "k"}, ("acme", "5", "k")),
        ({}, {"id": 5}, None),
        ({"X-Acme-Hook": "h"}, {}, None),
    ],
)
def test_the_id_of_an_event_comes_with_its_scope(
    headers: dict[str, str], payload: JSON, delivery_id: tuple[str, ...] | None
) -> None:
    """The first complete id counts, with the values of its scope before it; half an id is none."""
    assert origin(headers, payload).delivery_id == delivery_id


@pytest.mark.parametrize(
    ("headers", "payload", "moment"),
    [
        ({}, {"at": 1_795_176_000}, NOON),
        ({}, {"at": 1_795_176_000.25}, NOON.replace(microsecond=250_000)),
        ({}, {"at": "1795176000"}, NOON),
        ({}, {"at": "2026-11-20T12:00:00Z"}, NOON),
        ({}, {"at": "2026-11-20T13:00:00+01:00"}, NOON),
        ({}, {"at": "2026-11-20T13:00:00+0100"}, NOON),
        ({}, {"at": "2026-11-20T12:00:00"}, NOON),
        ({}, {"at": "2026-11-20T12:00:00.123456789Z"}, NOON.replace(microsecond=123_456)),
        ({}, {"ms": 1_795_176_000_001}, NOON.replace(microsecond=1000)),
        ({"X-Acme-Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, {}, NOON),
        ({"X-Acme-Date": "Fri, 20 Nov 2026 14:00:00 +0200"}, {}, NOON),
        ({"X-Acme-Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, {"at": "yesterday"}, NOON),
        ({}, {"at": "nan"}, None),
        ({}, {"at": "inf"}, None),
        ({}, {"at": 10**30}, None),
        ({}, {"at": [1]}, None),
        ({"X-Acme-Date": "noon"}, {}, None),
        ({"X-Acme-Date": "Fri, 99 Nov 2026 12:00:00 GMT"}, {}, None),
        ({}, {}, None),
    ],
)
def test_the_time_of_an_event_is_read_in_all_its_forms(
    headers: dict[str, str], payload: JSON, moment: datetime | None
) -> None:
    """Times are in UTC, one without an offset is taken for UTC, and one that cannot be read leaves it to the next."""
    found = origin(headers, payload).occurred_at

    assert found == moment
    assert found is None or found.tzinfo is UTC


def test_a_handshake_is_told_by_its_name() -> None:
    """Only an event with one of the handshakes' names is one."""
    assert origin({"X-Acme-Event": "ping"}, {"action": "x"}).handshake
    assert not origin({"X-Acme-Event": "pong"}).handshake
    assert not origin().handshake


def test_a_broken_body_is_raised_for_when_it_is_needed() -> None:
    """What stands in the headers is known of an event whose body cannot be decoded; all else raises."""
    lost = Origin(ACME, broken({"X-Acme-Event": "ping", "X-Acme-Id": "1"}))

    assert lost.provider is ACME
    assert lost.name == "ping"
    assert lost.handshake
    for needs_body in ("names", "event", "delivery_id", "occurred_at"):
        with pytest.raises(PayloadDecodeError):
            getattr(lost, needs_body)


def test_an_event_is_read_only_when_asked() -> None:
    """Making an origin touches neither the headers nor the body."""

    class Untouchable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    assert Origin(ACME, Untouchable()).provider is ACME  # type: ignore[arg-type]  # it is never looked at
