"""The Python environments that peers run in: ours, one for the other libraries, one for the client's first release."""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache"

OURS = "ours"
OTHERS = "others"
LEGACY = "1.0.0"

# The codecs are those of our environment, so that libraries are compared and not versions of codecs.
PACKAGES = {
    OTHERS: (
        "aiokafka==0.14.0",
        "confluent-kafka==2.16.1",
        "faststream[kafka,cli]==0.7.8",
        "py-spy==0.4.3",
        *(f"{name}=={version(name)}" for name in ("cbor2", "fastavro", "uvloop")),
    ),
    LEGACY: ("mister-webhooks==1.0.0",),
}
FOLDERS = {OTHERS: "bench-venv", LEGACY: "bench-venv-1.0.0"}


def bin_folder(environment: str) -> Path:
    """Where the programs of an environment are."""
    return Path(sys.prefix) / "bin" if environment == OURS else CACHE / FOLDERS[environment] / "bin"


def set_up(environment: str) -> None:
    """Make an environment unless it is there with these packages."""
    if environment == OURS:
        return
    folder, packages = CACHE / FOLDERS[environment], "\n".join(PACKAGES[environment])
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text("utf-8") == packages:
        return
    print(f"installing {', '.join(PACKAGES[environment])}", file=sys.stderr)
    venv.create(folder, clear=True, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES[environment]], check=True)
    _make_importable(python)
    stamp.write_text(packages, encoding="utf-8")


def _make_importable(python: Path) -> None:
    """Put this repository behind the installed packages: 1.0.0 must not be hidden by its successor."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    Path(site, "benchmarks.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def versions(environment: str, names: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of some packages."""
    ask = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    python = bin_folder(environment) / "python"
    said = subprocess.run([python, "-c", ask, *names], check=True, capture_output=True, text=True).stdout
    return dict(zip(names, said.split(), strict=True))
