"""`mwh-run` on a real broker: every event handled, once where nothing fails, and committed."""

from __future__ import annotations

import hashlib
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mister_webhooks import Envelope, HTTPMethod
from mister_webhooks.payload import encode_payload
from mister_webhooks.types import Encoding
from tests.broker import records
from tests.broker.broker import Broker, Consumer
from tests.broker.octokit import Example
from tests.broker.waiting import wait_until
from tests.kafka.support import webhooks
from tests.mister_webhooks import peers
from tests.mister_webhooks_router.cli.processes import Ended, Program, problems, write_app

KEEPS_FOR_EVER = {"retention.ms": "-1"}

NUMBERS = """
    from mister_webhooks_router import App

    app = App()

    @app.on()
    def number(payload):
        print(f"n={payload['n']}", flush=True)
"""


class Site:
    """A consumer with READ on its topic and its group, and a folder with its profile and an app."""

    def __init__(self, broker: Broker, folder: Path, app: str = NUMBERS, **settings: Any) -> None:  # noqa: ANN401
        self.broker = broker
        self.folder = folder
        self.topic = broker.new_topic(**settings)
        self.consumer: Consumer = broker.new_consumer()
        broker.only_read(self.consumer, self.topic)
        self.profile = broker.profile_file(folder, self.consumer)
        write_app(folder, app)

    @property
    def arguments(self) -> tuple[str, ...]:
        """What to run and what to read."""
        return ("app:app", "--topic", self.topic)

    @property
    def env(self) -> dict[str, str | Path]:
        """Profile and CA."""
        return {"MWH_PROFILE": self.profile, "MWH_CA_FILE": self.broker.ca_file}

    def start(self, *more: str, topic: bool = True) -> Program:
        """Start the program."""
        arguments = self.arguments if topic else self.arguments[:1]
        return Program("mwh-run", *arguments, *more, folder=self.folder, env=self.env)

    def run(self, *more: str, topic: bool = True) -> Ended:
        """Run it to its end; by itself it ends with --burst."""
        with self.start(*more, topic=topic) as program:
            ended = program.wait()
        assert self.consumer.secret not in ended.out + ended.err
        return ended

    def produce(self, count: int, start: int = 0) -> None:
        """Write webhooks with the payload `{"n": n}`."""
        self.broker.produce_events(self.topic, webhooks(count, start))

    @property
    def committed(self) -> list[int]:
        """The group's offset in each partition."""
        return list(self.broker.committed(self.consumer.name).values())


def handled(ended: Ended) -> list[int]:
    """The numbers that the app printed."""
    return [int(line.removeprefix("n=")) for line in ended.out.split()]


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Site:
    return Site(broker, tmp_path)


# --- Every event ------------------------------------------------------------------------------------------------------


OCTOKIT = """
    import hashlib, json
    from mister_webhooks_router import App

    app = App()

    @app.on(name="digest")
    def digest(event):
        text = json.dumps(event.payload, sort_keys=True)
        print(event.method.name, event.headers.first("x-number"), hashlib.sha256(text.encode()).hexdigest())

    @app.on(header={"x-github-event": "push"})
    async def on_push(event): ...

    @app.on(method=["PUT", "DELETE"], header={"X-Github-Event": ["issues", "ping"], "x-tag": "second"})
    def some(event): ...

    @app.on(header={"X-GitHub-Event": "no_such_event"})
    def never(event): ...
"""


def as_sent(examples: Sequence[Example]) -> Iterator[Envelope]:
    """All methods, both encodings, three spellings of header names, and a header that stands twice."""
    spellings = (str, str.lower, str.upper)
    methods, encodings = list(HTTPMethod), list(Encoding)
    for number, example in enumerate(examples):
        spelled = spellings[number % 3]
        headers = {spelled(name): [value] for name, value in example.headers.items()}
        headers[spelled("X-Number")] = [str(number)]
        headers[spelled("X-Tag")] = ["first", "second"]
        encoding = encodings[number % 2]
        yield Envelope(methods[number % 6], headers, encode_payload(encoding, dict(example.payload)), encoding)


def test_all_recorded_webhooks(broker: Broker, octokit: list[Example], tmp_path: Path) -> None:
    """All arrive as they were sent, are counted right, and are committed; a second run finds nothing to do."""
    site = Site(broker, tmp_path, OCTOKIT)
    sent = list(as_sent(octokit))
    broker.produce_events(site.topic, sent)
    broker.produce(site.topic, [records.system_message()])
    first, second = site.run("--burst", "--log-level", "warning"), site.run("--burst")

    methods = [envelope.method for envelope in sent]
    digests = [hashlib.sha256(json.dumps(one.payload, sort_keys=True).encode()).hexdigest() for one in octokit]
    assert first.out.split("\n")[:-1] == [f"{m} {n} {d}" for n, (m, d) in enumerate(zip(methods, digests, strict=True))]
    events = Counter(one.event for one in octokit)
    some = [m for m, one in zip(methods, octokit, strict=True) if one.event in {"issues", "ping"}]
    total = len(sent) + events["push"] + some.count("PUT") + some.count("DELETE")
    assert len(sent) == 329
    assert total > 340
    place = f"{site.topic}:0 up to 330"
    assert f"done: 329 events, 0 unmatched; deliveries: {total} handled, 0 failed; committed: {place}" in first.err
    assert "done: 0 events" in second.err
    assert (first.code, second.code, second.out, site.committed) == (0, 0, "", [330])


