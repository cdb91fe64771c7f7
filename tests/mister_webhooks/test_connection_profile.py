"""The connection profile: every form that is in use, and every mistake that is made with it."""

from __future__ import annotations

import inspect
import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from mister_webhooks import ConnectionProfile, ProfileError, ProfileNotFound
from mister_webhooks.connection_profile import Address

SECRET = "s3cret-horse-battery"
WHOLE: dict[str, Any] = {
    "consumer_name": "myproject.foobar",
    "auth": {"mechanism": "plain", "secret": SECRET},
    "kafka": {"bootstrap": "kafka.example.com:9093"},
}


def changed(path: str, value: object) -> str:
    """The text of a whole profile with one field changed; `...` removes it."""
    data: dict[str, Any] = json.loads(json.dumps(WHOLE))
    *parents, name = path.split(".")
    place = data
    for parent in parents:
        place = place[parent]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return json.dumps(data)


def refusal(text: str) -> str:
    """Why the text is refused, everything that a traceback would print; it must not hold the secret."""
    with pytest.raises(ProfileError) as caught:
        ConnectionProfile.from_json(text)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert SECRET not in repr(vars(caught.value))
    return str(caught.value)


def test_a_profile_file_is_read(tmp_path: Path) -> None:
    """The four fields of the service's file, by a path of either kind."""
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(WHOLE))
    expected = ConnectionProfile("myproject.foobar", "plain", SECRET, "kafka.example.com:9093")

    assert ConnectionProfile.from_file(path) == expected
    assert ConnectionProfile.from_file(str(path)) == expected
    assert ConnectionProfile.from_json(path.read_text()) == expected


def test_the_older_form_with_servers_is_joined() -> None:
    """`kafka.servers` becomes one bootstrap string."""
    profile = ConnectionProfile.from_json(changed("kafka", {"servers": ["a:9092", "b:9093"]}))

    assert profile.kafka_bootstrap == "a:9092,b:9093"
    assert profile.bootstrap_addresses == [Address("a", 9092), Address("b", 9093)]


def test_the_constructor_is_that_of_1_0_0() -> None:
    """The same four parameters, by position or by name, and equality by all of them."""
    names = list(inspect.signature(ConnectionProfile).parameters)

    assert names == ["consumer_name", "auth_mechanism", "auth_secret", "kafka_bootstrap"]
    assert ConnectionProfile("a", "plain", "b", "c:1") == ConnectionProfile(
        consumer_name="a", auth_mechanism="plain", auth_secret="b", kafka_bootstrap="c:1"
    )
    assert ConnectionProfile("a", "plain", "b", "c:1") != ConnectionProfile("a", "plain", "x", "c:1")
    assert list(inspect.signature(ConnectionProfile.from_file).parameters) == ["path"]


def test_repr_leaves_the_secret_out() -> None:
    """The repr names who and where, and not the secret."""
    shown = repr(ConnectionProfile.from_json(json.dumps(WHOLE)))

    assert SECRET not in shown
    assert "myproject.foobar" in shown
    assert "kafka.example.com:9093" in shown


def test_a_variable_holds_the_profile_or_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that starts with `{` is JSON text, any other a path; MWH_PROFILE is the default name."""
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(WHOLE))
    expected = ConnectionProfile.from_file(path)

    monkeypatch.setenv("MWH_PROFILE", "  " + json.dumps(WHOLE) + "\n")
    monkeypatch.setenv("OTHER", str(path))

    assert ConnectionProfile.from_env() == expected
    assert ConnectionProfile.from_env("OTHER") == expected


def test_a_bad_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset, empty, pointing nowhere, or holding a broken profile: the message names the variable."""
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("EMPTY", " ")
    monkeypatch.setenv("NOWHERE", str(tmp_path / "missing.json"))
    monkeypatch.setenv("BROKEN", changed("auth.secret", ...))

    for name in ("NOT_SET", "EMPTY"):
        with pytest.raises(ProfileError, match=f"{name} is not set"):
            ConnectionProfile.from_env(name)
    with pytest.raises(ProfileNotFound, match=r"missing\.json \(from NOWHERE\)"):
        ConnectionProfile.from_env("NOWHERE")
    with pytest.raises(ProfileError, match=r"the profile in BROKEN: field 'auth\.secret' is missing"):
        ConnectionProfile.from_env("BROKEN")


