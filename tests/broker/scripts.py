"""The project's own scripts, which fetch what the tests need."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SCRIPTS = Path(__file__).parents[2] / "scripts"


def run_script(name: str) -> str:
    """What the project's script prints. Raises `RuntimeError` with what it said when it fails."""
    done = subprocess.run([_SCRIPTS / name], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"scripts/{name} failed:\n{done.stderr.strip()}")
    return done.stdout.strip()
