from __future__ import annotations

import signal

from tests.broker.fixtures import _broker_stays_up, broker, octokit, pytest_collection_modifyitems

__all__ = ["_broker_stays_up", "broker", "octokit", "pytest_collection_modifyitems", "pytest_configure"]


def pytest_configure() -> None:
    """A shell starts what it puts into the background with SIGINT ignored, and programs inherit that from the tests."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
