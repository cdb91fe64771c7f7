"""What README says can be typed works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mister_webhooks.envelope import Envelope
from tests.broker.broker import Broker

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def command(start: str) -> list[str]:
    (line,) = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith(f"$ {start}")]
    return shlex.split(line)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (app,) = [block for block in blocks("python") if block.startswith("# app.py")]
    (tmp_path / "app.py").write_text(app, encoding="utf-8")
    return tmp_path


def test_the_first_app_handles_the_request_that_readme_sends(project: Path) -> None:
    """README's app, command and curl line, typed as they stand (another port apart), run both handlers."""
    port = free_port()
    shown = project / "out.txt"
    environment = {**os.environ, "PATH": f"{COMMANDS}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    curl = [part.replace("8008", str(port)) for part in command("curl")]
    with (
        shown.open("w") as out,
        subprocess.Popen(
            [*command("mwh-run app:app --local"), "--http", f"127.0.0.1:{port}"],
            cwd=project,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as program,
    ):
        try:
            _wait_until(
                lambda: subprocess.run(curl, capture_output=True, text=True, check=False).stdout.count("202") > 0
            )
            _wait_until(lambda: "deploying Fix the till" in shown.read_text() and "seen push" in shown.read_text())
            program.terminate()
            code = program.wait(timeout=30)
        finally:
            program.kill()

    assert code == 0, shown.read_text()
    assert re.search(r"deploy .*ok", shown.read_text())
    assert re.search(r"audit .*ok", shown.read_text())


def test_the_second_app_is_explained(tmp_path: Path) -> None:
    """README's typed app loads, and its explain line says what becomes of the sample in each handler."""
    (app,) = [block for block in blocks("python") if block.startswith("# shop.py")]
    (tmp_path / "shop.py").write_text(app, encoding="utf-8")
    _, *arguments = command("mwh explain")
    shown = subprocess.run(
        [COMMANDS / "mwh", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    ).stdout

    assert re.search(r"deploy +\S+ +matched", shown)
    assert re.search(r"book +\S+ +not matched: event: expected", shown)


def test_the_plain_client_reads_what_is_in_the_topic(broker: Broker, tmp_path: Path) -> None:
    """README's client program (another topic apart) prints the event that is there, and commits it when stopped."""
    topic, consumer = broker.new_topic(), broker.new_consumer()
    broker.produce_events(topic, [Envelope("PUT", {"X-Event": ["push"]}, b'{"hello": "world"}', "JSON")])
    broker.profile_file(tmp_path, consumer).rename(tmp_path / "profile.json")
    (snippet,) = [block for block in blocks("python") if "MisterWebhooksConsumer(" in block]
    shown = tmp_path / "out.txt"
    environment = {**os.environ, "MWH_CA_FILE": str(broker.ca_file), "PYTHONUNBUFFERED": "1"}
    program_text = snippet.replace("incoming.acme.github", topic)
    with (
        shown.open("w") as out,
        subprocess.Popen([sys.executable, "-c", program_text], cwd=tmp_path, env=environment, stdout=out) as program,
    ):
        try:
            _wait_until(lambda: f"{topic}:0:0 PUT {{'hello': 'world'}}" in shown.read_text())
            program.send_signal(signal.SIGINT)
            program.wait(timeout=30)
        finally:
            program.kill()

    assert broker.committed(consumer.name) == broker.end_offsets(topic)


def test_every_command_of_readme_exists() -> None:
    """Each line that README shows after a dollar sign starts with a program that a user then has."""
    typed = [shlex.split(line[2:]) for block in blocks("console") for line in block.splitlines()]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)

    for name, *arguments in typed:
        assert (COMMANDS / name).exists() or shutil.which(name), name
        if name == "make":
            assert arguments[0] in targets


def test_every_page_that_readme_links_to_exists() -> None:
    """No link of README to a file of the project is dead."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def _wait_until(condition: object, limit: float = 30.0) -> None:
    assert callable(condition)
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.05)
