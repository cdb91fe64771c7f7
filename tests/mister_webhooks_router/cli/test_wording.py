"""Small pieces of sentences and tables."""

from __future__ import annotations

import pytest

from mister_webhooks_router.cli.wording import count, printable, table


@pytest.mark.parametrize(("number", "text"), [(0, "0 events"), (1, "1 event"), (1234, "1,234 events")])
def test_a_count(number: int, text: str) -> None:
    """Only one is one."""
    assert count(number, "event") == text


def test_strangers_do_not_steer_the_terminal() -> None:
    """Line ends, escapes and marks of direction in a header become visible; other letters stay."""
    assert printable("a\nb\x1b[2Jc\u202eé日") == "a\\nb\\x1b[2Jc\\u202eé日"


def test_a_table() -> None:
    """Cells stand under each other, and no line ends with spaces."""
    assert list(table([("name", "n"), ("a", "100"), ("abcdef", "")])) == ["  name    n", "  a       100", "  abcdef"]
