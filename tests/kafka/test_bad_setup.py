"""Whatever is wrong between a program and its broker is said in words, soon, without a secret."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import traceback
from datetime import datetime
from pathlib import Path

import pytest

from mister_webhooks import (
    AuthenticationFailed,
    AuthorizationFailed,
    BrokerError,
    BrokerNotTrusted,
    BrokerUnreachable,
    ConnectionProfile,
    KafkaAdmin,
    MisterWebhooksConsumer,
    TopicNotFound,
    new_ssl_client_context,
)
from tests.broker.broker import Broker
from tests.kafka.support import client_of, in_time, profile_of, stopping
from tests.mister_webhooks import peers

TIMEOUT = 1.5
SEED_PROGRAM = """
import pprint, sys
from mister_webhooks import ConnectionProfile, MisterWebhooksConsumer
MisterWebhooksConsumer(sys.argv[2], ConnectionProfile.from_file(sys.argv[1])).run(pprint.pprint)
"""


def refusal(
    broker: Broker, topic: str, profile: ConnectionProfile, kind: type[BrokerError], ca_file: Path | None = None
) -> str:
    """Why the client cannot be made. It is said soon, in words of ours, and without the secret."""
    with in_time(TIMEOUT + 2), pytest.raises(kind) as caught:
        MisterWebhooksConsumer(topic, profile, ca_file=ca_file or broker.ca_file, connect_timeout=TIMEOUT)
    shown = "".join(traceback.format_exception(caught.value))
    assert profile.auth_secret not in shown
    assert type(caught.value) is kind
    return str(caught.value)


def test_nobody_listens(broker: Broker) -> None:
    """The address is named."""
    nobody = str(peers.free_address())

    text = refusal(broker, "t", profile_of(broker.new_consumer(), bootstrap=nobody), BrokerUnreachable)

    assert f"nobody listens at {nobody}" in text


def test_a_peer_that_never_answers_tls(broker: Broker) -> None:
    """kafka-python alone waits for it for ever."""
    with peers.listening(peers.silent) as address:
        profile = profile_of(broker.new_consumer(), bootstrap=str(address))

        assert "does not answer TLS" in refusal(broker, "t", profile, BrokerUnreachable)


def test_a_peer_that_speaks_tls_but_not_kafka(broker: Broker) -> None:
    """The handshake is fine, and then nothing comes."""
    with peers.listening(peers.speaking_tls(broker.certificates.server_file)) as address:
        profile = profile_of(broker.new_consumer(), bootstrap=str(address))

        assert "does not answer as a broker" in refusal(broker, "t", profile, BrokerUnreachable)


def test_the_plaintext_port(broker: Broker) -> None:
    """A real broker's listener of the wrong kind."""
    profile = profile_of(broker.new_consumer(), bootstrap=broker.plain_bootstrap)

    assert "does not speak TLS" in refusal(broker, "t", profile, BrokerUnreachable)


def test_the_wrong_authority(broker: Broker) -> None:
    """Another CA than the one that signed the broker's certificate, and the service's own."""
    profile = profile_of(broker.new_consumer())

    assert "not signed by the authority" in refusal(
        broker, "t", profile, BrokerNotTrusted, ca_file=broker.other_ca_file
    )


def test_the_wrong_host_name(broker: Broker) -> None:
    """A certificate of the right CA for another host is not enough."""
    profile = profile_of(broker.new_consumer(), bootstrap=broker.wrong_host_bootstrap)

    assert "for another host name" in refusal(broker, "t", profile, BrokerNotTrusted)


def test_the_wrong_secret(broker: Broker) -> None:
    """The consumer is named, its secret is not. kafka-python alone tries on until its timeout."""
    consumer = broker.new_consumer()
    profile = profile_of(consumer, secret="not-the-secret")

    text = refusal(broker, broker.new_topic(), profile, AuthenticationFailed)

    assert f"does not accept the consumer {consumer.name!r}" in text
    assert "not-the-secret" not in text


def test_no_such_topic(broker: Broker) -> None:
    """With what was meant."""
    topic = broker.new_topic()

    text = refusal(broker, topic.replace("incoming", "incomming"), profile_of(broker.new_consumer()), TopicNotFound)

    assert f"did you mean {topic!r}?" in text


