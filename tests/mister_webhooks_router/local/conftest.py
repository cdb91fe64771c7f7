from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mister_webhooks_router.local import LocalLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mwh" / "log.db"


@pytest.fixture
def log(path: Path) -> Iterator[LocalLog]:
    log = LocalLog(path)
    log.open()
    yield log
    log.close()
