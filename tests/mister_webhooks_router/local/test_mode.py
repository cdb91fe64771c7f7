from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import httpx
import pytest

from mister_webhooks.source import TopicPartition
from mister_webhooks_router.errors import UsageError
from mister_webhooks_router.local import LocalMode, LogInUse
from tests.broker.waiting import wait_until
from tests.mister_webhooks_router.local.listening import Listener

APP = """
import os, time
from pathlib import Path
from mister_webhooks_router import App

app = App()

@app.on()
def keep(payload):
    with Path("started").open("a") as file:
        file.write(f"{payload}\\n")
    while os.environ.get("BLOCK"):
        time.sleep(0.05)
    with Path("handled").open("a") as file:
        file.write(f"{payload}\\n")
"""
RUN = "import sys; from mister_webhooks_router.cli import mwh_run; sys.exit(mwh_run())"
WITHOUT = "import sys; sys.modules['{0}'] = None; from mister_webhooks_router.cli import mwh_run; sys.exit(mwh_run())"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@contextmanager
def mwh_run(home: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", RUN, "app:app", "--local", *arguments]
    with subprocess.Popen(
        command,
        cwd=home,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/in/", line):
            threading.Thread(target=_drain, args=[process.stdout], daemon=True).start()
            return found[0]
    raise AssertionError("mwh-run ended before it received anything")


def _drain(output: IO[str]) -> None:
    try:
        output.read()
    except ValueError:  # closed, as the process has ended
        return


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def work_off(home: Path) -> None:
    """Start again, handle what is there, stop."""
    with mwh_run(home, "--http", "127.0.0.1:0", "--burst") as process:
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output


def test_what_was_accepted_survives_sigkill(home: Path) -> None:
    """Webhooks that were answered with 202 and not handled when the process was killed are handled in the next run."""
    with mwh_run(home, "--http", "127.0.0.1:0", BLOCK="1") as process:
        url = url_of(process)
        answers = [httpx.post(f"{url}a.b.c", json=number).status_code for number in range(5)]
        wait_until(lambda: lines(home / "started") == ["0"], "the first handler runs")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    handled_before = lines(home / "handled")
    work_off(home)

    assert answers == [202] * 5
    assert handled_before == []
    assert lines(home / "handled") == ["0", "1", "2", "3", "4"]


def send_until_killed(url: str, first: int, accepted: list[int]) -> None:
    with httpx.Client() as client:
        for number in range(first, first + 5_000):
            try:
                status = client.post(f"{url}a.b.c", json=number).status_code
            except httpx.TransportError:
                return
            assert status == 202
            accepted.append(number)


def is_longer(items: Sequence[object], count: int) -> bool:
    return len(items) > count


def test_sigkill_at_any_moment_loses_nothing(home: Path) -> None:
    """Killed again and again while webhooks pour in: each that was answered with 202 is handled in the end."""
    accepted: list[int] = []
    for enough in (0, 60):
        with mwh_run(home, "--http", "127.0.0.1:0") as process:
            sender = threading.Thread(target=send_until_killed, args=[url_of(process), enough * 1000, accepted])
            sender.start()
            wait_until(partial(is_longer, accepted, enough), "some webhooks are accepted", pause=0.001)
            process.kill()
            sender.join()
    work_off(home)

    assert set(map(str, accepted)) <= set(lines(home / "handled"))


def test_a_second_run_handles_nothing_again(home: Path) -> None:
    """What was handled is committed at the end of a run, so that the next one has nothing to do."""
    with mwh_run(home, "--http", "127.0.0.1:0") as process:
        url = url_of(process)
        httpx.post(f"{url}a.b.c", json=1)
        wait_until(lambda: lines(home / "handled") == ["1"], "the webhook is handled")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    work_off(home)

    assert lines(home / "handled") == ["1"]


def test_a_second_program_on_the_log_is_refused(home: Path) -> None:
    """The second `mwh-run --local` in a directory ends at once with exit code 5 and says who has the log."""
    with mwh_run(home, "--http", "127.0.0.1:0") as first:
        url_of(first)
        with mwh_run(home, "--http", "127.0.0.1:0") as second:
            output, _ = second.communicate(timeout=30)

    assert second.returncode == 5
    assert f"in use by process {first.pid}. Stop that one" in output
    assert "Traceback" not in output


def test_a_port_in_use_ends_the_start(home: Path) -> None:
    """Exit code 2, and the message says how to choose another port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with mwh_run(home, "--http", address) as process:
            output, _ = process.communicate(timeout=30)

    assert process.returncode == 2
    assert f"cannot listen on {address}: the port is in use. Choose another with --http" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "python_multipart"])
def test_without_the_extra_the_error_names_the_command(home: Path, package: str) -> None:
    """Each package of the extra that is missing ends the start with the pip command, without a traceback."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(package), "app:app", "--local"],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert "needs the extra 'http': pip install 'mister-webhooks[http]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode not in (0, 70)


def test_what_is_received_is_delivered(tmp_path: Path) -> None:
    """A record goes from a request through the log to the source, and is there for the next run too."""
    for offset in range(2):
        local = LocalMode(tmp_path / "log.db", ["a.b.c"], port=0)
        local.start()
        local.source.open(Listener())
        httpx.post(f"{local.url}a.b.c", json=1)
        found = local.source.poll(10, 10)
        local.source.close()
        local.close()
        local.close()

        assert {each: [record.offset for record in records] for each, records in found.items()} == {
            TopicPartition("a.b.c", 0): list(range(offset + 1))
        }


def test_a_failed_start_leaves_nothing_open(tmp_path: Path) -> None:
    """Where the port or the log cannot be had, the other is given back."""
    path = tmp_path / "log.db"
    running = LocalMode(path, port=0)
    running.start()
    port = int(running.url.split(":")[2].split("/")[0])
    with pytest.raises(LogInUse):
        LocalMode(path, port=0).start()
    with pytest.raises(UsageError, match="the port is in use"):
        LocalMode(tmp_path / "other.db", port=port).start()
    running.close()
    again = LocalMode(tmp_path / "other.db", port=port)
    again.start()
    again.close()
