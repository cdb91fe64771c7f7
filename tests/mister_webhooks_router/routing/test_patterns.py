from __future__ import annotations

import re
import time

import pytest

from mister_webhooks_router import App
from mister_webhooks_router.errors import RouterError
from mister_webhooks_router.routing.filters import compile_filter
from mister_webhooks_router.routing.patterns import (
    BUDGET,
    EVENT_BUDGET,
    LONGEST_TEXT,
    PatternError,
    PatternGaveUp,
    compile_pattern,
    search_for,
)
from tests.mister_webhooks_router.memory_source import make_event

# Each would take longer than the age of the universe, or hours, where nobody stops it.
ENDLESS = [
    (r"(a|aa)+$", "a" * 4000 + "!"),
    (r"(a|a)*$", "a" * 4000 + "!"),
    (r"([a-z]*)*\d$", "a" * 4000),
    (r"(x+x+)+y", "x" * 4000 + "z"),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 4000),
    (r"(\w+\s?)+$", "abc " * 1000 + "!"),
    (r"(.*a){25}$", "a" * 4000 + "!"),
    (r"(?:(?:a{1,100}){1,100}){1,100}b", "a" * 4000),
    (r"\w+\d", "a" * LONGEST_TEXT),
    (r"\s+$", " " * (LONGEST_TEXT - 1) + "x"),
]


@pytest.mark.parametrize(("source", "text"), ENDLESS, ids=[source for source, _ in ENDLESS])
def test_an_endless_search_is_given_up(source: str, text: str) -> None:
    """A search that would not end is stopped by its budget of CPU time and is an error, never "no match"."""
    began = time.process_time()
    with pytest.raises(PatternGaveUp) as gave_up:
        compile_pattern(source).found_in(text)

    assert time.process_time() - began < 20 * BUDGET
    assert str(len(text)) in str(gave_up.value)
    assert text not in str(gave_up.value)
    assert isinstance(gave_up.value, RouterError)


def test_a_filter_passes_the_error_on() -> None:
    """Neither `matches` nor `explain` makes "no match" of a search that was given up."""
    source, text = ENDLESS[0]
    for filter_ in (compile_filter({"a": {"$regex": source}}), compile_filter({"$not": {"a": {"$regex": source}}})):
        with pytest.raises(PatternGaveUp):
            filter_.matches({"a": text})
        with pytest.raises(PatternGaveUp):
            filter_.explain({"a": text})


def test_a_text_that_is_too_long_is_not_searched() -> None:
    """A text longer than the limit is an error, a text of just that length is searched."""
    pattern = compile_pattern("y$")

    assert pattern.found_in("x" * (LONGEST_TEXT - 1) + "y")
    with pytest.raises(
        PatternGaveUp, match=r'"y\$" is not searched for in a text of 65537 characters; the limit is 65536'
    ):
        pattern.found_in("x" * (LONGEST_TEXT + 1))


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"^refs/(heads|tags)/", ["refs/heads/main", "refs/pull/1", "x refs/heads/"]),
        (r"^\d+$", ["12", "1a", "٣", "12\n"]),
        (r"\bfoo\b", ["a foo b", "foobar"]),
        (r"(?i)straße", ["STRASSE", "STRAßE"]),
        (r"(?P<year>\d{4})-(?P=year)", ["2026-2026", "2026-2025"]),
        (r"(?<!un)done", ["done", "undone"]),
        (r"a{2,3}?b", ["aab", "ab"]),
        (r"[^\W\d_]+é", ["aé", "1é"]),
        (r"^a.c$", ["abc", "a\nc"]),
        (r"\Aa\Z", ["a", "a\n"]),
        (r"", ["", "x"]),
    ],
)
def test_patterns_mean_what_they_mean_in_re(pattern: str, texts: list[str]) -> None:
    """A pattern is found exactly where the standard library finds it."""
    for text in texts:
        assert compile_pattern(pattern).found_in(text) is (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    ("flags", "text", "found"),
    [
        (re.IGNORECASE, "MAIN", True),
        (re.NOFLAG, "MAIN", False),
        (re.MULTILINE, "x\nmain", True),
        (re.IGNORECASE | re.MULTILINE, "x\nMAIN", True),
    ],
)
def test_a_compiled_pattern_keeps_its_flags(flags: re.RegexFlag, text: str, *, found: bool) -> None:
    """What `re` compiled is taken over with its flags."""
    assert compile_pattern(re.compile("^main", flags)).found_in(text) is found


@pytest.mark.parametrize(
    ("flags", "pattern", "text"),
    [
        (re.DOTALL, "a.b", "a\nb"),
        (re.VERBOSE, "a b # comment", "ab"),
        (re.ASCII, r"^\w+$", "é"),
        (re.NOFLAG, r"^\w+$", "é"),
    ],
)
def test_every_flag_that_changes_a_search_is_kept(flags: re.RegexFlag, pattern: str, text: str) -> None:
    """DOTALL, VERBOSE and ASCII mean the same as in `re`."""
    compiled = re.compile(pattern, flags)

    assert compile_pattern(compiled).found_in(text) is (compiled.search(text) is not None)


@pytest.mark.parametrize("source", ["(", "[a", "*a", "a{2,1}", r"(?P<1>a)", "(?<=a+)(?R"])
def test_what_is_no_pattern(source: str) -> None:
    """What cannot be compiled is an error that says where it goes wrong."""
    with pytest.raises(PatternError, match="position"):
        compile_pattern(source)


def test_a_pattern_of_bytes_is_refused() -> None:
    """Payloads and headers are text."""
    with pytest.raises(PatternError, match="a pattern of bytes"):
        compile_pattern(re.compile(b"x"))  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["x{e<=1}", "(a){e}", "a{1<=e<=2}", "a{2i+1d<=4}", "id/{id}", "a{e:[a-z]}"])
def test_approximate_matching_is_refused(source: str) -> None:
    """What one engine reads as text and the other as "about this" is refused, with what to write for the text."""
    with pytest.raises(PatternError, match=r"write \\\{"):
        compile_pattern(source)


@pytest.mark.parametrize(
    ("source", "text"), [(r"id/\{id\}", "id/{id}"), ("a{2}", "aa"), ("a{2,}b", "aab"), (r"\p{L}", "x")]
)
def test_other_braces_are_left_alone(source: str, text: str) -> None:
    """Counted repeats, escaped braces and properties mean what they always do."""
    assert compile_pattern(source).found_in(text)


def test_all_searches_for_one_event_share_a_budget() -> None:
    """A body with many slow texts is given up as a whole; the next event may search again, and so may others."""
    slow = compile_filter({"items": {"name": {"$regex": r"\s+$"}}})
    body = {"items": [{"name": " " * 1500 + "x"}] * 300}
    began = time.process_time()
    search_for(body)
    with pytest.raises(PatternGaveUp, match=r"200 ms already|was given up"):
        slow.matches(body)

    assert time.process_time() - began < 20 * EVENT_BUDGET
    for other in (object(), None):
        search_for(other)
        assert compile_pattern("push").found_in("a push")


def test_many_handlers_share_the_budget_of_an_event() -> None:
    """A hundred handlers with a slow pattern cost one budget, not a hundred; each that could not tell has failed."""
    app = App()
    for number in range(100):
        app.on(name=f"h{number}", where={"text": {"$regex": rf"\s+$|never{number}"}})(lambda event: None)
    event = make_event(payload={"text": " " * 1500 + "x"})
    began = time.process_time()
    routed = app.route(event)

    assert time.process_time() - began < 20 * EVENT_BUDGET
    assert any(isinstance(error, PatternGaveUp) for _, error in routed.handlers)
