"""The instrument itself: what the other tests conclude from the broker holds only if this does."""

from __future__ import annotations

import socket
import ssl
import struct
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    NoError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from mister_webhooks.envelope import Envelope, decode_envelope
from mister_webhooks.source import TopicPartition
from tests.broker import records
from tests.broker.broker import Broker, Consumer
from tests.broker.records import NewRecord
from tests.broker.waiting import wait_until


def settings_of(broker: Broker, consumer: Consumer) -> dict[str, Any]:
    return {
        "bootstrap_servers": broker.bootstrap,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": consumer.name,
        "sasl_plain_password": consumer.secret,
        "ssl_cafile": str(broker.ca_file),
    }


def read(broker: Broker, consumer: Consumer, topic: str, count: int, group: str | None = None) -> list[Any]:
    """Read and commit `count` records as a member of the consumer's group, or of another."""
    options = {"group_id": group or consumer.name, "auto_offset_reset": "earliest", "enable_auto_commit": False}
    found: list[Any] = []
    with KafkaConsumer(topic, **options, **settings_of(broker, consumer)) as member:

        def enough() -> bool:
            # kafka-python loses an assignment when a short poll ends in the middle of a second join.
            for batch in member.poll(timeout_ms=10_000).values():
                found.extend(batch)
            return len(found) >= count

        wait_until(enough, f"{count} records of {topic}")
        member.commit()
    return found


def state_of_topic(broker: Broker, consumer: Consumer, topic: str) -> type[KafkaError]:
    """What the broker says to this consumer about the topic."""
    admin = KafkaAdminClient(**settings_of(broker, consumer))
    try:
        return error_of(admin.describe_topics([topic])[0]["error_code"])
    finally:
        admin.close()