def test_a_name_that_no_topic_can_have(broker: Broker) -> None:
    """It is found here, before the broker is asked."""
    assert "is no topic: a name has" in refusal(broker, "a topic", profile_of(broker.new_consumer()), TopicNotFound)


def test_no_right_on_the_topic(broker: Broker) -> None:
    """The topic is named, and what this consumer may read."""
    consumer, topic, other = broker.new_consumer(), broker.new_topic(), broker.new_topic()
    broker.only_read(consumer, topic)

    text = refusal(broker, other, profile_of(consumer), AuthorizationFailed)

    assert f"no right to read the topic {other!r}" in text
    assert repr(topic) in text


def test_no_right_on_the_group(broker: Broker) -> None:
    """The group is named."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.revoke(consumer, group=True)

    text = refusal(broker, topic, profile_of(consumer), AuthorizationFailed)

    assert f"no right to use the consumer group {consumer.name!r}" in text


def test_a_right_that_is_taken_away_ends_the_run(broker: Broker) -> None:
    """The topic's, while it waits for events."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    with client_of(broker, consumer, topic) as client:
        threading.Timer(1.0, broker.revoke, [consumer, topic]).start()

        with stopping(client), pytest.raises(AuthorizationFailed, match=f"no right to read the topic '{topic}'"):
            client.run(lambda _: None)


def test_a_broker_that_stops_answering_is_told_apart(broker: Broker) -> None:
    """After a good start the brokers' own addresses are probed for the reason."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    context = new_ssl_client_context(broker.ca_file)
    with KafkaAdmin(profile_of(consumer), context, timeout=TIMEOUT) as admin:
        assert admin.topics()
        with broker.frozen(), in_time(10), pytest.raises(BrokerUnreachable, match="does not answer TLS"):
            admin.topic_partitions([topic])


def test_bad_arguments_are_found_before_connecting() -> None:
    """A misspelled word, a datetime without a time zone."""
    profile = ConnectionProfile("a", "plain", "b", "nowhere.invalid:1")

    with in_time(0.5):
        with pytest.raises(ValueError, match="start_from='earlyest': did you mean 'earliest'"):
            MisterWebhooksConsumer("t", profile, start_from="earlyest")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="no time zone"):
            MisterWebhooksConsumer("t", profile, start_from=datetime.fromisoformat("2026-01-01"))


def run_seed_program(broker: Broker, profile: Path, topic: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MWH_CA_FILE": str(broker.ca_file)}
    return subprocess.run(
        [sys.executable, "-c", SEED_PROGRAM, profile, topic],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("mistake", ["secret", "topic"])
def test_a_program_without_logging_says_it_once(broker: Broker, tmp_path: Path, mistake: str) -> None:
    """One traceback of our error; nothing of kafka-python's log, no chain of its errors, no secret."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    path = broker.profile_file(tmp_path, consumer)
    if mistake == "secret":
        data = json.loads(path.read_text())
        data["auth"]["secret"] = "not-the-secret"
        path.write_text(json.dumps(data))
    else:
        topic += "-of-nobody"

    done = run_seed_program(broker, path, topic)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("Traceback") == 1
    assert done.stderr.splitlines()[-1].startswith("mister_webhooks.errors.")
    assert "not-the-secret" not in done.stderr
    assert consumer.secret not in done.stderr
    assert "kafka." not in done.stderr.replace("'kafka.", "")


@pytest.mark.parametrize("secret", [None, "q\"uo'te\\-and-\u00fc"])
def test_no_log_shows_the_secret(broker: Broker, caplog: pytest.LogCaptureFixture, secret: str | None) -> None:
    """kafka-python writes its login into its debug log, as text and as bytes."""
    consumer = broker.new_consumer()
    profile = profile_of(consumer, secret=secret)
    shown = [profile.auth_secret, repr(profile.auth_secret.encode())[2:-1]]

    with caplog.at_level(logging.DEBUG), contextlib.suppress(AuthenticationFailed):
        MisterWebhooksConsumer(broker.new_topic(), profile, ca_file=broker.ca_file).close()

    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "SaslHandshakeRequest" in text
    assert not any(form in text for form in shown)
