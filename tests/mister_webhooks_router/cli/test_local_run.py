"""`mwh-run --local`, from HTTP to the last line."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.mister_webhooks_router.cli.processes import (
    COMMANDS,
    ONE_HANDLER,
    Program,
    environment,
    problems,
    run,
    write_app,
)

LOCAL = ("app:app", "--local", "--http", "127.0.0.1:0")


def start(folder: Path, *more: str) -> Program:
    return Program("mwh-run", *LOCAL, *more, folder=folder)


def url(program: Program, topic: str = "incoming.acme.github") -> str:
    """Where the program receives webhooks of this topic."""
    found = re.search(r"http://\S+/in/", program.until("/in/TOPIC"))
    assert found is not None
    return found[0] + topic


def send(url: str, body: object, **headers: str) -> None:
    answer = httpx.post(url, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})
    assert answer.status_code == 202, answer.text


def test_a_session(tmp_path: Path) -> None:
    """Each event has one line with each handler's result; a failure is shown and the next event comes."""
    write_app(
        tmp_path,
        """
        from mister_webhooks_router import App

        app = App()

        @app.on(header={"X-GitHub-Event": "push"})
        def on_push(payload):
            if payload["bad"]:
                raise ValueError("no such branch")

        @app.on(header={"X-GitHub-Event": ["push", "ping"]})
        async def notify(event): ...
        """,
    )
    with start(tmp_path) as program:
        address = url(program)
        send(address, {"bad": False}, X_GitHub_Event="push")
        send(address, {"bad": True}, X_GitHub_Event="push")
        send(address, {}, X_GitHub_Event="star")
        program.until("no handler matched")
        program.send(signal.SIGTERM)
        ended = program.wait()

    assert ended.code == 0
    assert [re.sub(r"^[\d:]{8}|[\d.]+(?= ms)", "_", line) for line in ended.out.splitlines()] == [
        "_ POST incoming.acme.github:0:0  on_push ok _ ms, notify ok _ ms",
        "_ POST incoming.acme.github:0:1  on_push failed ValueError: no such branch, notify ok _ ms",
        "_ POST incoming.acme.github:0:2  no handler matched (X-GitHub-Event: star)",
    ]
    assert 'app.py", line 9, in on_push' in ended.err
    assert "mister_webhooks_router/" not in ended.err
    assert ended.err.endswith(
        "done: 3 events, 1 unmatched; deliveries: 3 handled, 1 failed; committed: incoming.acme.github:0 up to 3\n"
    )


def test_what_was_received_is_worked_off(tmp_path: Path) -> None:
    """After SIGKILL in the middle of an event, --burst handles that event and those behind it, and exits with 0."""
    write_app(tmp_path, ONE_HANDLER.replace("def everything(event):", "def everything(event):\n        hook(event)"))
    with (tmp_path / "app.py").open("a") as file:
        file.write("\ndef hook(event):\n    import time\n    print('begun', flush=True)\n    time.sleep(100)\n")
    with start(tmp_path) as program:
        address = url(program)
        for number in range(3):
            send(address, {"n": number})
        program.until("begun")
        program.send(signal.SIGKILL)
        program.wait()
    write_app(tmp_path)
    ended = run("mwh-run", *LOCAL, "--burst", folder=tmp_path)

    assert ended.code == 0
    assert [line for line in ended.out.splitlines() if line.startswith("got")] == ["got 0", "got 1", "got 2"]
    assert "done: 3 events" in ended.err


def test_an_interrupt_lets_the_running_event_end(tmp_path: Path) -> None:
    """The first Ctrl-C stops the intake and waits for the handler; its event is committed."""
    write_app(
        tmp_path,
        """
        import time
        from mister_webhooks_router import App

        app = App()

        @app.on()
        def slow(delivery):
            print("begun", flush=True)
            while not delivery.shutting_down:
                time.sleep(0.01)
            print("ended", flush=True)
        """,
    )
    with start(tmp_path) as program:
        address = url(program)
        send(address, 1)
        send(address, 2)
        program.until("begun")
        program.send(signal.SIGINT)
        ended = program.wait()

    assert ended.code == 0
    assert ended.out.count("begun") == ended.out.count("ended") == 1
    assert "committed: incoming.acme.github:0 up to 1" in ended.err


