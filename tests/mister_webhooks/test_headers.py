"""HTTP headers: names without case, secrets masked."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks.headers import MASK, Headers, is_secret_header


def headers() -> Headers:
    return Headers({"X-GitHub-Event": ["push"], "Accept": ["a", "b"]})


def test_names_are_compared_without_case() -> None:
    """In every way in which a dict can be asked."""
    given = headers()

    assert given["x-github-event"] == ["push"]
    assert given.get("ACCEPT") == ["a", "b"]
    assert given.get("nothing") is None
    assert given.get("nothing", ["x"]) == ["x"]
    assert "x-GITHUB-event" in given
    assert "nothing" not in given
    assert object() not in given
    assert "accept" in given.keys()  # noqa: SIM118 - the view is asked
    assert ("accept", ["a", "b"]) in given.items()
    assert ["push"] in given.values()
    with pytest.raises(KeyError, match="nothing"):
        given["nothing"]
    with pytest.raises(KeyError):
        given[5]  # type: ignore[index]  # the point


def test_first() -> None:
    """The first value of a header, or a default of any type."""
    given = Headers({"A": ["1", "2"], "Empty": []})

    assert given.first("a") == "1"
    assert given.first("b") is None
    assert given.first("b", "x") == "x"
    assert given.first("empty", 5) == 5


def test_names_keep_their_spelling() -> None:
    """They are shown as they came, in their order."""
    given = headers()
    given["ACCEPT"] = ["c"]

    assert list(given) == ["X-GitHub-Event", "Accept"]
    assert list(reversed(given)) == ["Accept", "X-GitHub-Event"]
    assert dict(given) == {"X-GitHub-Event": ["push"], "Accept": ["c"]}
    assert {**given} == dict(given)
    assert json.loads(json.dumps(given)) == dict(given)


@pytest.mark.parametrize(
    "given",
    [
        Headers({"Set-Cookie": ["1"], "B": ["x"], "set-cookie": ["2"], "SET-COOKIE": ["3", "4"]}),
        Headers([("Set-Cookie", ["1"]), ("B", "x"), ("Set-Cookie", "2"), ("set-cookie", ["3", "4"])]),
    ],
)
def test_names_that_differ_only_in_case_are_one_header(given: Headers) -> None:
    """The first spelling stays, and the values follow one another in order."""
    assert len(given) == 2
    assert list(given.items()) == [("Set-Cookie", ["1", "2", "3", "4"]), ("B", ["x"])]


MERGED = {"Z": ["0"], "a": ["1", "2"], "Y": ["0"]}


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (len, 3),
        (list, ["Z", "a", "Y"]),
        (dict, MERGED),
        (repr, repr(MERGED)),
        (copy.copy, MERGED),
        (lambda given: list(reversed(given)), ["Y", "a", "Z"]),
        (lambda given: list(given.keys()), ["Z", "a", "Y"]),
        (lambda given: list(given.values()), list(MERGED.values())),
        (lambda given: {**given}, MERGED),
        (lambda given: given == MERGED, True),
        (lambda given: given != MERGED, False),
        (lambda given: given | {}, MERGED),
        (lambda given: {} | given, MERGED),
        (lambda given: given.pop("A"), ["1", "2"]),
        (lambda given: given.popitem(), ("Y", ["0"])),
        (lambda given: given.setdefault("A"), ["1", "2"]),
    ],
)
def test_whatever_is_asked_first_merges(ask: Callable[[Headers], object], answer: object) -> None:
    """The index is built when it is needed; nothing sees the headers before."""
    assert ask(Headers({"Z": ["0"], "a": ["1"], "A": ["2"], "Y": ["0"]})) == answer


def test_changes() -> None:
    """They find a header in any spelling, and a string is a list of one value."""
    given = headers()
    given["accept"] = "c"
    given["New"] = ("d", "e")

    assert given == {"X-GitHub-Event": ["push"], "Accept": ["c"], "New": ["d", "e"]}
    assert given.setdefault("NEW", ["x"]) == ["d", "e"]
    assert given.setdefault("Newer") == []
    assert given.pop("new") == ["d", "e"]
    assert given.pop("new", None) is None
    with pytest.raises(KeyError):
        given.pop("new")
    del given["NEWER"]
    with pytest.raises(KeyError):
        del given["newer"]
    assert given.popitem() == ("Accept", ["c"])
    assert "accept" not in given
    given.clear()
    assert (given, len(given), "x-github-event" in given) == ({}, 0, False)
    given["x"] = ["y"]
    assert given == {"X": ["y"]}


def test_update_replaces() -> None:
    """As a dict's does, with mappings, pairs and keywords; spellings of one name in what is new are one header."""
    given = headers()
    given.update({"ACCEPT": ["c"]}, host="h")
    given.update([("accept", ["d"]), ("Accept", ["e"])])
    given.update()

    assert dict(given) == {"X-GitHub-Event": ["push"], "Accept": ["d", "e"], "host": ["h"]}


