"""Every mistake that needs no broker to be seen: the program itself, its exit code and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mister_webhooks.peers import listening, plain_text, silent
from tests.mister_webhooks_router.cli.processes import ONE_HANDLER, Ended, problems, run, write_app

SECRET = "hunter2-do-not-print"
NOBODY = "127.0.0.1:1"
PROFILE = {
    "consumer_name": "project.consumer",
    "auth": {"mechanism": "plain", "secret": SECRET},
    "kafka": {"bootstrap": NOBODY},
}


class Mistake(NamedTuple):
    """What somebody runs, the exit code, and what they must be told. `files` are written first."""

    code: int
    told: tuple[str, ...]
    arguments: tuple[str, ...] = ("app:app", "--profile", "profile.json", "--topic", "a.b")
    files: Mapping[str, str] = {}
    env: Mapping[str, str] = {}


def app(code: str) -> dict[str, str]:
    return {"app.py": f"from mister_webhooks_router import App\napp = App()\n{code}"}


def profile(**changes: object) -> dict[str, str]:
    """A profile file in which these fields are replaced; None takes one out."""
    fields = {name: value for name, value in {**PROFILE, **changes}.items() if value is not None}
    return {"profile.json": json.dumps(fields)}


def auth(**changes: object) -> dict[str, str]:
    return profile(auth={**PROFILE["auth"], **changes})  # type: ignore[dict-item]  # it is a dict


LOCAL = ("app:app", "--local", "--http", "127.0.0.1:0")

MISTAKES = {
    # the command line
    "no source": Mistake(2, ("app:app --profile profile.json", "app:app --local"), ("app:app",)),
    "local and profile": Mistake(2, ("drop --profile", "drop --local"), ("app:app", "--local", "--profile", "x")),
    "http without local": Mistake(2, ("add --local",), ("app:app", "--http", "127.0.0.1:1")),
    "no topic": Mistake(2, ("--topic incoming.PROJECT.ENDPOINT", "MWH_TOPIC", "topic="), ("app:app", "--profile", "x")),
    "a topic that nobody reads": Mistake(
        2,
        ("h (app.py:3)", "topic incoming.acme.stripe,", "Did you mean 'incoming.acme.strpe'?", "Add --topic"),
        ("app:app", "--profile", "x", "--topic", "incoming.acme.strpe"),
        app("@app.on(topic='incoming.acme.stripe')\ndef h(event): ..."),
    ),
    "no such app dir": Mistake(2, ("'nowhere' does not exist",), ("app:app", "--app-dir", "nowhere")),
    "port out of range": Mistake(2, ("127.0.0.1:8008",), ("app:app", "--local", "--http", "127.0.0.1:99999")),
    "not an address of this machine": Mistake(
        2, ("192.0.2.1:0", "not an address of this machine"), ("app:app", "--local", "--http", "192.0.2.1:0")
    ),
    # the app
    "no colon": Mistake(3, ("'app'", "Did you mean app:app?"), ("app", "--local")),
    "a file name": Mistake(3, ("Did you mean app:app?",), ("app.py", "--local")),
    "no such module": Mistake(3, ("no module 'ap' in", "Did you mean 'app'?"), ("ap:app", "--local")),
    "in another folder": Mistake(
        3, ("add --app-dir",), ("hooks:app", "--local"), {"src/hooks.py": ONE_HANDLER.replace("    ", "", 1)}
    ),
    "a module is missing inside": Mistake(
        3,
        ("'not_there'", "helper.py:1: import not_there"),
        LOCAL,
        {"app.py": "import helper", "helper.py": "import not_there"},
    ),
    "no such attribute": Mistake(3, ("has no 'ap'", "Did you mean 'app'?"), ("app:ap", "--local")),
    "no app": Mistake(3, ("app:app is no App", "function app"), LOCAL, {"app.py": "def app(): ..."}),
    "no handlers": Mistake(3, ("app:app has no handlers", "@app.on()"), LOCAL, app("")),
    "syntax error": Mistake(3, ("app.py", "line 1", "SyntaxError"), LOCAL, {"app.py": "def ("}),
    # handlers
    "unknown keyword": Mistake(
        3, ("'metod'", "'method'", "app.py:3"), LOCAL, app("@app.on(metod='POST')\ndef h(event): ...")
    ),
    "misspelled argument": Mistake(
        3, ("'pyload'", "'payload'", "app.py:3"), LOCAL, app("@app.on()\ndef h(pyload): ...")
    ),
    "generator": Mistake(3, ("generator", "app.py:3"), LOCAL, app("@app.on()\ndef h(event): yield")),
    "same name twice": Mistake(
        3, ("'h'", "app.py:3", "app.py:5"), LOCAL, app("@app.on()\ndef h(event): ...\n@app.on()\ndef h(event): ...")
    ),
    # the profile
    "no profile": Mistake(4, ("no profile file at profile.json",)),
    "no profile, by variable": Mistake(
        4, ("no profile file at", "MWH_PROFILE"), ("app:app", "--topic", "a.b"), env={"MWH_PROFILE": "gone.json"}
    ),
    "profile of bytes": Mistake(4, ("profile.json", "not"), files={"profile.json": "\x00\x01"}),
    "no JSON": Mistake(4, ("profile.json", "line 1"), files={"profile.json": f'{{"secret": "{SECRET}",'}),
    "no object": Mistake(4, ("JSON object", "a list"), files={"profile.json": "[]"}),
    "no name": Mistake(4, ("'consumer_name' is missing",), files=profile(consumer_name=None)),
    "no secret": Mistake(4, ("'auth.secret' is missing",), files=profile(auth={"mechanism": "plain"})),
    "mistyped name": Mistake(4, ("'consumer_name' must be a string",), files=profile(consumer_name=5)),
    "mistyped secret": Mistake(4, ("'auth.secret' must be a string",), files=auth(secret=[SECRET])),
    "unknown mechanism": Mistake(4, ("'scram'", "'plain'"), files=auth(mechanism="scram")),
    "bootstrap and servers": Mistake(
        4, ("both", "keep one"), files=profile(kafka={"bootstrap": NOBODY, "servers": [NOBODY]})
    ),
    "neither bootstrap nor servers": Mistake(4, ("'kafka.bootstrap'", "'kafka.servers'"), files=profile(kafka={})),
    "no address": Mistake(4, ("'host:x'",), files=profile(kafka={"bootstrap": "host:x"})),
    "no CA file": Mistake(4, ("no CA file at gone.pem",), files=profile(), env={"MWH_CA_FILE": "gone.pem"}),
    "no certificate": Mistake(4, ("app.py", "PEM"), files=profile(), env={"MWH_CA_FILE": "app.py"}),
    # the broker
    "nobody listens": Mistake(5, (f"nobody listens at {NOBODY}",), files=profile()),
    "no such host": Mistake(5, ("cannot find the host",), files=profile(kafka={"bootstrap": "host.invalid:1"})),
    "silence": Mistake(5, ("does not answer TLS",), files=profile(kafka={"bootstrap": "SILENT"})),
    "no TLS": Mistake(5, ("does not speak TLS",), files=profile(kafka={"bootstrap": "RUDE"})),
}


@pytest.fixture(scope="module")
def peers() -> Iterator[dict[str, str]]:
    """A peer that takes connections and says nothing, and one that speaks something else than TLS."""
    with listening(silent) as first, listening(plain_text) as second:
        yield {"SILENT": str(first), "RUDE": str(second)}


@pytest.fixture(scope="module")
def runs(peers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Ended]]]:
    """All programs, started side by side: most of them wait for a disk or a peer most of the time."""
    with ThreadPoolExecutor(4) as pool:
        yield {
            name: pool.submit(_make, mistake, tmp_path_factory.mktemp("mistake"), peers)
            for name, mistake in MISTAKES.items()
        }


def _make(mistake: Mistake, folder: Path, peers: Mapping[str, str]) -> Ended:
    write_app(folder)
    for name, text in mistake.files.items():
        for word, address in peers.items():
            text = text.replace(word, address)  # noqa: PLW2901  piece by piece
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return run("mwh-run", *mistake.arguments, folder=folder, env=dict(mistake.env))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake(name: str, runs: dict[str, Future[Ended]]) -> None:
    """It ends with its exit code and says what to do, without a traceback or a secret."""
    mistake, ended = MISTAKES[name], runs[name].result()

    assert ended.code == mistake.code, ended.err
    assert [text for text in mistake.told if text not in ended.err] == [], ended.err
    assert problems(ended, SECRET) == [], ended.err
    assert ended.out == ""
