"""What ends `mwh-run` on a real broker: set-up that the broker refuses, and records that break the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from mister_webhooks import Envelope
from tests.broker import records
from tests.broker.broker import Broker, Consumer
from tests.broker.records import NewRecord
from tests.kafka.support import webhooks
from tests.mister_webhooks_router.cli.processes import Ended, problems, run, write_app

APP = """
    from mister_webhooks_router import App

    app = App()

    @app.on()
    def every(payload):
        pass
"""


class Refusal(NamedTuple):
    """How a program ended, how it had to, and the group that it read as."""

    ended: Ended
    code: int
    told: tuple[str, ...]
    group: str


class Setting:
    """A consumer, a topic, and a program that reads it."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker = broker
        self.consumer: Consumer = broker.new_consumer()
        self.topic = broker.new_topic()
        self.ca_file = broker.ca_file
        self.profile = broker.profile_file(folder, self.consumer)
        self.folder = folder
        write_app(folder, APP)

    def change(self, old: str, new: str) -> None:
        self.profile.write_text(self.profile.read_text().replace(old, new))

    def run(self) -> Ended:
        arguments = ("app:app", "--profile", self.profile, "--topic", self.topic, "--ca-file", self.ca_file, "--burst")
        return run("mwh-run", *arguments, folder=self.folder)


# Each of these spoils the setting and returns the exit code and what must be said.
Spoil = Callable[[Setting], tuple[int, tuple[str, ...]]]


def wrong_ca(one: Setting) -> tuple[int, tuple[str, ...]]:
    one.ca_file = one.broker.other_ca_file
    return 5, ("not signed by the authority", "MWH_CA_FILE")


def wrong_host(one: Setting) -> tuple[int, tuple[str, ...]]:
    one.change(one.broker.bootstrap, one.broker.wrong_host_bootstrap)
    return 5, ("for another host name",)


def wrong_secret(one: Setting) -> tuple[int, tuple[str, ...]]:
    one.change(one.consumer.secret, "not-the-secret")
    return 5, (f"does not accept the consumer {one.consumer.name!r}",)


def no_right_on_topic(one: Setting) -> tuple[int, tuple[str, ...]]:
    one.broker.only_read(one.consumer)
    return 5, (f"no right to read the topic {one.topic!r}",)


def no_right_on_group(one: Setting) -> tuple[int, tuple[str, ...]]:
    one.broker.revoke(one.consumer, group=True)
    return 5, (f"no right to use the consumer group {one.consumer.name!r}",)


def no_topic(one: Setting) -> tuple[int, tuple[str, ...]]:
    there, one.topic = one.topic, one.topic.replace("incoming", "incomming")
    return 5, (f"there is no topic {one.topic!r}", f"did you mean {there!r}?")


SETTINGS = [wrong_ca, wrong_host, wrong_secret, no_right_on_topic, no_right_on_group, no_topic]

RECORDS: dict[str, tuple[NewRecord, int, str]] = {
    "no header": (records.no_header(), 6, "envelope"),
    "two headers": (records.two_headers(), 6, "envelope"),
    "two bytes": (records.two_bytes(), 6, "envelope"),
    "newer": (records.newer_envelope(), 6, "pgrade"),
    "broken Avro": (records.broken_avro(), 6, "Avro"),
}


def bad_record(record: NewRecord, code: int, word: str) -> Spoil:
    def spoil(one: Setting) -> tuple[int, tuple[str, ...]]:
        one.broker.produce_events(one.topic, webhooks(3))
        one.broker.produce(one.topic, [record])
        one.broker.produce_events(one.topic, webhooks(3))
        return code, (f"{one.topic}:0:3", word, "done: 3 events")

    return spoil


def bad_body(one: Setting) -> tuple[int, tuple[str, ...]]:
    one.broker.produce_events(one.topic, [*webhooks(3), Envelope("POST", {}, b"{", "JSON"), *webhooks(3)])
    return 1, (f"{one.topic}:0:3", "cannot be decoded", "done: 4 events")


SPOILS: dict[str, Spoil] = {
    **{spoil.__name__: spoil for spoil in SETTINGS},
    **{name: bad_record(*record) for name, record in RECORDS.items()},
    "bad body": bad_body,
}


@pytest.fixture(scope="module")
def refusals(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Refusal]]]:
    """All programs, started side by side; each with its own consumer and topic."""
    with ThreadPoolExecutor(4) as pool:
        found = {}
        for name, spoil in SPOILS.items():
            one = Setting(broker, tmp_path_factory.mktemp("refused"))
            found[name] = pool.submit(_refused, one, *spoil(one))
        yield found


def _refused(one: Setting, code: int, told: tuple[str, ...]) -> Refusal:
    return Refusal(one.run(), code, told, one.consumer.name)


@pytest.mark.parametrize("name", SPOILS)
def test_a_refusal(name: str, refusals: dict[str, Future[Refusal]], broker: Broker) -> None:
    """It ends with its exit code and says what and where; no traceback, no secret; a bad record is not committed."""
    ended, code, told, group = refusals[name].result()

    assert ended.code == code, ended.err
    assert [text for text in told if text not in ended.err] == [], ended.err
    assert problems(ended, "not-the-secret") == [], ended.err
    assert list(broker.committed(group).values()) == ([3] if "done: " in ended.err else [])