def test_union() -> None:
    """`|` makes new headers, `|=` changes these; the right side wins."""
    given = headers()

    assert given | {"accept": ["c"]} == {"X-GitHub-Event": ["push"], "Accept": ["c"]}
    assert {"accept": ["c"]} | given == {"accept": ["a", "b"], "X-GitHub-Event": ["push"]}
    assert isinstance({"a": ["c"]} | given, Headers)
    assert given == headers()
    same = given
    given |= {"HOST": "h"}
    assert same is given
    assert given.first("host") == "h"


def test_equality() -> None:
    """Names without case, values with; order does not matter. Also against a plain dict, on either side."""
    given = headers()

    assert given == {"accept": ["a", "b"], "x-github-event": ["push"]}
    assert {"accept": ["a", "b"], "x-github-event": ["push"]} == given  # noqa: SIM300 - the other side is asked
    assert not given != {"accept": ["a", "b"], "x-github-event": ["push"]}  # noqa: SIM202 - the other operator is asked
    assert given != {"accept": ["b", "a"], "x-github-event": ["push"]}
    assert given != {"accept": ["a", "b"]}
    assert given != [("accept", ["a", "b"])]
    with pytest.raises(TypeError, match="unhashable"):
        hash(given)


@pytest.mark.parametrize(
    "copied",
    [Headers.copy, copy.copy, copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given)), Headers],
)
def test_copies(copied: Callable[[Headers], Headers]) -> None:
    """Equal headers of the same class, which do not change with the first."""
    given = headers()
    given.first("accept")

    other = copied(given)
    del given["accept"]

    assert type(other) is Headers
    assert other == headers()
    assert list(other) == list(headers())


@pytest.fixture
def _switching_threads_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_switching_threads_often")
def test_threads_may_share_headers() -> None:
    """Handlers of one event run at the same time, and the first to ask merges the names."""
    spelled = {spelling: [spelling] for n in range(200) for spelling in (f"a{n}", f"A{n}")}
    failures: list[BaseException] = []

    def ask(given: Headers, start: threading.Barrier) -> None:
        try:
            start.wait()
            assert given["a199"] == ["a199", "A199"]
            assert len(given) == 200
        except BaseException as exc:  # noqa: BLE001 - told to the test's thread
            failures.append(exc)

    for _ in range(30):
        given, start = Headers(spelled), threading.Barrier(4)
        threads = [threading.Thread(target=ask, args=(given, start)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []


names = st.text(alphabet="aAbB-", max_size=3)


@given(st.lists(st.tuples(names, st.lists(st.text(max_size=2), max_size=2)), max_size=6), names)
def test_like_a_plain_dict_of_lower_names(pairs: list[tuple[str, list[str]]], name: str) -> None:
    """Whatever the names, headers say what a plain dict with lower-case names says."""
    expected: dict[str, list[str]] = {}
    for key, values in pairs:
        expected.setdefault(key.lower(), []).extend(values)
    given = Headers(pairs)

    assert given == expected
    assert Headers({key.upper(): values for key, values in expected.items()}) == given
    assert given.get(name.upper()) == expected.get(name.lower())
    assert (name in given) is (name.lower() in expected)
    assert len(given) == len(expected)
    if name in given:
        del given[name]
        del expected[name.lower()]
    given[name], expected[name.lower()] = ["new"], ["new"]
    assert given == expected


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "X-Forwarded-Authorization",
        "Authentication-Info",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
        "apikey",
        "x_access_key",
        "X-Gitlab-Token",
        "X-Amz-Security-Token",
        "X-Hub-Signature",
        "X-Hub-Signature-256",
        "Stripe-Signature",
        "webhook-signature",
        "svix-signature",
        "X-Signature-Ed25519",
        "X-Shopify-Hmac-Sha256",
        "X-Square-HmacSha256-Signature",
        "PAYPAL-TRANSMISSION-SIG",
        "verif-hash",
        "X-Client-Secret",
        "X-Auth",
        "X-Auth-User",
        "X-Password",
        "X-Session-Id",
        "X-Jwt",
    ],
)
def test_secret_headers_are_masked(name: str) -> None:
    """What grants access or proves the sender is not in `repr` or `str`; it is in the values."""
    given = Headers({name: ["hunter2", "hunter3"], "Host": ["h"]})

    assert is_secret_header(name)
    assert repr(given) == str(given) == f"{given}" == repr({name: [MASK, MASK], "Host": ["h"]})
    assert given[name] == ["hunter2", "hunter3"]


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "User-Agent", "X-GitHub-Event", "X-GitHub-Delivery", "webhook-id", "Idempotency-Key", "Author",
     "X-Hashed", "X-Shopify-Topic", "Signed-Off-By", "X-Authored-By", "Host"],
)  # fmt: skip
def test_other_headers_are_shown(name: str) -> None:
    """Among them all that handlers are chosen by."""
    assert not is_secret_header(name)
    assert repr(Headers({name: ["v"]})) == repr({name: ["v"]})
