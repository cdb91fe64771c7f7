"""Compressed records, with and without the packages that undo it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from tests.broker.broker import Broker
from tests.kafka.support import client_of, numbers, run_until, webhooks

CODECS = ["gzip", "lz4", "snappy", "zstd"]

# As it is where only `pip install mister-webhooks` was run: none of the extras, none of their packages.
BARE_PROGRAM = """
import sys
for name in ("fastavro", "lz4", "lz4.frame", "snappy", "zstandard", "uvloop", "pydantic", "starlette", "uvicorn"):
    sys.modules[name] = None

from mister_webhooks import ConnectionProfile, MisterWebhooksConsumer, MisterWebhooksError

client = MisterWebhooksConsumer(sys.argv[2], ConnectionProfile.from_file(sys.argv[1]))

def handle(event):
    print(event.payload["n"], flush=True)
    if event.payload["n"] == 2:
        client.stop()

try:
    client.run(handle)
except MisterWebhooksError as error:
    print(error)
client.close()
"""


def bare(broker: Broker, profile: Path, topic: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", BARE_PROGRAM, profile, topic],
        env={**os.environ, "MWH_CA_FILE": str(broker.ca_file)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("codec", CODECS)
def test_every_compression_of_kafka_is_read(broker: Broker, codec: str) -> None:
    """The broker itself compresses here, as Java does it; large batches too."""
    consumer, topic = broker.new_consumer(), broker.new_topic(settings={"compression.type": codec})
    envelopes = [e._replace(headers={**e.headers, "X-Filler": ["x" * 5000]}) for e in webhooks(500)]
    broker.produce_events(topic, envelopes)

    with client_of(broker, consumer, topic) as client:
        assert numbers(run_until(client, 500)) == list(range(500))


def test_the_client_works_without_any_extra(broker: Broker, tmp_path: Path) -> None:
    """Avro is read by the reference decoder; gzip needs no package."""
    consumer = broker.new_consumer()
    topic = broker.new_topic(settings={"compression.type": "gzip"})
    broker.produce_events(topic, webhooks(3))

    assert bare(broker, broker.profile_file(tmp_path, consumer), topic) == ["0", "1", "2"]


@pytest.mark.parametrize("codec", ["lz4", "snappy", "zstd"])
def test_a_missing_codec_is_named_with_the_command_that_installs_it(broker: Broker, tmp_path: Path, codec: str) -> None:
    """What came before is handled and committed; the program neither hangs nor skips."""
    consumer, topic = broker.new_consumer(), broker.new_topic(settings={"compression.type": "producer"})
    broker.produce_events(topic, webhooks(1))
    compress(broker, topic, codec)
    broker.produce_events(topic, webhooks(2, start=1))

    lines = bare(broker, broker.profile_file(tmp_path, consumer), topic)

    assert lines[0] == "0"
    assert lines[1:] == [
        f"reading records compressed with {codec} needs the extra 'codecs': pip install 'mister-webhooks[codecs]'"
    ]
    assert list(broker.committed(consumer.name).values()) == [1]


def compress(broker: Broker, topic: str, codec: str) -> None:
    """From now on what is written to the topic is compressed."""
    broker._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"compression.type": codec})])
