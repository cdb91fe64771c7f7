"""`mwh explain --at` on a real broker: any event of a topic, by its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from mister_webhooks import Envelope
from tests.broker import records
from tests.broker.broker import Broker
from tests.mister_webhooks_router.cli.processes import Ended, problems, run, write_app

APP = """
    from mister_webhooks_router import App

    app = App()

    @app.on("github:push", where={"ref": "refs/heads/main"})
    def deploy(event): ...

    @app.on(method="PUT")
    def put(event): ...

    @app.on()
    def by_headers(headers): ...
"""

PUSH = {"X-GitHub-Event": ["push"], "X-GitHub-Delivery": ["1"], "X-Token": ["hunter2"]}
SENT = [
    records.event(Envelope("POST", {}, b"{}", "JSON")),
    records.event(Envelope("POST", PUSH, b'{"ref": "refs/heads/dev"}', "JSON")),
    records.event(Envelope("POST", PUSH, b"?", "JSON")),
    records.system_message(),
    records.no_header(),
    records.newer_envelope(),
    records.broken_avro(),
]
DEV = 'where.ref: expected "refs/heads/main", got "refs/heads/dev"'

PLACES = {
    "an event": ("{topic}:0:1", 0, (f"not matched: {DEV}", 'not matched: method: expected "PUT", got "POST"')),
    "a broken body": ("{topic}:0:2", 0, ("failed (stage decode): PayloadDecodeError", "not matched: method")),
    "a system message": ("{topic}:0:3", 2, ("{topic}:0:3: this record is a message of the service itself",)),
    "no header": ("{topic}:0:4", 6, ("{topic}:0:4: ", "envelope")),
    "a newer record": ("{topic}:0:5", 6, ("{topic}:0:5: ", "pgrade")),
    "no Avro": ("{topic}:0:6", 6, ("{topic}:0:6: ", "Avro")),
    "a deleted one": ("{topic}:0:0", 2, ("{topic}:0:0: there is no such offset; the partition has 1 to 6",)),
    "one to come": ("{topic}:0:7", 2, ("{topic}:0:7: there is no such offset; the partition has 1 to 6",)),
    "an empty partition": ("{topic}:1:0", 2, ("{topic}:1:0: the partition holds no records",)),
    "no partition": ("{topic}:2:0", 2, ("{topic}:2:0: there is no such partition; {topic} has 0 to 1",)),
    "no topic": (
        "{topic}x:0:0",
        5,
        ("no right to read the topic '{topic}x', or there is no such topic; did you mean",),
    ),
}


@pytest.fixture(scope="module")
def topic(broker: Broker) -> str:
    """A topic with one record of every kind, and an empty partition."""
    name = broker.new_topic(2)
    broker.produce(name, SENT)
    broker.delete_records(name, 1)
    return name


@pytest.fixture(scope="module")
def explained(
    broker: Broker, topic: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Ended]]]:
    """What the program says of each place, with a credential that may READ the topic and nothing else."""
    folder = tmp_path_factory.mktemp("explained")
    consumer = broker.new_consumer()
    broker.only_read(consumer, topic)
    broker.revoke(consumer, group=True)
    write_app(folder, APP)
    env: dict[str, str | Path] = {
        "MWH_PROFILE": broker.profile_file(folder, consumer),
        "MWH_CA_FILE": broker.ca_file,
    }

    def explain(place: str, *more: str) -> Ended:
        return run("mwh", "explain", "app:app", "--at", place.format(topic=topic), *more, folder=folder, env=env)

    with ThreadPoolExecutor(2) as pool:
        found = {name: pool.submit(explain, place) for name, (place, *_) in PLACES.items()}
        yield {**found, "as JSON": pool.submit(explain, "{topic}:0:1", "--json")}


@pytest.mark.parametrize("name", PLACES)
def test_a_place(name: str, explained: dict[str, Future[Ended]], topic: str) -> None:
    """The event there is explained, or it is said why there is none, with the exit code of its kind."""
    _, code, told = PLACES[name]
    ended = explained[name].result()

    assert ended.code == code, ended.err
    assert [text for one in told if (text := one.format(topic=topic)) not in (ended.err if code else ended.out)] == []
    assert problems(ended, "hunter2") == []


def test_a_body_that_somebody_needs(explained: dict[str, Future[Ended]]) -> None:
    """A body that one handler needs and nobody can decode keeps the event from the handlers that would do without."""
    lines = explained["a broken body"].result().out.splitlines()

    assert [" ".join(line.split()[2:6]) for line in lines[2:]] == [
        "failed (stage decode): PayloadDecodeError:",
        "not matched: method: expected",
        "failed (stage decode): PayloadDecodeError:",
    ]


def test_a_place_as_json(explained: dict[str, Future[Ended]], topic: str) -> None:
    """The place, the sender and what each handler makes of it."""
    found = json.loads(explained["as JSON"].result().out)
    handlers = {one["handler"]: one for one in found["handlers"]}

    assert (found["position"], found["provider"], found["event"]) == (f"{topic}:0:1", "github", "push")
    assert handlers["deploy"] == {"handler": "deploy", "at": "app.py:6", "match": "not matched", "reason": DEV}
    assert handlers["by_headers"] == {"handler": "by_headers", "at": "app.py:12", "match": "matched"}
