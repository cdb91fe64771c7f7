"""The race: every peer over every corpus, one process after the other, in rounds."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaConsumer, OffsetAndMetadata
from kafka import TopicPartition as KafkaTopicPartition

from benchmarks.job import Job
from benchmarks.process import Cost, Figures, last_words, run
from benchmarks.roster import Peer
from benchmarks.topics import CORPORA, Topic, fill, without_headers
from mister_webhooks.source import TopicPartition
from tests.broker.broker import Broker, Consumer

LIMIT = 300.0
"""Seconds after which a run is ended and counts as failed."""

WARM_UP = 3
"""Rounds of one peer that nobody measures."""

LEGACY_SHARE = 10
"""The first release gets a tenth of the events: it needs a round trip to the broker for each."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: who, over what, in which round, what it counted and cost, and what was wrong with it."""

    peer: str
    corpus: str
    number: int
    events: int
    seconds: float
    cost: Cost
    error: str | None

    @property
    def rate(self) -> float:
        """Events a second, from the first call of the handler to the last."""
        return (self.events - 1) / self.seconds if self.seconds else 0.0


class Race:
    """Holds the broker and the filled topics. `folder` takes what the processes write."""

    def __init__(self, broker: Broker, folder: Path, *, events: int, corpora: Sequence[str]) -> None:
        self._broker = broker
        self._folder = folder
        self._events = events
        self._corpora = corpora
        self._topics: dict[tuple[str, bool], Topic] = {}
        self._numbers = iter(range(sys.maxsize))

    def topic(self, corpus: str, *, legacy: bool = False) -> Topic:
        """The corpus' topic, filled when it is first asked for."""
        if (corpus, legacy) not in self._topics:
            count = self._events // LEGACY_SHARE if legacy else self._events
            say(f"writing {count} events: {corpus}{', without headers' * legacy}")
            webhooks = CORPORA[corpus](count)
            self._topics[corpus, legacy] = fill(self._broker, without_headers(webhooks) if legacy else webhooks)
        return self._topics[corpus, legacy]

    def warm_up(self, peer: Peer) -> None:
        """Let the broker compile what it needs: until then its share of the machine is many times what it is later."""
        for number in range(WARM_UP):
            for corpus in self._corpora:
                self.run(peer, self.topic(corpus), f"warming up, {corpus}", number + 1)

    def rounds(self, peers: Sequence[Peer], count: int) -> Iterator[Run]:
        """`count` times: everybody once over each corpus."""
        for number in range(1, count + 1):
            for corpus in self._corpora:
                for peer in peers:
                    yield self.run(peer, self.topic(corpus, legacy=peer.legacy), corpus, number)

    def starts(self, peers: Sequence[Peer], count: int) -> Iterator[Run]:
        """What it costs to start, join, handle a single event, commit and leave: `count` times for everybody."""
        single = {legacy: self._single(legacy=legacy) for legacy in (False, True)}
        for number in range(1, count + 1):
            for peer in peers:
                yield self.run(peer, single[peer.legacy], "one event", number)

    def run(self, peer: Peer, topic: Topic, corpus: str, number: int) -> Run:
        """One run, checked: every event once, and all of them committed."""
        job = self.job(peer, topic)
        output = Path(job.folder) / "output.txt"
        cost = run(peer.command(job), job.to_env() | peer.variables, output, LIMIT)
        figures = Figures.read(job.result)
        error = self._error(cost, figures, topic, job.group)
        if error and cost.code:
            error += f": {last_words(output)}"
        done = Run(peer.name, corpus, number, topic.events, figures.seconds, cost, error)
        say(f"round {number}, {corpus}, {peer.name}: {error or f'{done.rate:,.0f} events/s'}")
        return done

    def job(self, peer: Peer, topic: Topic) -> Job:
        """A job for this peer, with a consumer that nobody was before and a folder of its own."""
        consumer = self._broker.new_consumer()
        if peer.legacy:
            self._commit_start(consumer, topic)
        folder = self._folder / f"{next(self._numbers)}-{peer.name}"
        folder.mkdir()
        (folder / "profile.json").write_text(consumer.profile_json, encoding="utf-8")
        return Job(
            bootstrap=self._broker.bootstrap,
            ca_file=str(self._broker.ca_file),
            topic=topic.name,
            group=consumer.name,
            secret=consumer.secret,
            events=topic.events,
            folder=str(folder),
        )

    def _single(self, *, legacy: bool) -> Topic:
        webhooks = CORPORA["small"](1)
        return fill(self._broker, without_headers(webhooks) if legacy else webhooks)

    def _commit_start(self, consumer: Consumer, topic: Topic) -> None:
        """Let a client that starts at the latest offset find an earlier one."""
        with closing(KafkaConsumer(bootstrap_servers=self._broker.plain_bootstrap, group_id=consumer.name)) as helper:
            helper.commit({KafkaTopicPartition(topic.name, 0): OffsetAndMetadata(0, "", -1)})

    def _error(self, cost: Cost, figures: Figures, topic: Topic, group: str) -> str | None:
        if cost.code:
            return f"ended with {cost.code}"
        if figures.count != topic.events or figures.total != topic.total:
            return f"saw {figures.count} events of {topic.events}, sum {figures.total} of {topic.total}"
        committed = self._broker.committed(group).get(TopicPartition(topic.name, 0))
        return None if committed == topic.events else f"committed {committed} of {topic.events}"


def say(text: str) -> None:
    """Progress, beside the report."""
    print(text, file=sys.stderr, flush=True)