def tls(address: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        return context.wrap_socket(plain, server_hostname=host)


def login(broker: Broker, name: str, secret: str) -> type[KafkaError]:
    """What the broker says to this name and secret."""
    token = f"\0{name}\0{secret}".encode()
    with tls(broker.bootstrap, ssl.create_default_context(cafile=broker.ca_file)) as connection:
        ask(connection, api=17, version=1, body=struct.pack(">h", 5) + b"PLAIN")
        answer = ask(connection, api=36, version=0, body=struct.pack(">i", len(token)) + token)
    return error_of(*struct.unpack_from(">h", answer))


def error_of(code: int) -> type[KafkaError]:
    found: type[KafkaError] = for_code(code)
    return found


def ask(connection: ssl.SSLSocket, *, api: int, version: int, body: bytes) -> bytes:
    """One request of the Kafka protocol without a client id; returns the body of the answer."""
    request = struct.pack(">hhih", api, version, 1, -1) + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    with connection.makefile("rb") as stream:
        (size,) = struct.unpack(">i", stream.read(4))
        return stream.read(size)[4:]


def test_a_consumer_reads_over_sasl_ssl_what_was_produced(broker: Broker) -> None:
    """Value, key, headers, partition and timestamp arrive as they were produced, in order."""
    consumer, topic = broker.new_consumer(), broker.new_topic(partitions=2)
    sent = [
        NewRecord(b"first", key=b"k", timestamp=1_700_000_000_123, partition=1),
        NewRecord(b"second", headers=(("a", b"1"), ("a", b"2")), partition=1),
        NewRecord(b"third", headers=()),
    ]

    assert broker.produce(topic, sent) == [0, 1, 0]

    found = sorted(read(broker, consumer, topic, 3), key=lambda record: (-record.partition, record.offset))
    assert [(record.partition, record.value) for record in found] == [(1, b"first"), (1, b"second"), (0, b"third")]
    assert found[0].timestamp == 1_700_000_000_123
    assert [record.key for record in found] == [b"k", None, None]
    assert [record.headers for record in found] == [[("envelope", b"\x80")], [("a", b"1"), ("a", b"2")], []]


def test_offsets_and_members_are_those_of_the_group(broker: Broker) -> None:
    """Nothing is committed before the commit, and members are seen only while they are there."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, [NewRecord(b"1"), NewRecord(b"2")])
    partition = TopicPartition(topic, 0)
    assert broker.committed(consumer.name) == {}
    assert broker.members(consumer.name) == []

    options = {"group_id": consumer.name, "auto_offset_reset": "earliest", "enable_auto_commit": False}
    with KafkaConsumer(topic, **options, **settings_of(broker, consumer)) as member:
        assert member.poll(timeout_ms=10_000)
        [only] = broker.members(consumer.name)
        assert only.partitions == {partition}

    read(broker, consumer, topic, 2)
    assert broker.members(consumer.name) == []
    assert broker.committed(consumer.name) == {partition: 2} == broker.end_offsets(topic)


def test_only_the_right_secret_is_let_in(broker: Broker) -> None:
    """Another user's secret, a wrong one and an unknown name are refused."""
    consumer, other = broker.new_consumer(), broker.new_consumer()

    assert login(broker, consumer.name, consumer.secret) is NoError
    assert login(broker, consumer.name, other.secret) is SaslAuthenticationFailedError
    assert login(broker, consumer.name, consumer.secret + "x") is SaslAuthenticationFailedError
    assert login(broker, "nobody", "") is SaslAuthenticationFailedError


def test_the_certificate_is_refused_where_it_should_be(broker: Broker) -> None:
    """Another CA, another host name and a TLS older than 1.3 all fail in the handshake, each with its own words."""
    right, other = (ssl.create_default_context(cafile=file) for file in (broker.ca_file, broker.other_ca_file))
    old = ssl.create_default_context(cafile=broker.ca_file)
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    for address in (broker.bootstrap, broker.bootstrap.replace("localhost", "127.0.0.1")):
        with tls(address, right) as connection:
            assert connection.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed certificate"):
        tls(broker.bootstrap, other)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        tls(broker.wrong_host_bootstrap, right)
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol version"):
        tls(broker.bootstrap, old)


def test_a_consumer_may_read_but_not_write_nor_use_another_group(broker: Broker) -> None:
    """A new consumer has the rights of the service's credentials, no more."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, [NewRecord(b"1")])

    assert [record.value for record in read(broker, consumer, topic, 1)] == [b"1"]
    with pytest.raises(GroupAuthorizationFailedError):
        read(broker, consumer, topic, 1, group="another")
    with (
        KafkaProducer(enable_idempotence=False, **settings_of(broker, consumer)) as producer,
        pytest.raises(TopicAuthorizationFailedError),
    ):
        producer.send(topic, b"2").get(timeout=10)
    assert broker.end_offsets(topic) == {TopicPartition(topic, 0): 1}


def test_only_read_leaves_the_one_topic_and_the_group(broker: Broker) -> None:
    """Afterwards every other topic is refused, and other consumers keep their rights."""
    consumer, bystander = broker.new_consumer(), broker.new_consumer()
    topic, other = broker.new_topic(), broker.new_topic()
    broker.produce(topic, [NewRecord(b"1")])
    assert state_of_topic(broker, consumer, other) is NoError

    broker.only_read(consumer, topic)

    assert state_of_topic(broker, consumer, other) is TopicAuthorizationFailedError
    assert len(read(broker, consumer, topic, 1)) == 1
    assert len(read(broker, bystander, topic, 1)) == 1
    assert state_of_topic(broker, bystander, other) is NoError


def test_revoked_rights_are_gone_until_they_are_given_back(broker: Broker) -> None:
    """`revoke` beats what was granted, for the topic and for the group; `only_read` grants anew."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, [NewRecord(b"1")])

    broker.revoke(consumer, topic)
    assert state_of_topic(broker, consumer, topic) is TopicAuthorizationFailedError

    broker.only_read(consumer, topic)
    broker.revoke(consumer, group=True)
    assert state_of_topic(broker, consumer, topic) is NoError
    with pytest.raises(GroupAuthorizationFailedError):
        read(broker, consumer, topic, 1)

    broker.only_read(consumer, topic)
    assert len(read(broker, consumer, topic, 1)) == 1


def test_topics_grow_shrink_and_go(broker: Broker) -> None:
    """Partitions are added, old records deleted and the topic removed before each call returns."""
    topic = broker.new_topic()
    broker.produce(topic, [NewRecord(b"1"), NewRecord(b"2"), NewRecord(b"3")])

    broker.add_partitions(topic, 2)
    broker.delete_records(topic, before=2)

    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    assert broker.start_offsets(topic) == {first: 2, second: 0}
    assert broker.end_offsets(topic) == {first: 3, second: 0}

    broker.delete_topic(topic)
    with pytest.raises(UnknownTopicOrPartitionError):
        broker.end_offsets(topic)


def test_a_record_with_a_megabyte_of_headers_is_kept(broker: Broker) -> None:
    """The broker's limit is no limit of the tests."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    large = NewRecord(b"", headers=(("large", b"x" * 1024 * 1024),))
    broker.produce(topic, [large])

    [found] = read(broker, consumer, topic, 1)

    assert found.headers == list(large.headers)


@pytest.mark.parametrize(
    ("record", "headers"),
    [
        (records.system_message(0x7F), [b"\x7f"]),
        (records.no_header(), []),
        (records.two_headers(), [b"\x80", b"\x80"]),
        (records.two_bytes(), [b"\x80\x80"]),
        (records.newer_envelope(), [b"\x81"]),
        (records.broken_avro(), [b"\x80"]),
    ],
)
def test_odd_records_arrive_as_odd_as_they_were_made(broker: Broker, record: NewRecord, headers: list[bytes]) -> None:
    """Kafka changes nothing of a malformed record."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, [record])

    [found] = read(broker, consumer, topic, 1)

    assert [value for name, value in found.headers if name == "envelope"] == headers
    assert found.value == record.value


def test_events_are_written_as_the_service_writes_them(broker: Broker) -> None:
    """The one `envelope` header says version 1, and the value is the Avro record of the webhook."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    sent = [
        Envelope("POST", {"X-GitHub-Event": ["push"], "Accept": ["a", "b"]}, b'{"ref": "main"}', "JSON"),
        Envelope("GET", {}, b"\xa0", "CBOR"),
    ]

    assert broker.produce_events(topic, sent) == [0, 1]

    found = read(broker, consumer, topic, 2)
    assert [record.headers for record in found] == [[("envelope", b"\x80")]] * 2
    assert [decode_envelope(record.value) for record in found] == sent


def test_a_killed_broker_comes_back_with_its_records_and_offsets(broker: Broker) -> None:
    """SIGKILL ends the process; what was acknowledged is there after the restart, at the same address."""
    consumer, topic = broker.new_consumer(), broker.new_topic()
    broker.produce(topic, [NewRecord(b"1"), NewRecord(b"2")])
    read(broker, consumer, topic, 2)
    address, pid = broker.bootstrap, broker.process.pid

    with broker.down(), pytest.raises(ConnectionRefusedError):
        tls(broker.bootstrap, ssl.create_default_context(cafile=broker.ca_file))

    assert broker.bootstrap == address
    assert broker.process.pid not in {pid, None}
    assert broker.committed(consumer.name) == broker.end_offsets(topic) == {TopicPartition(topic, 0): 2}
    assert broker.produce(topic, [NewRecord(b"3")]) == [2]
    assert [record.value for record in read(broker, consumer, topic, 1)] == [b"3"]


def test_a_frozen_broker_accepts_and_stays_silent_until_it_goes_on(broker: Broker) -> None:
    """While it is stopped a connection is made and nothing answers; afterwards it serves as before."""
    topic, context = broker.new_topic(), ssl.create_default_context(cafile=broker.ca_file)
    context.check_hostname = False
    port = broker.process.ports.secure

    with (
        broker.frozen(),
        socket.create_connection(("127.0.0.1", port), timeout=0.5) as silent,
        pytest.raises(TimeoutError),
    ):
        context.wrap_socket(silent)

    assert broker.produce(topic, [NewRecord(b"1")]) == [0]


def test_what_a_test_did_to_the_process_is_undone(broker: Broker) -> None:
    """A broker left frozen goes on, and one left dead is started again."""
    topic = broker.new_topic()

    broker.stop()
    broker.heal()
    assert broker.produce(topic, [NewRecord(b"1")]) == [0]

    broker.kill()
    broker.heal()
    assert broker.produce(topic, [NewRecord(b"2")]) == [1]


def test_each_consumer_and_each_topic_is_new(broker: Broker, tmp_path: Path) -> None:
    """Names are never handed out twice, and a secret does not show in a consumer's repr."""
    consumers = [broker.new_consumer() for _ in range(3)]

    assert len({consumer.name for consumer in consumers}) == 3
    assert len({broker.new_topic() for _ in range(3)}) == 3
    assert consumers[0].secret not in repr(consumers[0])
    assert consumers[0].secret in broker.profile_file(tmp_path, consumers[0]).read_text()
