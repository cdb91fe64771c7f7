"""What docs/reference/app.md says about the app is so."""

from __future__ import annotations

import re
from pathlib import Path

import mister_webhooks_router
from mister_webhooks_router import App, Delivery, Phase, errors
from mister_webhooks_router.injection import INJECTED

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "app.md").read_text(encoding="utf-8")


def test_the_examples_run() -> None:
    """The page's blocks of Python, one after the other, as one module."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    namespace = {"__name__": "app_page"}
    exec("\n".join(blocks), namespace)
    app = namespace["app"]

    assert isinstance(app, App)
    assert [handler.name for handler in app.handlers] == [
        "deploy",
        "review",
        "celebrate",
        "talk",
        "charge",
        "remember",
        "enter",
        "note",
        "book",
    ]


def test_the_page_names_what_there_is() -> None:
    """Every argument of a handler, field of a delivery, phase and error that an app's author can meet."""
    fields = [name for name in dir(Delivery) if not name.startswith("_")]
    raised = [name for name in mister_webhooks_router.__all__ if hasattr(errors, name)]
    general = {"ExitCode", "SettingsError", "UsageError"}  # of the command line: see exit-codes.md
    wanted = [*INJECTED, *fields, *(phase.name for phase in Phase), *(name for name in raised if name not in general)]

    assert [name for name in wanted if f"`{name}`" not in PAGE] == []
