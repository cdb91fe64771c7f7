from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from mister_webhooks.envelope import Envelope, decode_envelope
from mister_webhooks.source import TopicPartition
from mister_webhooks.webhook_event import HTTPMethod, WebhookEvent
from mister_webhooks_router.http import HttpServer
from mister_webhooks_router.local import LocalLog, LocalRecord, Receiver
from tests.mister_webhooks_router.local.making import limit_pages

METHODS = list(HTTPMethod)
LIMIT = 100_000
JSON_TYPE = {"content-type": "application/json"}


@pytest.fixture
def server(log: LocalLog) -> Iterator[HttpServer]:
    server = HttpServer(Receiver(log, max_body=LIMIT, clock=lambda: 1_700_000_000.9876).routes(), port=0)
    server.start()
    yield server
    server.close()


@pytest.fixture
def client(server: HttpServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


def records(log: LocalLog, topic: str = "a.b.c") -> list[LocalRecord]:
    with closing(log.reader()) as reader:
        return reader.read(TopicPartition(topic, 0), 0, 1000, 1_000_000_000)


def envelopes(log: LocalLog) -> list[Envelope]:
    return [decode_envelope(record.value or b"") for record in records(log)]


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and text of a refusal; the connection is closed after each."""
    assert response.headers["connection"] == "close"
    return response.status_code, response.json()["error"]


def raw_request(server: HttpServer, head: str, body: bytes = b"", *, hang_up: bool = False) -> bytes:
    """Send bytes as they are and return all that is answered; `hang_up` says that no more will be sent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + body)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_received(client: httpx.Client, log: LocalLog, method: str) -> None:
    """All six methods are taken, with a body and without, and stand in the envelope."""
    with_body = client.request(method, "/in/a.b.c", content=b'{"n": 1}', headers=JSON_TYPE)
    without = client.request(method, "/in/a.b.c")

    assert (with_body.status_code, without.status_code) == (202, 202)
    assert [(each.method, each.payload) for each in envelopes(log)] == [(method, b'{"n": 1}'), (method, b"")]


def test_the_answer_says_where_the_record_stands(client: httpx.Client, log: LocalLog) -> None:
    """202 comes with topic, partition and offset, once the record can be read."""
    client.post("/in/a.b.c", json=1)
    answer = client.post("/in/a.b.c", json=2)

    assert (answer.status_code, answer.json()) == (202, {"topic": "a.b.c", "partition": 0, "offset": 1})
    assert [record.offset for record in records(log)] == [0, 1]


def test_the_record_is_what_the_service_writes(client: httpx.Client, log: LocalLog) -> None:
    """Kafka header, timestamp in milliseconds and envelope are such that the client decodes the event."""
    client.post("/in/a.b.c", content=b'{"ref":  "x"}', headers={"X-GitHub-Event": "push", **JSON_TYPE})
    [record] = records(log)
    event = WebhookEvent.from_record(record)

    assert record.headers == [("envelope", b"\x80")]
    assert record.timestamp == 1_700_000_000_987
    assert event is not None
    assert (event.method, event.payload, event.headers.first("x-github-event")) == (
        HTTPMethod.POST,
        {"ref": "x"},
        "push",
    )
    assert str(event.position) == "a.b.c:0:0"


def test_headers_keep_repetition_order_and_bytes(server: HttpServer, log: LocalLog) -> None:
    """Repeated headers are lists in order; UTF-8 is read as such and other bytes as Latin-1; hop-by-hop ones stay."""
    head = (
        "POST /in/a.b.c HTTP/1.1\nHost: localhost\nX-Tag: b\nx-tag: a\nX-TAG: b\nX-Empty:\nX-List: a, b\n"
        "X-Utf: \xc3\xa4\nX-Latin: \xe4\nConnection: close\nTe: trailers\nContent-Length: 0\n\n"
    )

    assert raw_request(server, head).startswith(b"HTTP/1.1 202")
    assert envelopes(log)[0].headers == {
        "host": ["localhost"],
        "x-tag": ["b", "a", "b"],
        "x-empty": [""],
        "x-list": ["a, b"],
        "x-utf": ["ä"],
        "x-latin": ["ä"],
        "connection": ["close"],
        "te": ["trailers"],
        "content-length": ["0"],
    }


