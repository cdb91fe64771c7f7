"""The package as users get it: a wheel in a clean environment, without extras and with each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(300)

ROUND_TRIP = """
from mister_webhooks.envelope import Envelope, decode_envelope, encode_envelope
from mister_webhooks.payload import decode_payload, encode_payload
for encoding in ("JSON", "CBOR"):
    sent = Envelope("POST", {"X-Event": ["push"]}, encode_payload(encoding, {"a": [1, None, "x"]}), encoding)
    got = decode_envelope(encode_envelope(sent))
    assert got == sent, got
    assert decode_payload(got.encoding, got.payload) == {"a": [1, None, "x"]}
import mister_webhooks, mister_webhooks_router
print("round trip ok")
"""


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("MWH_", "PYTHON", "VIRTUAL_"))
    }
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
        timeout=240,
    )


def check(*command: str | Path, cwd: Path | None = None) -> str:
    done = run(*command, cwd=cwd)

    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    check(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("mister_webhooks-2.*.whl")
    return built


@pytest.fixture
def install(wheel: Path, tmp_path: Path) -> Callable[[str], Path]:
    def into_clean_environment(extra: str) -> Path:
        check(sys.executable, "-m", "venv", tmp_path / "env")
        wanted = f"{wheel}[{extra}]" if extra else str(wheel)
        check(tmp_path / "env/bin/python", "-m", "pip", "install", "--quiet", wanted)
        return tmp_path / "env/bin"

    return into_clean_environment


def test_the_wheel_without_extras_decodes_and_names_the_extra_that_is_missing(
    install: Callable[[str], Path], tmp_path: Path
) -> None:
    """Without extras the client works, and `--local` says which pip command is missing."""
    commands = install("")
    (tmp_path / "app.py").write_text(
        "from mister_webhooks_router import App\napp = App()\n\n\n@app.on()\ndef seen(event): ...\n"
    )
    refused = run(commands / "mwh-run", "app:app", "--local", cwd=tmp_path)

    assert "round trip ok" in check(commands / "python", "-c", ROUND_TRIP)
    assert "2.0.0" in check(commands / "mwh-run", "--version")
    assert "pip install 'mister-webhooks[http]'" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 4


@pytest.mark.parametrize("extra", ["speed", "codecs", "pydantic"])
def test_each_extra_installs_and_the_client_still_works(extra: str, install: Callable[[str], Path]) -> None:
    """Every extra that the package names can be installed, and decoding gives the same with it."""
    assert "round trip ok" in check(install(extra) / "python", "-c", ROUND_TRIP)


def test_the_wheel_runs_the_demo(install: Callable[[str], Path]) -> None:
    """The built wheel with the extra `http`, in an environment of its own, runs the whole demo."""
    shown = check(install("http") / "python", ROOT / "scripts" / "demo")

    assert "handled" in shown