def test_several_partitions_and_unmatched_events(broker: Broker, tmp_path: Path) -> None:
    """Each partition ends committed at its end; what no handler wants is counted and committed too."""
    app = NUMBERS.replace("@app.on()", "@app.on(method='PUT')")
    site = Site(broker, tmp_path, app, partitions=3)
    for partition in range(3):
        envelopes = [Envelope(method, {}, b'{"n": 1}', "JSON") for method in ("PUT", "GET", "PUT")]
        broker.produce(site.topic, [records.event(one, partition=partition) for one in envelopes])
    ended = site.run("--burst")

    assert "done: 9 events, 3 unmatched; deliveries: 6 handled, 0 failed" in ended.err
    assert site.committed == [3, 3, 3]


def test_topics_of_the_handlers(broker: Broker, tmp_path: Path) -> None:
    """Without --topic, the topics that handlers name are read."""
    site = Site(broker, tmp_path)
    write_app(tmp_path, NUMBERS.replace("@app.on()", f"@app.on(topic='{site.topic}')"))
    site.produce(2)

    assert handled(site.run("--burst", topic=False)) == [0, 1]


# --- Failures and ends ------------------------------------------------------------------------------------------------


def test_a_handler_that_fails(site: Site) -> None:
    """The program stops with 1 and shows the traceback; what came before is committed, the event comes again."""
    site.produce(10)
    write_app(site.folder, NUMBERS + "        if payload['n'] == 6: raise OSError('ledger down')\n")
    failed = site.run("--burst")
    committed = site.committed
    write_app(site.folder, NUMBERS)
    repaired = site.run("--burst")

    assert (failed.code, committed) == (1, [6])
    assert f"number failed on {site.topic}:0:6: OSError: ledger down" in failed.err
    assert f'File "{site.folder / "app.py"}"' in failed.err
    assert "mister_webhooks_router/" not in failed.err
    assert (repaired.code, handled(repaired), site.committed) == (0, [6, 7, 8, 9], [10])


SLOW = NUMBERS + "        __import__('time').sleep(0.005)\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_in_the_middle(number: signal.Signals, broker: Broker, tmp_path: Path) -> None:
    """The running event ends, everything handled is committed, exit code 0: nothing is lost and nothing repeated."""
    site = Site(broker, tmp_path, SLOW)
    site.produce(400)
    with site.start() as program:
        program.until("n=20\n")
        program.send(number)
        first = program.wait()
    members = broker.members(site.consumer.name)
    write_app(tmp_path, NUMBERS)
    second = site.run("--burst")

    assert (first.code, problems(first), members) == (0, [], [])
    assert 0 < len(handled(second)) < 400
    assert handled(first) + handled(second) == list(range(400))


def test_a_kill_in_the_middle(broker: Broker, tmp_path: Path) -> None:
    """After SIGKILL the next run goes on from the last commit: nothing is lost."""
    site = Site(broker, tmp_path, SLOW)
    site.produce(600)
    with site.start() as program:
        wait_until(lambda: any(offset > 0 for offset in site.committed), "something is committed")
        program.send(signal.SIGKILL)
        first = program.wait()
    write_app(tmp_path, NUMBERS)
    second = site.run("--burst")

    assert set(handled(first)) | set(handled(second)) == set(range(600))
    assert handled(second)[0] > 0
    assert site.committed == [600]


IMPATIENT = """
import mister_webhooks.kafka_source
from mister_webhooks_router.cli import mwh_run

mister_webhooks.kafka_source.COMPLAIN_AFTER_SECONDS = 0.5
mwh_run()
"""


def test_an_outage(site: Site) -> None:
    """One line when the broker has been away for some time, one when it is back; then events come again."""
    site.produce(1)
    with Program(sys.executable, "-c", IMPATIENT, *site.arguments, folder=site.folder, env=site.env) as program:
        program.until("n=0\n")
        with site.broker.down():
            program.until("no contact with the broker")
        program.until("in contact with the broker again")
        site.produce(1, start=1)
        program.until("n=1\n")
        program.send(signal.SIGTERM)
        ended = program.wait()

    assert (ended.code, site.committed) == (0, [2])
    assert handled(ended)[-1] == 1
    assert ended.err.count("contact with the broker") == 2
    assert "kafka." not in ended.err


