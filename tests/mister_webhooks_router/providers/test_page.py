from __future__ import annotations

import re

from mister_webhooks_router.providers import builtin_providers, parse_event_pattern
from scripts.providers_page import PAGE, page
from tests.mister_webhooks_router.providers.events import BUILTIN


def test_the_page_is_what_the_data_says() -> None:
    """docs/reference/providers.md is up to date; `python -m scripts.providers_page` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_has_a_section_for_each_provider() -> None:
    """Every built-in provider can be looked up, with its samples."""
    for provider in builtin_providers():
        _, _, section = page().partition(f"\n## {provider.name}\n")
        assert section.strip().startswith(f"{provider.title}.")
        assert f"\n- samples: `{provider.name}:" in section.partition("\n## ")[0]


def test_every_event_on_the_page_can_be_written_so() -> None:
    """What the page shows as an event is one, and none of them looks like a typing error."""
    names = "|".join(provider.name for provider in builtin_providers())
    shown = set(re.findall(rf'[`"]((?:{names}):[^`"]+)[`"]', page()))

    assert {"github:push", "github:pull_request.opened", "stripe:invoice.*", "jira:issue_updated"} <= shown
    assert [text for text in shown if parse_event_pattern(text, BUILTIN).hint] == []
