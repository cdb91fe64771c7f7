from __future__ import annotations

import re
from pathlib import Path

import pytest

from mister_webhooks_router.providers.recipe import Recipe, Scheme
from mister_webhooks_router.providers.recipes import RECIPES

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "signatures.md").read_text("utf-8")
ROWS = {cells[1].strip(): cells for line in PAGE.splitlines() if len(cells := line.split("|")) == 8}
METHODS = {
    "hmac-sha256": "HMAC-SHA256",
    "hmac-sha1": "HMAC-SHA1",
    "ed25519": "Ed25519",
    "ecdsa-p256": "ECDSA P-256",
    "token": "token",
}


def test_the_page_has_a_row_for_each_sender() -> None:
    """The reference page lists the senders that have a recipe, and no other."""
    assert ROWS.keys() - {"sender", "---"} == RECIPES.keys()


@pytest.mark.parametrize("name", sorted(RECIPES.keys() - {"svix", "adyen", "paypal"}))
def test_a_row_says_what_the_recipe_does(name: str) -> None:
    """Header, content, method, prefix and limit on the page are those of the recipe."""
    _, _, header, content, method, secret, limit, _ = ROWS[name]
    for scheme in RECIPES[name].schemes:
        assert isinstance(scheme, Scheme)
        assert f"`{scheme.header}`" in header
        assert METHODS[scheme.algorithm] in method
        assert not scheme.prefix or f"`{scheme.prefix}`" in method
        assert not scheme.key_prefix or f"`{scheme.key_prefix}`" in secret
        assert not scheme.tolerance or "300 s" in limit
        assert ("timestamp" in content) is ("{timestamp}" in scheme.content) or name == "gitlab"
        assert ("address" in content) is ("{url}" in scheme.content)


def test_the_python_on_the_page_runs() -> None:
    """The examples on the reference page run as they stand there."""
    scope: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "signatures.md", "exec"), scope)

    assert isinstance(scope["ACME"], Recipe)
