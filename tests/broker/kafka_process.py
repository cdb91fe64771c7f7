"""One Apache Kafka node as a child process: broker and controller in one, on loopback only."""

from __future__ import annotations

import base64
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from tests.broker.pki import Certificates
from tests.broker.scripts import run_script
from tests.broker.waiting import wait_until

# In bytes, headers included.
LARGEST_RECORD = 16 * 1024 * 1024

# Compiles lightly: ready sooner, but TLS costs it five times as much as without this option.
QUICK_START = ("-XX:TieredStopAtLevel=1",)

_START_LIMIT = 60.0
_PORT_ATTEMPTS = 5

# Ends the broker when the test run is gone, however it went: nobody else holds the other end of its standard input.
_WATCHDOG = 'read -r _; kill -9 "$0"'

_LOG_SETTINGS = """\
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %m (%c)%n
"""


class BrokerDidNotStart(Exception):
    """The broker ended or stayed silent. The message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the node listens: set-up, consensus, clients, and clients that must refuse its certificate."""

    plain: int
    controller: int
    secure: int
    wrong_host: int

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody listens on now.

        They lie below the range from which outgoing connections take theirs: while the broker is down, a client that
        tries to reach a port of that range can connect to itself and keep the port.
        """
        found: set[int] = set()
        while len(found) < len(cls.__slots__):
            port = random.randrange(15_000, 32_000)
            if _is_free(port):
                found.add(port)
        return cls(*found)


class KafkaProcess:
    """A broker with its own data, ports and users.

    Parameters: `folder` for everything it writes, the PEM files, and the name and secret of each user. Users are fixed
    when the broker starts.
    """

    def __init__(
        self,
        folder: Path,
        certificates: Certificates,
        users: Mapping[str, str],
        java_options: Sequence[str] = QUICK_START,
    ) -> None:
        self.log_file = folder / "broker.log"
        self.ports = Ports.free()
        self._folder = folder
        self._data = folder / "data"
        self._properties = folder / "node.properties"
        self._log_settings = folder / "log4j2.properties"
        self._log_settings.write_text(_LOG_SETTINGS)
        self._certificates = certificates
        self._users = users
        self._java_options = java_options
        self._classpath = f"{jars()}/*"
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The java process, or None while there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Format the data folder and start; return when the broker serves requests."""
        for attempt in range(_PORT_ATTEMPTS):
            self._format()
            try:
                self._launch()
            except BrokerDidNotStart:
                if attempt + 1 == _PORT_ATTEMPTS or "Address already in use" not in self._log_tail():
                    raise
                self.ports = Ports.free()
            else:
                return

    def kill(self) -> None:
        """End the process as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._dismiss_watchdog()

    def restart(self) -> None:
        """Start again with the same data on the same ports, after killing it if it still runs."""
        self.kill()
        self._launch()

    def stop(self) -> None:
        """Freeze the process (SIGSTOP): its connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def cont(self) -> None:
        """Let it go on after `stop`."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End the process and remove its data; the log stays."""
        self.kill()
        shutil.rmtree(self._data, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("the broker does not run")
        self._process.send_signal(number)

    def _format(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        self._properties.write_text(_properties(self.ports, self._data, self._certificates, self._users))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ["format", "--standalone", f"--cluster-id={cluster}", "-c", str(self._properties)]
        self.log_file.touch()
        with self.log_file.open("ab") as log:
            done = subprocess.run(
                [*self._java(), "kafka.tools.StorageTool", *arguments], stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise BrokerDidNotStart(f"the data folder could not be formatted:\n{self._log_tail()}")

    def _launch(self) -> None:
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java(), "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, str(self._process.pid)], stdin=subprocess.PIPE, start_new_session=True
        )
        try:
            wait_until(self._is_ready, "the broker is ready", limit=_START_LIMIT)
        except (TimeoutError, BrokerDidNotStart) as error:
            self.kill()
            raise BrokerDidNotStart(f"{error}; the end of {self.log_file}:\n{self._log_tail()}") from error

    def _java(self) -> list[str]:
        return [
            "java",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            *self._java_options,
            f"-Dlog4j2.configurationFile={self._log_settings}",
            "-cp",
            self._classpath,
        ]

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise BrokerDidNotStart("the broker ended while it started")
        return not _is_free(self.ports.plain) and not _is_free(self.ports.secure) and self._accepts_topics()

    def _accepts_topics(self) -> bool:
        """Whether a topic could be created now: only then does the controller count the node as alive."""
        try:
            with contextlib.closing(
                KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{self.ports.plain}", bootstrap_timeout_ms=2000)
            ) as admin:
                admin.create_topics({"ready": {"num_partitions": 1, "replication_factor": 1}}, validate_only=True)
        except KafkaError:
            return False
        return True

    def _dismiss_watchdog(self) -> None:
        if self._watchdog is not None:
            self._watchdog.kill()
            self._watchdog.communicate()
            self._watchdog = None

    def _log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])


def jars() -> Path:
    """The folder of Kafka's jars, fetched first where it is missing."""
    return Path(run_script("kafka-jars"))


def is_alive(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _properties(ports: Ports, data: Path, certificates: Certificates, users: Mapping[str, str]) -> str:
    listeners = {
        "PLAINTEXT": ports.plain,
        "CONTROLLER": ports.controller,
        "SASL_SSL": ports.secure,
        "WRONG_HOST": ports.wrong_host,
    }
    advertised = {"PLAINTEXT": "127.0.0.1", "SASL_SSL": "localhost", "WRONG_HOST": "localhost"}
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{ports.controller}",
        "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items()),
        "advertised.listeners": ",".join(f"{name}://{host}:{listeners[name]}" for name, host in advertised.items()),
        "listener.security.protocol.map": (
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,WRONG_HOST:SASL_SSL"
        ),
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(LARGEST_RECORD),
        # A killed broker may register again when its old session has run out.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": "PLAIN",
        **_tls("sasl_ssl", certificates.server_file, users),
        **_tls("wrong_host", certificates.wrong_host_file, users),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _tls(listener: str, server_file: Path, users: Mapping[str, str]) -> dict[str, str]:
    accepted = " ".join(f'user_{name}="{secret}"' for name, secret in users.items())
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return {
        f"listener.name.{listener}.plain.sasl.jaas.config": f"{module} required {accepted};",
        f"listener.name.{listener}.ssl.keystore.type": "PEM",
        f"listener.name.{listener}.ssl.keystore.location": str(server_file),
        f"listener.name.{listener}.ssl.enabled.protocols": "TLSv1.3",
    }