def test_a_missing_file_is_also_a_file_not_found_error(tmp_path: Path) -> None:
    """Programs written for 1.0.0 catch that."""
    with pytest.raises(FileNotFoundError, match=r"no profile file at .*missing"):
        ConnectionProfile.from_file(tmp_path / "missing.json")


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    """A folder and a binary file, each named."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ProfileError, match="cannot read the profile"):
        ConnectionProfile.from_file(tmp_path)
    with pytest.raises(ProfileError, match="binary: not a text file"):
        ConnectionProfile.from_file(binary)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'{{"auth": {{"secret": "{SECRET}"', "not JSON: .* at line 1, column"),
        ("[" * 100_000, "nested too deep"),
        ("[]", "a profile is a JSON object, not a list"),
        ("null", "a profile is a JSON object, not null"),
        (changed("consumer_name", ...), "field 'consumer_name' is missing"),
        (json.dumps({"consumerName": "a", **{k: WHOLE[k] for k in ("auth", "kafka")}}), r"\(there is 'consumerName'\)"),
        (changed("consumer_name", 7), "field 'consumer_name' must be a string, not a number"),
        (changed("consumer_name", ""), "field 'consumer_name' is empty"),
        (changed("auth", SECRET), "field 'auth' must be an object, not a string"),
        (changed("auth", ...), "field 'auth' is missing"),
        (changed("auth.mechanism", ...), r"field 'auth\.mechanism' is missing"),
        (changed("auth.mechanism", "scram"), r"field 'auth\.mechanism': 'scram' is unknown.*'plain'"),
        (changed("auth.secret", [SECRET]), r"field 'auth\.secret' must be a string, not a list"),
        (changed("auth.secret", True), r"field 'auth\.secret' must be a string, not a boolean"),
        (changed("kafka", ...), "field 'kafka' is missing"),
        (changed("kafka", {}), r"field 'kafka\.bootstrap' \(or the older 'kafka\.servers'\) is missing"),
        (changed("kafka.servers", ["a:1"]), r"both 'kafka\.bootstrap' and 'kafka\.servers'"),
        (changed("kafka", {"servers": []}), r"field 'kafka\.servers' is empty"),
        (changed("kafka", {"servers": "a:1"}), r"field 'kafka\.servers' must be a list"),
        (changed("kafka", {"servers": ["a:1", 2]}), r"field 'kafka\.servers' must be a list"),
        (changed("kafka.bootstrap", "a:port"), r"'a:port' is no broker address"),
        (changed("kafka.bootstrap", "a:0"), r"'a:0' is no broker address"),
        (changed("kafka.bootstrap", "a:65536"), r"'a:65536' is no broker address"),
        (changed("kafka.bootstrap", "a:1,,b:2"), r"'' is no broker address"),
        (changed("kafka.bootstrap", "https://a:1"), r"'https://a:1' is no broker address"),
    ],
)
def test_a_mistake_is_named_with_its_field(text: str, reason: str) -> None:
    """The message says which field, and what was expected; the secret stays out of it."""
    with pytest.raises(ProfileError, match=reason):
        raise ProfileError(refusal(text))


def test_a_mistake_is_named_with_its_file(tmp_path: Path) -> None:
    """A profile read from a file names that file."""
    path = tmp_path / "p.json"
    for text in (changed("auth.secret", ...), changed("auth.mechanism", "x"), changed("kafka.bootstrap", ":"), "{"):
        path.write_text(text)

        with pytest.raises(ProfileError, match=str(path)):
            ConnectionProfile.from_file(path)


def test_an_unknown_mechanism_is_refused_in_the_constructor_too() -> None:
    """1.0.0 took it and then connected without any login."""
    with pytest.raises(ProfileError, match="'scram' is unknown"):
        ConnectionProfile("a", "scram", "b", "c:1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("localhost", Address("localhost", 9092)),
        (" a.b.c:1 ", Address("a.b.c", 1)),
        ("127.0.0.1:9093", Address("127.0.0.1", 9093)),
        ("[::1]:9093", Address("::1", 9093)),
        ("[::1]", Address("::1", 9092)),
        ("::1", Address("::1", 9092)),
    ],
)
def test_addresses_are_understood(text: str, address: Address) -> None:
    """Names and addresses of both families; 9092 without a port."""
    profile = ConnectionProfile("a", "plain", "b", text)

    assert profile.bootstrap_addresses == [address]
    assert str(Address("::1", 9093)) == "[::1]:9093"
