"""The connection profile: who reads, with which secret, from which brokers."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mister_webhooks.errors import ProfileError, ProfileNotFound

MECHANISMS = ("plain",)
DEFAULT_PORT = 9092
HIGHEST_PORT = 65535


class Address(NamedTuple):
    """Where a broker listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass
class ConnectionProfile:
    """What it takes to read: usually read from the profile file that Mister Webhooks hands out.

    Args:
        consumer_name: name of this consumer; the SASL user and the consumer group
        auth_mechanism: SASL mechanism, `"plain"`
        auth_secret: the secret; `repr` leaves it out
        kafka_bootstrap: brokers to start from, `host:port`, several joined with commas

    Raises `ProfileError` for a mechanism that is unknown.
    """

    consumer_name: str
    auth_mechanism: Literal["plain"]
    auth_secret: str = field(repr=False)
    kafka_bootstrap: str

    def __post_init__(self) -> None:
        if self.auth_mechanism not in MECHANISMS:
            raise ProfileError(_unknown_mechanism(self.auth_mechanism))

    @staticmethod
    def from_file(path: str | os.PathLike[str]) -> ConnectionProfile:
        """Reads a profile file.

        Raises `ProfileNotFound` when there is no such file, `ProfileError` (naming the file and the field) when it
        cannot be read or is no profile.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ProfileNotFound(f"no profile file at {os.fspath(path)}") from None
        except UnicodeDecodeError:
            raise ProfileError(f"{os.fspath(path)}: not a text file") from None
        except OSError as error:
            raise ProfileError(f"{os.fspath(path)}: cannot read the profile: {error.strerror}") from None
        return _parse(text, os.fspath(path))

    @staticmethod
    def from_json(text: str) -> ConnectionProfile:
        """Reads a profile from JSON text, what stands in a profile file. Raises `ProfileError`."""
        return _parse(text, "the profile")

    @staticmethod
    def from_env(var: str = "MWH_PROFILE") -> ConnectionProfile:
        """Reads the profile that an environment variable holds or points to.

        A value that starts with `{` is the profile's JSON text; any other is the path of a profile file.
        Raises `ProfileError` when the variable is not set, and what `from_file` raises.
        """
        value = os.environ.get(var, "").strip()
        if not value:
            raise ProfileError(
                f"the environment variable {var} is not set: give it a profile file's path or its JSON text"
            )
        if value.startswith("{"):
            return _parse(value, f"the profile in {var}")
        try:
            return ConnectionProfile.from_file(value)
        except ProfileNotFound as error:
            raise ProfileNotFound(f"{error} (from {var})") from None

    @property
    def bootstrap_addresses(self) -> list[Address]:
        """The brokers to start from. Raises `ProfileError` for one that is no `host:port`."""
        return [_address(item) for item in self.kafka_bootstrap.split(",")]


def _parse(text: str, where: str) -> ConnectionProfile:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        # Not chained, and without the text: it holds the secret.
        raise ProfileError(f"{where}: not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ProfileError(f"{where}: not a profile: nested too deep") from None
    if not isinstance(data, dict):
        raise ProfileError(f"{where}: a profile is a JSON object, not {_kind(data)}")
    return _from_object(data, where)


def _from_object(data: Mapping[str, Any], where: str) -> ConnectionProfile:
    auth = _object(data, "auth", where)
    mechanism = _string(auth, "auth.mechanism", where)
    if mechanism not in MECHANISMS:
        raise ProfileError(f"{where}: {_unknown_mechanism(mechanism)}")
    bootstrap = _bootstrap(_object(data, "kafka", where), where)
    try:
        profile = ConnectionProfile(
            _string(data, "consumer_name", where), "plain", _string(auth, "auth.secret", where), bootstrap
        )
        _ = profile.bootstrap_addresses
    except ProfileError as error:
        raise ProfileError(_located(str(error), where)) from None
    return profile


def _located(text: str, where: str) -> str:
    return text if text.startswith(where) else f"{where}: {text}"


def _bootstrap(kafka: Mapping[str, Any], where: str) -> str:
    if "bootstrap" in kafka and "servers" in kafka:
        raise ProfileError(f"{where}: has both 'kafka.bootstrap' and 'kafka.servers'; keep one of them")
    if "servers" not in kafka:
        return _string(kafka, "kafka.bootstrap", where)
    servers = kafka["servers"]
    if not isinstance(servers, list) or not all(isinstance(server, str) and server for server in servers):
        raise ProfileError(f"{where}: field 'kafka.servers' must be a list of 'host:port' strings")
    if not servers:
        raise ProfileError(f"{where}: field 'kafka.servers' is empty")
    return ",".join(servers)


def _object(data: Mapping[str, Any], path: str, where: str) -> Mapping[str, Any]:
    value = _field(data, path, where)
    if not isinstance(value, dict):
        raise ProfileError(f"{where}: field '{path}' must be an object, not {_kind(value)}")
    return value


def _string(data: Mapping[str, Any], path: str, where: str) -> str:
    value = _field(data, path, where)
    if not isinstance(value, str):
        raise ProfileError(f"{where}: field '{path}' must be a string, not {_kind(value)}")
    if not value:
        raise ProfileError(f"{where}: field '{path}' is empty")
    return value


def _field(data: Mapping[str, Any], path: str, where: str) -> object:
    name = path.rpartition(".")[2]
    if name in data:
        return data[name]
    near = difflib.get_close_matches(name, data, n=1)
    hint = f" (there is '{near[0]}')" if near else ""
    alternative = " (or the older 'kafka.servers')" if path == "kafka.bootstrap" else ""
    raise ProfileError(f"{where}: field '{path}'{alternative} is missing{hint}")


def _kind(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), "null")


def _unknown_mechanism(mechanism: object) -> str:
    return f"field 'auth.mechanism': {mechanism!r} is unknown; this package speaks {', '.join(map(repr, MECHANISMS))}"


def _address(text: str) -> Address:
    text = text.strip()
    host, colon, port = text.rpartition(":")
    if not colon or host.endswith(":") or text.endswith("]"):
        host, port = text, str(DEFAULT_PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT or "/" in host:
        raise ProfileError(f"field 'kafka.bootstrap': {text!r} is no broker address; write 'host:port'")
    return Address(host, int(port))
