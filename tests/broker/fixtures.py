"""The fixtures `broker` and `octokit`, for every test that asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.broker import octokit as recorded

if TYPE_CHECKING:
    from tests.broker.broker import Broker


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The one real broker of this test run."""
    from tests.broker.broker import Broker  # noqa: PLC0415 - kafka-python loads slowly; most tests do not need it

    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    try:
        yield broker
    finally:
        broker.close()


@pytest.fixture(scope="session")
def octokit() -> list[recorded.Example]:
    """All 329 recorded GitHub webhooks."""
    return recorded.load()


@pytest.fixture(autouse=True)
def _broker_stays_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves the broker killed or frozen does not fail the ones after it."""
    yield
    if "broker" in request.fixturenames:
        request.getfixturevalue("broker").heal()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What uses the broker can be chosen with `-m kafka` and left out with `-m 'not kafka'`."""
    for item in items:
        if "broker" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)