def test_forms_become_json(client: httpx.Client, log: LocalLog) -> None:
    """Both kinds of forms are stored as JSON objects."""
    client.post("/in/a.b.c", data={"a": ["1", "2"], "b": "ä"})
    client.post("/in/a.b.c", data={"a": "1"}, files={"f": ("n.txt", b"hi", "text/plain")})

    assert [each.encoding for each in envelopes(log)] == ["JSON", "JSON"]
    assert [json.loads(each.payload) for each in envelopes(log)] == [
        {"a": ["1", "2"], "b": "ä"},
        {"a": "1", "f": {"filename": "n.txt", "content_type": "text/plain", "size": 2, "base64": "aGk="}},
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "status", "text"),
    [
        ("application/json", b'{"a": }', 400, "line 1 column 7"),
        ("application/xml", b"<a/>", 415, "cannot take application/xml: send JSON or a form"),
        ("application/x-www-form-urlencoded", b"a=%ff", 400, "not written in utf-8"),
        ("multipart/form-data", b"a", 400, "names no boundary"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused(
    client: httpx.Client, content_type: str, body: bytes, status: int, text: str
) -> None:
    """The answer says what is wrong, and nothing is kept: the next record is the first."""
    refused, message = error(client.post("/in/a.b.c", content=body, headers={"content-type": content_type}))

    assert refused == status
    assert text in message
    assert client.post("/in/a.b.c", json=1).json()["offset"] == 0


def test_compressed_bodies_are_refused(client: httpx.Client, log: LocalLog) -> None:
    """A body that would have to be unpacked first is no JSON; the answer says to send it as it is."""
    answer = client.post("/in/a.b.c", content=b"\x1f\x8b", headers={"content-encoding": "gzip", **JSON_TYPE})

    assert error(answer) == (415, "cannot take a body with content encoding gzip: send it uncompressed")
    assert answer.headers["accept-encoding"] == "identity"
    assert records(log) == []


def test_bodies_up_to_the_limit_are_taken(client: httpx.Client, log: LocalLog) -> None:
    """The limit counts the bytes of the body, announced or in chunks; the first byte more is refused."""
    fits = b'"' + b"x" * (LIMIT - 2) + b'"'

    assert client.post("/in/a.b.c", content=fits, headers=JSON_TYPE).status_code == 202
    assert client.post("/in/a.b.c", content=iter([fits]), headers=JSON_TYPE).status_code == 202
    for body in (fits + b" ", iter([fits, b" "])):
        answer = client.post("/in/a.b.c", content=body, headers=JSON_TYPE)
        assert error(answer) == (413, "the body is longer than 100,000 bytes")
    assert len(records(log)) == 2


def test_reading_stops_at_the_limit(server: HttpServer, log: LocalLog) -> None:
    """A sender without end is answered and cut off, however much more it would send."""
    sent = 0

    def endless() -> Iterable[bytes]:
        nonlocal sent
        while sent < 500_000_000:
            sent += 50_000
            yield b"x" * 50_000

    answer = httpx.post(f"{server.url}/in/a.b.c", content=endless(), timeout=20)

    assert answer.status_code == 413
    assert sent < 50_000_000  # the rest is what fits into the buffers between
    assert records(log) == []


def test_an_announced_length_is_refused_before_anything_is_sent(server: HttpServer) -> None:
    """The header alone is enough to say no; nothing is read, nothing waited for."""
    answer = raw_request(server, "POST /in/a.b.c HTTP/1.1\nHost: localhost\nContent-Length: 99999999999\n\n")

    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 3\n", b'{"a": 1}'),
        ("Content-Length: x\n", b"1"),
        ("Content-Length: -1\n", b"1"),
        ("Content-Length: 1\nContent-Length: 2\n", b"1"),
        ("Transfer-Encoding: chunked\n", b"zz\r\n1"),
        ("Transfer-Encoding: gzip\n", b"1"),
    ],
)
def test_a_wrong_length_is_refused(server: HttpServer, log: LocalLog, head: str, body: bytes) -> None:
    """A body whose length contradicts itself gets 400, is not stored, and the server goes on."""
    head = f"POST /in/a.b.c HTTP/1.1\nHost: localhost\nContent-Type: application/json\n{head}\n"

    assert raw_request(server, head, body).startswith(b"HTTP/1.1 400")
    assert records(log) == []
    assert httpx.post(f"{server.url}/in/a.b.c", json=1).status_code == 202


