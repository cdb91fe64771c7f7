from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run_demo(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "scripts" / "demo"], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_demo_shows_every_handlers_result() -> None:
    """All samples go over HTTP through the example's four handlers, and the demo ends with 0."""
    done = run_demo(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [done.stdout.count(f"  {name} ok ") for name in ("on_push", "on_talk", "on_build", "on_the_rest")] == [
        2,
        4,
        1,
        4,
    ]
    assert "  ada-k pushed to main: Fix the rounding of the change\n" in done.stdout
    assert "demo: 11 of 11 webhooks received over HTTP, handled and committed" in done.stdout


def test_the_demo_fails_where_a_handler_does(tmp_path: Path) -> None:
    """A handler that raises ends the demo with 1 and a line that says which event and why."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    example = tmp_path / "examples" / "github.py"
    example.write_text(example.read_text().replace('event.payload["ref"]', 'event.payload["branch"]'))
    done = run_demo(tmp_path)

    assert done.returncode == 1
    assert done.stderr == "demo: event 1 was not handled: on_push failed KeyError: 'branch'\n"