def test_interrupted_while_connecting(broker: Broker, tmp_path: Path) -> None:
    """Ctrl-C while the broker stays silent: 130, at once."""
    site = Site(broker, tmp_path)
    write_app(tmp_path, NUMBERS + "\nprint('loaded', flush=True)\n".replace("\n", "\n    "))
    with peers.listening(peers.silent) as address:
        site.profile.write_text(site.profile.read_text().replace(broker.bootstrap, str(address)))
        with site.start() as program:
            program.until("loaded")
            program.send(signal.SIGINT)
            ended = program.wait(9)

    assert (ended.code, ended.err) == (130, "mwh-run: interrupted\n")


# --- Where reading starts ---------------------------------------------------------------------------------------------


@pytest.fixture
def old_site(broker: Broker, tmp_path: Path) -> Site:
    """Ten events, one a day, the newest of today."""
    site = Site(broker, tmp_path, settings=KEEPS_FOR_EVER)
    now = datetime.now(UTC)
    times = [now - timedelta(days=days, minutes=1) for days in range(9, -1, -1)]
    written = zip(webhooks(10), times, strict=True)
    broker.produce(site.topic, [records.event(one, timestamp=int(time.timestamp() * 1000)) for one, time in written])
    return site


def test_the_first_start_asks(old_site: Site) -> None:
    """Old events and no offset: exit code 2 with count, dates and the three choices; nothing is touched."""
    ended = old_site.run("--burst")

    assert (ended.code, ended.out, problems(ended), old_site.committed) == (2, "", [], [])
    [row] = [line.split() for line in ended.err.splitlines() if line.strip().startswith(old_site.topic)]
    today, oldest = datetime.now(UTC), datetime.now(UTC) - timedelta(days=9, minutes=1)
    assert row[1:3] == ["10", f"{oldest:%Y-%m-%d}"]
    assert row[5] == f"{today - timedelta(minutes=1):%Y-%m-%d}"
    assert all(f"--start-from {choice}" in ended.err for choice in ("earliest", "latest", "20"))


def test_earliest(old_site: Site) -> None:
    """All of it, and the next start needs no answer any more."""
    assert handled(old_site.run("--burst", "--start-from", "earliest")) == list(range(10))
    assert old_site.run("--burst").code == 0


def test_latest(old_site: Site) -> None:
    """Nothing that is there; what comes while the program is away is not lost."""
    first = old_site.run("--burst", "--start-from", "latest")
    old_site.produce(2, start=10)
    second = old_site.run("--burst", "--start-from", "latest")

    assert handled(first) == []
    assert handled(second) == [10, 11]
    assert "--start-from has no effect" in second.err


def test_a_time(old_site: Site) -> None:
    """From the first event that is not older."""
    time = datetime.now(UTC) - timedelta(days=3)

    assert handled(old_site.run("--burst", "--start-from", f"{time:%Y-%m-%dT%H:%MZ}")) == [7, 8, 9]


def test_a_young_topic_starts_at_its_beginning(site: Site) -> None:
    """Under 24 hours nothing is asked, and nothing is missed."""
    site.produce(3)
    ended = site.run("--burst")

    assert handled(ended) == [0, 1, 2]
    assert "offset 0 (earliest)" in ended.err


# --- The summary ------------------------------------------------------------------------------------------------------


def test_a_check_reads_nothing(site: Site) -> None:
    """The summary with offsets and lag, exit code 0; the group is not joined and has no offset."""
    site.produce(3)
    ended = site.run("--check")

    assert (ended.code, ended.out, problems(ended)) == (0, "", [])
    assert [line.split() for line in ended.err.splitlines() if site.topic in line] == [
        [site.topic, "1", "offset", "0", "(earliest)", "3"]
    ]
    assert f"{site.consumer.name}, no other members" in ended.err
    assert "Nothing was read." in ended.err
    assert (site.committed, site.broker.members(site.consumer.name)) == ([], [])


def test_others_in_the_group(site: Site) -> None:
    """They are counted at the start."""
    site.produce(1)
    with site.start() as first:
        first.until("n=0\n")
        ended = site.run("--check")
        first.send(signal.SIGTERM)
        first.wait()

    assert f"{site.consumer.name}, 1 other member now, at 127.0.0.1" in ended.err


def test_the_secret_is_not_in_the_debug_log(site: Site) -> None:
    """--log-level debug shows what kafka-python does, but not the login."""
    site.produce(1)
    ended = site.run("--burst", "--log-level", "debug")

    assert "kafka.net" in ended.err
    assert site.consumer.secret not in ended.err + ended.out


def test_the_profile_in_the_environment(site: Site) -> None:
    """MWH_PROFILE may hold the JSON itself, as secret stores hand it out."""
    site.produce(1)
    env = {**site.env, "MWH_PROFILE": site.consumer.profile_json}
    with Program("mwh-run", *site.arguments, "--burst", folder=site.folder, env=env) as program:
        ended = program.wait()

    assert (ended.code, handled(ended)) == (0, [0])