@pytest.mark.parametrize(
    ("head", "body"), [("Content-Length: 10\n", b'{"a": 1}'), ("Transfer-Encoding: chunked\n", b'9\r\n{"a": 1}')]
)
def test_a_body_that_breaks_off_is_not_stored(server: HttpServer, log: LocalLog, head: str, body: bytes) -> None:
    """A sender that goes away in the middle leaves nothing, though what came would parse."""
    head = f"POST /in/a.b.c HTTP/1.1\nHost: localhost\nContent-Type: application/json\n{head}\n"

    assert raw_request(server, head, body, hang_up=True) == b""
    assert httpx.post(f"{server.url}/in/a.b.c", json=2).status_code == 202
    assert [each.payload for each in envelopes(log)] == [b"2"]


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(client: httpx.Client, log: LocalLog, method: str) -> None:
    """What the envelope has no place for gets 405, with the methods that it has."""
    answer = client.request(method, "/in/a.b.c")

    assert error(answer) == (405, f"{method} is not allowed at /in/a.b.c")
    assert set(answer.headers["allow"].split(", ")) == set(METHODS)
    assert records(log) == []


def test_topics_that_are_not_read_are_refused(log: LocalLog) -> None:
    """Where the topics are known, another is 404 with the likely name; no topic at all is 404 or 400."""
    server = HttpServer(Receiver(log, ["incoming.acme.github"]).routes(), port=0)
    server.start()
    with closing(server), httpx.Client(base_url=server.url) as client:
        assert client.post("/in/incoming.acme.github", json=1).status_code == 202
        assert error(client.post("/in/incoming.acme.githib", json=1)) == (
            404,
            "topic 'incoming.acme.githib' is not read here. Did you mean 'incoming.acme.github'?",
        )
        assert error(client.post("/in/a%20b", json=1))[0] == 400
        assert error(client.post("/in/", json=1)) == (404, "nothing is served at /in/")
        assert error(client.post("/in/a/b", json=1)) == (404, "nothing is served at /in/a/b")


@pytest.mark.parametrize(
    "header", [{"host": "evil.example"}, {"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_web_pages_cannot_send(client: httpx.Client, log: LocalLog, header: dict[str, str]) -> None:
    """Neither a rebound name nor a page of another site gets a webhook into the log."""
    assert error(client.post("/in/a.b.c", json=1, headers=header))[0] == 403
    assert records(log) == []


def test_a_full_disk_is_507_and_passes(client: httpx.Client, log: LocalLog) -> None:
    """Without space the sender is told to come again; small ones still fit, and with space all do."""
    limit_pages(log, 5)
    large = {"text": "x" * 90_000}
    status, message = error(client.post("/in/a.b.c", json=large))

    assert status == 507
    assert "nothing was kept" in message
    assert "no space is left on the disk" in message
    assert client.post("/in/a.b.c", json=1).status_code == 202
    limit_pages(log, 10_000)
    assert client.post("/in/a.b.c", json=large).status_code == 202


def test_other_trouble_with_the_log_is_503(client: httpx.Client, log: LocalLog) -> None:
    """A log that cannot be written does not take the receiver down."""
    assert log._writer is not None
    log._writer._connection.execute("PRAGMA query_only = ON")

    assert error(client.post("/in/a.b.c", json=1)) == (
        503,
        f"nothing was kept: local log {log.path}: it is read-only; make it writable, or choose another file",
    )
    log._writer._connection.execute("PRAGMA query_only = OFF")
    assert client.post("/in/a.b.c", json=1).status_code == 202


def test_many_senders_at_once_lose_nothing(server: HttpServer, log: LocalLog) -> None:
    """What several clients send at the same time is all there, each once, and each answer tells the right place."""
    places: dict[int, int] = {}

    def send(sender: int) -> None:
        with httpx.Client(base_url=server.url, timeout=20) as client:
            for number in range(20):
                value = sender * 100 + number
                places[value] = client.post("/in/a.b.c", json=value).json()["offset"]

    threads = [threading.Thread(target=send, args=[sender]) for sender in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(places) == 160
    assert {int(decode_envelope(record.value or b"").payload): record.offset for record in records(log)} == places


def test_an_answer_means_that_it_is_on_disk(client: httpx.Client, log: LocalLog, path: Path) -> None:
    """Another connection finds the record in the file as soon as the answer is there."""
    for number in range(5):
        client.post("/in/a.b.c", json=number)
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT count(*) FROM records").fetchone() == (number + 1,)