def test_the_reader_of_the_lines_goes_away(tmp_path: Path) -> None:
    """`mwh-run --local | head -1` stops cleanly at the line that nobody reads."""
    write_app(tmp_path, ONE_HANDLER.replace('print("got", event.offset, flush=True)', "pass"))
    command = f"{COMMANDS / 'mwh-run'} {' '.join(LOCAL)} 2> err.txt | head -1; echo ${{PIPESTATUS[0]}}"
    with subprocess.Popen(
        ["bash", "-c", command], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    ) as shell:
        address = _url_in(tmp_path / "err.txt")
        while shell.poll() is None:
            try:
                send(address, {})
            except httpx.TransportError:
                break
        out, _ = shell.communicate(timeout=60)

    assert out.splitlines()[-1] == "0"
    assert "Traceback" not in (tmp_path / "err.txt").read_text()
    assert "done: " in (tmp_path / "err.txt").read_text()


def _url_in(file: Path) -> str:
    from tests.broker.waiting import wait_until  # noqa: PLC0415  loads kafka-python

    found: list[str] = []

    def look() -> bool:
        found[:] = re.findall(r"(http://\S+/in/)TOPIC", file.read_text()) if file.exists() else []
        return bool(found)

    wait_until(look, "the address is printed", limit=60)
    return f"{found[0]}a.b"


def test_topics_that_are_asked_for(tmp_path: Path) -> None:
    """With --topic only these are received."""
    write_app(tmp_path)
    with start(tmp_path, "--topic", "incoming.acme.github") as program:
        refused = httpx.post(url(program, "incoming.acme.gitlab"), json={})

    assert refused.status_code == 404
    assert "incoming.acme.github" in refused.text


@pytest.mark.parametrize("what", ["port", "log"])
def test_two_at_the_same_place(what: str, tmp_path: Path) -> None:
    """A second program on the same port, or with the same log, says so and ends."""
    write_app(tmp_path / "one")
    write_app(tmp_path / "two")
    with start(tmp_path / "one") as program:
        port = url(program).split("/")[2]
        address, folder = (port, "two") if what == "port" else ("127.0.0.1:0", "one")
        ended = run("mwh-run", "app:app", "--local", "--http", address, folder=tmp_path / folder)

    code, told = (2, "the port is in use") if what == "port" else (5, ".mwh/log.db")
    assert ended.code == code
    assert told in ended.err
    assert problems(ended) == []


def test_without_the_extra(tmp_path: Path) -> None:
    """Without starlette and uvicorn, --local names the pip command."""
    write_app(tmp_path)
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "uvicorn.py").write_text("raise ModuleNotFoundError(name='uvicorn')\n")
    ended = run("mwh-run", *LOCAL, folder=tmp_path, env={"PYTHONPATH": tmp_path / "hidden"})

    assert ended.code == 4
    assert "pip install 'mister-webhooks[http]'" in ended.err
    assert problems(ended) == []


@pytest.mark.parametrize("arguments", [("--check",), ("--check", "--local")])
def test_a_check(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """The summary and 0; nothing is received and nothing is written. All of it goes to standard error."""
    write_app(tmp_path)
    ended = run("mwh-run", "app:app", *arguments, folder=tmp_path)

    words = ["mister-webhooks 2.", "app:app (app.py)", "everything", "app.py:6", "The app is as it should be."]
    words += ["http://127.0.0.1:8008/in/TOPIC", "at least once", "log level"] if "--local" in arguments else []
    assert (ended.code, ended.out) == (0, "")
    assert [word for word in words if word not in ended.err] == []
    assert problems(ended) == []
    assert not (tmp_path / ".mwh").exists()
