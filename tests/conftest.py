from __future__ import annotations

from tests.broker.fixtures import _broker_stays_up, broker, octokit, pytest_collection_modifyitems

__all__ = ["_broker_stays_up", "broker", "octokit", "pytest_collection_modifyitems"]
