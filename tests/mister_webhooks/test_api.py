"""Programs written for 1.0.0 find all its names here, in the same modules and with the same parameters."""

from __future__ import annotations

import ast
import dataclasses
import enum
import functools
import importlib
import inspect
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mister_webhooks
from mister_webhooks.types import envelope_reader

VERSION = "1.0.0"
CACHE = Path(__file__).parents[2] / ".cache" / f"mister-webhooks-{VERSION}"

PACKAGE = ["ConnectionProfile", "HTTPMethod", "MisterWebhooksConsumer", "WebhookEvent"]
"""What `from mister_webhooks import *` gave."""

NAMES = {
    "client.FormatError": "error ValueError",
    "client.MisterWebhooksConsumer": "call topic, profile",
    "client.MisterWebhooksConsumer.run": "call cb",
    "client.decode_message": "call raw",
    "connection_profile.ConnectionProfile": "call consumer_name, auth_mechanism, auth_secret, kafka_bootstrap",
    "connection_profile.ConnectionProfile.from_file": "call path",
    "ssl_cert.new_ssl_client_context": "call",
    "types.ConsumerRecord": "call topic, partition, leader_epoch, offset, timestamp, timestamp_type, key, value,"
    " headers, checksum, serialized_key_size, serialized_value_size, serialized_header_size",
    "types.Encoding": "members CBOR, JSON",
    "types.KafkaMessageEnvelopeV1": "keys encoding, method, headers, payload",
    "types.envelope_reader": "value",
    "webhook_event.DecodeError": "error ValueError",
    "webhook_event.EnvelopeDecodeError": "error DecodeError",
    "webhook_event.HTTPMethod": "members GET, HEAD, POST, PUT, DELETE, PATCH",
    "webhook_event.PayloadDecodeError": "error DecodeError",
    "webhook_event.WebhookEvent": "call method, timestamp, headers, payload",
    "webhook_event.WebhookEvent.decode": "call envelopeType, timestamp, raw",
}
"""Every public name of 1.0.0 and how it is used: the base of an error, the parameters of a call in their order."""


@pytest.fixture(scope="module")
def published() -> Path:
    """The modules of the published wheel. It is only read: it pins old versions of everything."""
    if not CACHE.is_dir():
        CACHE.parent.mkdir(exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="wheel-", dir=CACHE.parent))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(partial)]
        subprocess.run([*pip, f"mister-webhooks=={VERSION}"], check=True)
        try:
            partial.rename(CACHE)
        except OSError:  # another run was faster
            shutil.rmtree(partial)
    return CACHE / "mister_webhooks"


def names_of(module: Path) -> Iterator[tuple[str, str]]:
    """The public names that a module defines, in the words of `NAMES`."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) if not name.startswith("_"):
                yield f"{module.stem}.{name}", _call(node, bound=False)
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield f"{module.stem}.{name}", _class(node)
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                        static = any(
                            isinstance(by, ast.Name) and by.id == "staticmethod" for by in method.decorator_list
                        )
                        yield f"{module.stem}.{name}.{method.name}", _call(method, bound=not static)
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
                yield f"{module.stem}.{name}", "value"


def _class(node: ast.ClassDef) -> str:
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    fields = [
        line.target.id for line in node.body if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    ]
    members = [
        line.targets[0].id
        for line in node.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    ]
    inits = [line for line in node.body if isinstance(line, ast.FunctionDef) and line.name == "__init__"]
    if inits:
        return _call(inits[0], bound=True)
    if bases == ["Enum"]:
        return f"members {', '.join(members)}"
    if bases == ["TypedDict"]:
        return f"keys {', '.join(fields)}"
    return f"error {bases[0]}" if bases else f"call {', '.join(fields)}"


def _call(node: ast.FunctionDef, *, bound: bool) -> str:
    assert len(node.args.args) == len(list(ast.iter_child_nodes(node.args))), "1.0.0 has plain parameters only"
    return f"call {', '.join(argument.arg for argument in node.args.args[bound:])}".rstrip()


def test_the_table_is_the_published_package(published: Path) -> None:
    """`NAMES` and `PACKAGE` are what 1.0.0 has."""
    modules = sorted(published.glob("[!_]*.py"))
    found = dict(name for module in modules for name in names_of(module))
    exported = ast.parse((published / "__init__.py").read_text(encoding="utf-8")).body[0]

    assert found == NAMES
    assert isinstance(exported, ast.Assign)
    assert sorted(ast.literal_eval(exported.value)) == PACKAGE


@pytest.mark.parametrize(("name", "use"), NAMES.items(), ids=NAMES.keys())
def test_the_name_is_still_there(name: str, use: str) -> None:
    """It can be used as in 1.0.0: what was added is optional."""
    kind, _, words = use.partition(" ")
    wanted = [word for word in words.split(", ") if word]
    thing = _ours(name)
    match kind:
        case "call":
            parameters = _parameters(name)
            assert [parameter.name for parameter in parameters[: len(wanted)]] == wanted
            assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters[: len(wanted)])
            assert all(parameter.default is not parameter.empty for parameter in parameters[len(wanted) :])
        case "error":
            assert words in [base.__name__ for base in thing.__mro__]
        case "members":
            assert issubclass(thing, enum.Enum)
            assert list(thing.__members__) == wanted
        case "keys":
            assert list(thing.__annotations__) == wanted
        case "value":
            assert thing is envelope_reader


def _ours(name: str) -> Any:  # noqa: ANN401 - classes, functions and a value
    module, *path = name.split(".")
    return functools.reduce(getattr, path, importlib.import_module(f"mister_webhooks.{module}"))


def _parameters(name: str) -> list[inspect.Parameter]:
    owner, _, last = name.rpartition(".")
    bound = "." in owner and not isinstance(inspect.getattr_static(_ours(owner), last), staticmethod | classmethod)
    return list(inspect.signature(_ours(name)).parameters.values())[bound:]


def test_the_package_exports_what_it_did() -> None:
    """And more."""
    assert set(PACKAGE) <= set(mister_webhooks.__all__)
    assert all(hasattr(mister_webhooks, name) for name in PACKAGE)


def test_what_is_used_by_position_keeps_its_place() -> None:
    """The fields of the dataclasses that programs make themselves come first, and in the old order."""
    for name in ("types.ConsumerRecord", "webhook_event.WebhookEvent", "connection_profile.ConnectionProfile"):
        old = NAMES[name].removeprefix("call ").split(", ")

        assert [field.name for field in dataclasses.fields(_ours(name))][: len(old)] == old
