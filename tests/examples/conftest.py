from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.examples.sending import Example, Running


@pytest.fixture
def example(tmp_path: Path) -> Example:
    """Starts an example in a folder of its own."""
    return partial(Running, folder=tmp_path)
