from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mister_webhooks_router.errors import AppError
from mister_webhooks_router.providers import EventPattern, parse_event_pattern
from tests.mister_webhooks_router.providers.events import BUILTIN


@pytest.mark.parametrize(
    ("text", "names", "matches"),
    [
        ("github:push", ("push",), True),
        ("github:push", ("pull",), False),
        ("github:push", ("push2",), False),
        ("github:push", ("Push",), False),
        ("github:push", (), False),
        ("github:pull_request", ("pull_request", "pull_request.opened"), True),
        ("github:pull_request.opened", ("pull_request", "pull_request.opened"), True),
        ("github:pull_request.closed", ("pull_request", "pull_request.opened"), False),
        ("github:pull_request.*", ("pull_request", "pull_request.opened"), True),
        ("github:pull_request.*", ("pull_request",), False),
        ("github:pull_request*", ("pull_request_review",), True),
        ("github:*", ("push",), True),
        ("github:*", (), False),
        ("stripe:invoice.*", ("invoice.paid",), True),
        ("stripe:invoice.*", ("invoice.payment_action.required",), True),
        ("stripe:invoice.*", ("invoiceitem.created",), False),
        ("stripe:customer.*.deleted", ("customer.subscription.deleted",), True),
        ("stripe:customer.*.deleted", ("customer.deleted",), False),
        ("stripe:*.deleted", ("customer.subscription.deleted",), True),
        ("stripe:*", ("any.thing",), True),
        ("stripe:a*a", ("a",), False),
        ("stripe:a*a", ("aa",), True),
        ("stripe:*b*b*", ("abcb",), True),
        ("stripe:*b*b*", ("abc",), False),
        ("bitbucket:repo:push", ("repo:push",), True),
        ("bitbucket:repo:*", ("repo:push",), True),
        ("shopify:orders/create", ("orders/create",), True),
        ("slack:/deploy", ("/deploy",), True),
        ("paypal:PAYMENT.*", ("PAYMENT.SALE.COMPLETED",), True),
        ("github:p[u]sh", ("push",), False),
        ("github:pus?", ("push",), False),
    ],
)
def test_which_events_a_pattern_means(text: str, names: tuple[str, ...], matches: bool) -> None:  # noqa: FBT001 - a row
    """A pattern means one name letter by letter; its star stands for anything, dots too; nothing else is special."""
    pattern = parse_event_pattern(text, BUILTIN)

    assert pattern.matches(names) is matches
    assert pattern.exact is ("*" not in text)
    assert str(pattern) == text


@given(st.text("ab.*", max_size=8), st.text("ab.", max_size=8))
def test_a_star_is_what_shells_call_a_star(pattern: str, name: str) -> None:
    """Patterns of letters, dots and stars match what the standard library's do."""
    assert EventPattern("acme", pattern).matches([name]) is fnmatch.fnmatchcase(name, pattern)


def test_a_pattern_full_of_stars_takes_no_time() -> None:
    """A sender that makes names up cannot slow the matching down: it never goes back."""
    started = time.process_time()

    assert not EventPattern("acme", "*a" * 40 + "*b").matches(["a" * 100_000])
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("push", "event 'push': no provider is named. Write 'github:push' or 'gitlab:push'."),
        ("invoice.paid", "event 'invoice.paid': no provider is named. Write 'stripe:invoice.paid'."),
        ("made.up", "event 'made.up': no provider is named. Write 'PROVIDER:made.up'."),
        ("stripe", "event 'stripe': no provider is named. For all events of stripe write 'stripe:*'."),
        ("githup:push", "event 'githup:push': there is no provider 'githup'. Did you mean 'github'?"),
        ("GitHub:push", "event 'GitHub:push': there is no provider 'GitHub'. Did you mean 'github'?"),
        ("github:", "event 'github:': write the event right after the colon, or 'github:*' for all of github's"),
        ("github: push", "event 'github: push': write the event right after the colon, or 'github:*' for all"),
        ("", "event '': no provider is named."),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, error: str) -> None:
    """The error says what is wrong and what to write."""
    with pytest.raises(AppError) as caught:
        parse_event_pattern(text, BUILTIN)
    assert str(caught.value).startswith(error)


def test_an_unknown_provider_without_a_likely_one_lists_all() -> None:
    """Whoever guesses sees what there is."""
    with pytest.raises(AppError, match=r"there is no provider 'x'\. Known: adyen, bitbucket, .*, zoom\."):
        parse_event_pattern("x:y", BUILTIN)


def test_only_text_is_a_pattern() -> None:
    """Something else is named by its type."""
    with pytest.raises(AppError, match="an event is a string like 'github:push', got list"):
        parse_event_pattern(["github:push"], BUILTIN)  # type: ignore[arg-type]  # what is wrong with it


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("github:pul_request", "pull_request"),
        ("github:pull-request.opened", "pull_request"),
        ("github:Push", "push"),
        ("gitlab:merge_requests", "merge_request"),
        ("stripe:invoice.payed", "invoice.paid"),
        ("stripe:Invoice.paid", "invoice.paid"),
        ("stripe:invoce.*", "invoice"),
        ("bitbucket:repo:pusch", "repo:push"),
        ("jira:jira:issue_updated", "issue_updated"),
        ("discord:ping", "PING"),
        ("github:push", None),
        ("github:pull_request.opened", None),
        ("github:pull_request.*", None),
        ("github:pull_*", None),
        ("github:*", None),
        ("github:something_quite_new", None),
        ("stripe:customer.subscription.*", None),
        ("zoom:meeting.startet", None),
    ],
)
def test_a_near_miss_is_a_hint_and_no_error(text: str, meant: str | None) -> None:
    """A name close to a known one gets a hint; a known one, one of a provider without a list, and a new one do not."""
    pattern = parse_event_pattern(text, BUILTIN)

    provider, _, name = text.partition(":")
    expected = f"{provider} is not known to send {name!r}. Did you mean {meant!r}?" if meant else ""
    assert pattern.hint == expected
    assert pattern == EventPattern(provider, name)
