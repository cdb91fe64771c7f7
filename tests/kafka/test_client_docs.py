"""The programs of the client's docs run as they stand, and its tables name what there is."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import mister_webhooks
from mister_webhooks import ConnectionProfile, Envelope, KafkaAdmin, MisterWebhooksConsumer, errors
from tests.broker.broker import Broker
from tests.broker.waiting import wait_until

DOCS = Path(__file__).parents[2] / "docs"
HOW_TO = (DOCS / "how-to" / "plain-client.md").read_text()
REFERENCE = (DOCS / "reference" / "client.md").read_text()
TOPICS = ("incoming.acme.github", "incoming.acme.stripe")


def programs(page: str) -> dict[str, str]:
    """Each Python block by the name in its first line."""
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    return {block.splitlines()[0].removeprefix("# "): block for block in blocks}


PROGRAMS = programs(HOW_TO)


@pytest.fixture
def folder(broker: Broker, tmp_path: Path) -> Path:
    """With `profile.json` beside the program, as a user has it."""
    consumer = broker.new_consumer()
    broker.profile_file(tmp_path, consumer).rename(tmp_path / "profile.json")
    return tmp_path


def topics_of(broker: Broker, program: str) -> tuple[str, list[str]]:
    """The program with topics of this test in the place of the names in the docs."""
    names = [broker.new_topic() for _ in TOPICS]
    for name, stands in zip(names, TOPICS, strict=True):
        program = program.replace(stands, name)
        push = Envelope("POST", {"X-GitHub-Event": ["push"]}, b'{"ref": "refs/heads/main"}', "JSON")
        broker.produce_events(name, [push])
    return program, names


def start(broker: Broker, folder: Path, program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", "-c", program],
        cwd=folder,
        env={**os.environ, "MWH_CA_FILE": str(broker.ca_file), "MWH_PROFILE": "profile.json"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "end", "shown"),
    [
        ("show.py", signal.SIGINT, "push {'ref': 'refs/heads/main'}"),
        ("first_push.py", None, "refs/heads/main"),
        ("service.py", signal.SIGTERM, "stopped"),
        ("since.py", signal.SIGINT, "WebhookEvent(method=<HTTPMethod.POST"),
        ("from_environment.py", None, "ConnectionProfile(consumer_name="),
    ],
)
def test_the_programs_of_the_how_to_run(
    broker: Broker, folder: Path, name: str, end: signal.Signals | None, shown: str
) -> None:
    """Each prints what it says, and ends as it says."""
    program, [topic, _] = topics_of(broker, PROGRAMS[name])
    running = start(broker, folder, program)
    if end is not None:
        group = json.loads((folder / "profile.json").read_text())["consumer_name"]
        wait_until(lambda: broker.committed(group) == broker.end_offsets(topic), "the event is handled")
        running.send_signal(end)
    out, err = running.communicate(timeout=30)

    assert shown in out
    assert err == "" or end is signal.SIGINT


def test_every_program_of_the_how_to_is_run() -> None:
    """None is left out above."""
    [mark] = test_the_programs_of_the_how_to_run.pytestmark  # type: ignore[attr-defined]

    assert {name for name, *_ in mark.args[1]} == PROGRAMS.keys()


def test_the_program_of_the_reference_runs(broker: Broker, folder: Path) -> None:
    """It works off two topics and ends."""
    [program] = programs(REFERENCE).values()
    program, _ = topics_of(broker, program)

    out, err = start(broker, folder, program).communicate(timeout=30)

    assert err == ""
    assert out.count("WebhookEvent(") == 2
    assert out.endswith("worked off\n")


def test_the_reference_names_every_parameter_and_error() -> None:
    """Of the consumer and the admin, and each public exception."""
    parameters = [*inspect.signature(MisterWebhooksConsumer).parameters, *inspect.signature(KafkaAdmin).parameters]
    methods = [name for name in vars(KafkaAdmin) if not name.startswith("_")]
    kinds = [name for name in mister_webhooks.__all__ if isinstance(getattr(errors, name, None), type)]
    wanted = [*parameters, *methods, *kinds, *(name for name in vars(ConnectionProfile) if name.startswith("from_"))]
    internal = {"consumer", "close"}

    assert [name for name in wanted if name not in REFERENCE and name not in internal] == []
