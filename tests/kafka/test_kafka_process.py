"""Starting and ending a broker of one's own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.broker.kafka_process import BrokerDidNotStart, KafkaProcess, is_alive
from tests.broker.pki import Certificates
from tests.broker.waiting import wait_until

_START_AND_WAIT = """
import sys, time
from pathlib import Path
from tests.broker.kafka_process import KafkaProcess
from tests.broker.pki import Certificates

folder = Path(sys.argv[1])
process = KafkaProcess(folder, Certificates.write(folder), {"user": "secret"})
process.start()
print(process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[KafkaProcess]:
    process = KafkaProcess(tmp_path, Certificates.write(tmp_path), {"user": "secret"})
    yield process
    process.close()


@pytest.mark.kafka
def test_a_taken_port_is_replaced_and_close_leaves_nothing(process: KafkaProcess, tmp_path: Path) -> None:
    """Somebody else's port is left alone, and after `close` there is neither a process nor data, only the log."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process.ports = replace(process.ports, controller=taken.getsockname()[1])
        process.start()
        assert process.ports.controller != taken.getsockname()[1]

    pid = process.pid
    assert pid is not None
    process.close()

    assert not is_alive(pid)
    assert process.pid is None
    assert not (tmp_path / "data").exists()
    assert process.log_file.exists()


@pytest.mark.kafka
def test_a_test_run_that_is_killed_takes_its_broker_along(tmp_path: Path) -> None:
    """SIGKILL of the process that started the broker ends the broker too."""
    with subprocess.Popen(
        [sys.executable, "-c", _START_AND_WAIT, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=_environment()
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert is_alive(pid)

        owner.send_signal(signal.SIGKILL)

    wait_until(lambda: not is_alive(pid), "the broker is gone", limit=10)


@pytest.mark.kafka
def test_a_broker_that_does_not_start_says_why(process: KafkaProcess, tmp_path: Path) -> None:
    """The error holds what the broker's log says, here of a certificate that it cannot read."""
    (tmp_path / "server.pem").write_text("no certificate")

    with pytest.raises(BrokerDidNotStart, match=r"(?s)broker\.log.*InvalidConfigurationException"):
        process.start()

    assert process.pid is None


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
