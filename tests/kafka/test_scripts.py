"""The scripts that fetch what the tests need."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NEED = Path(__file__).parents[2] / "scripts" / "need"


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH of a machine that has next to nothing, and no package manager that we know."""
    for command in ("bash", "id"):
        found = shutil.which(command)
        assert found is not None
        (tmp_path / command).symlink_to(found)
    return str(tmp_path)


def test_missing_commands_are_named_with_their_packages(bare_path: str) -> None:
    """Where nothing can be installed, the message says what is missing and how Debian calls it."""
    done = subprocess.run(
        ["bash", NEED, "id", "java", "mvn", "npm"],
        env={"PATH": bare_path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "need: not found: java mvn npm. Install them and try again; "
        "the Debian packages are: openjdk-17-jre-headless maven npm\n"
    )


def test_what_is_there_needs_nothing(bare_path: str) -> None:
    """With every command there, the script is silent and succeeds."""
    done = subprocess.run(
        ["bash", NEED, "bash", "id"], env={"PATH": bare_path}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
