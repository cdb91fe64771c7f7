"""The options of mwh-run, read in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import click
import pytest

from mister_webhooks_router.cli.options import Address, RunOptions, checked_options
from mister_webhooks_router.cli.run import run_command


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MWH_PROFILE", "MWH_TOPIC", "MWH_CA_FILE"):
        monkeypatch.delenv(name, raising=False)


def read(*arguments: str) -> RunOptions:
    ctx = run_command.make_context("mwh-run", ["app:app", *arguments])
    return checked_options(ctx, ctx.params)


def refusal(*arguments: str) -> str:
    with pytest.raises(click.UsageError) as caught:
        read(*arguments)
    return caught.value.format_message()


def test_the_defaults() -> None:
    """Without options, the app is looked for in the current folder and nothing is assumed of where events come from."""
    assert read() == RunOptions(
        target="app:app",
        app_dir=Path.cwd(),
        profile=None,
        profile_variable=None,
        topics=(),
        ca_file=None,
        start_from=None,
        burst=False,
        local=False,
        http=None,
        log_level="info",
        check=False,
    )


def test_topics_may_be_repeated_and_are_kept_once() -> None:
    """--topic is given once a topic, or with commas; the order is kept and doubles fall away."""
    assert read("--topic", "a.b", "--topic", "c,a.b").topics == ("a.b", "c")


@pytest.mark.parametrize("text", ["a.b,c", "a.b c", " a.b , c ", "a.b\tc,"])
def test_topics_of_the_environment(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MWH_TOPIC holds topics with commas or spaces between them."""
    monkeypatch.setenv("MWH_TOPIC", text)

    assert read().topics == ("a.b", "c")


def test_an_empty_variable_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """MWH_TOPIC= names no topic."""
    monkeypatch.setenv("MWH_TOPIC", "")

    assert read().topics == ()


def test_the_command_line_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """--topic and --profile replace what the variables say."""
    monkeypatch.setenv("MWH_TOPIC", "from.env")
    monkeypatch.setenv("MWH_PROFILE", "env.json")
    options = read("--topic", "from.line", "--profile", "line.json")

    assert (options.topics, options.profile) == (("from.line",), Path("line.json"))


@pytest.mark.parametrize("topic", ["a/b", "", "ä", "x" * 250])
def test_what_can_be_no_topic_is_refused(topic: str) -> None:
    """Kafka allows letters, digits, dots, dashes and underscores."""
    assert "can be no topic" in refusal("--topic", topic)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("earliest", "earliest"),
        ("latest", "latest"),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T08:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00Z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00:30+02:00", datetime(2026, 11, 20, 8, 0, 30, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_start_from(text: str, meant: object) -> None:
    """A word or a time; a time without a zone is UTC."""
    assert read("--start-from", text).start_from == meant


def test_a_start_that_is_no_time() -> None:
    """The message shows a time that is right."""
    assert "such as 2026-11-20T08:00Z" in refusal("--start-from", "earlist")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:8008", Address("127.0.0.1", 8008)),
        ("localhost:0", Address("localhost", 0)),
        ("[::1]:80", Address("::1", 80)),
    ],
)
def test_an_address(text: str, meant: Address) -> None:
    """HOST:PORT, written back as it was read."""
    read_back = read("--local", "--http", text).http

    assert read_back == meant
    assert str(read_back) == text


@pytest.mark.parametrize("text", ["8008", ":8008", "host:", "host:99999", "host:x", "::1:80", "a:b:1", "h:\u0661"])
def test_what_is_no_address(text: str) -> None:
    """The message shows an address that is right."""
    assert "127.0.0.1:8008" in refusal("--local", "--http", text)


def test_local_with_options_of_the_broker() -> None:
    """The message names all options that must go, and the other way out."""
    text = refusal("--local", "--profile", "p.json", "--ca-file", "ca.pem", "--start-from", "latest")

    assert "drop --profile and --ca-file and --start-from, or drop --local" in text


def test_local_passes_over_variables_for_the_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MWH_PROFILE may be set for other runs: --local wins without a word."""
    monkeypatch.setenv("MWH_PROFILE", str(tmp_path / "p.json"))
    monkeypatch.setenv("MWH_CA_FILE", str(tmp_path / "ca.pem"))
    options = read("--local")

    assert (options.profile, options.ca_file) == (None, None)


def test_local_logs_less() -> None:
    """Under --local each event has a line already, so the log begins at warnings."""
    assert read("--local").log_level == "warning"
    assert read("--local", "--log-level", "DEBUG").log_level == "debug"


def test_http_without_local() -> None:
    """The address belongs to --local."""
    assert "add --local, or drop --http" in refusal("--http", "127.0.0.1:1")


@pytest.mark.parametrize(
    ("wrong", "right"), [("--topics", "--topic"), ("--profle", "--profile"), ("--bust", "--burst")]
)
def test_a_misspelled_option(wrong: str, right: str) -> None:
    """The nearest option is named."""
    assert right in refusal(wrong, "x")


def test_an_app_dir_that_is_not_there() -> None:
    """--app-dir must be a folder."""
    assert "does not exist" in refusal("--app-dir", "no-such-folder")
