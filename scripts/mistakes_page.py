"""Writes docs/results/mistakes.md from what mwh-run really prints: `python -m scripts.mistakes_page`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Final, NamedTuple

PAGE: Final = Path(__file__).parents[1] / "docs" / "results" / "mistakes.md"
COMMAND: Final = ("mwh-run", "app:app", "--check")
FOLDER: Final = "/home/you/shop"
"""What the page calls the folder that the apps were in."""

_APP: Final = """\
from mister_webhooks_router import App

app = App()
"""

_INTRO: Final = """\
# Mistakes in an app, and what mwh-run says

<!-- Written by scripts/mistakes_page.py, which runs every one of these. Change that and run it again. -->

Each section is an `app.py` with one mistake, and all that `mwh-run app:app --check` prints for it. `mwh-run` without
`--check` says the same, before it connects to anything. The apps were in `/home/you/shop`, and the time
is made up. [Exit codes](../reference/exit-codes.md) says what the codes mean.
"""

_TIME: Final = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", re.MULTILINE)
_NO_PYDANTIC: Final = "raise ModuleNotFoundError(\"No module named 'pydantic'\", name='pydantic')\n"


@dataclass(frozen=True, slots=True)
class Mistake:
    """An app file with one mistake.

    Args:
        title: what the mistake is.
        code: the file; where it does not import App itself, the usual three lines come first.
        pydantic: whether that package is installed.
    """

    title: str
    code: str
    pydantic: bool = True

    @property
    def app(self) -> str:
        """The text of the file."""
        code = dedent(self.code).strip("\n")
        return f"{code}\n" if "import App" in code else f"{_APP}\n\n{code}\n"


class Printed(NamedTuple):
    """What `mwh-run app:app --check` printed, with another folder and time, and its exit code."""

    text: str
    code: int


MISTAKES: Final = (
    Mistake(
        "A provider that there is not",
        """
        @app.on("gihub:push")
        def deploy(event): ...
        """,
    ),
    Mistake(
        "An event without its provider",
        """
        @app.on("push")
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A misspelled event",
        """
        @app.on("github:pull_reqest.opened")
        def review(event): ...
        """,
    ),
    Mistake(
        "A misspelled provider of a topic",
        """
        from mister_webhooks_router import App

        app = App(providers={"incoming.acme.pay": "ayden"})
        """,
    ),
    Mistake(
        "A misspelled keyword",
        """
        @app.on(metod="POST")
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A misspelled method",
        """
        @app.on(method="PSOT")
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A header that is to be a number",
        """
        @app.on(header={"X-Shop": 17})
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A misspelled operator of a filter",
        """
        @app.on("stripe:invoice.paid", where={"data.object.amount_paid": {"$gtr": 1000}})
        def thank(event): ...
        """,
    ),
    Mistake(
        "An operand of the wrong kind",
        """
        @app.on("github:push", where={"commits": {"$exist": "yes"}})
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A regular expression that is none",
        """
        @app.on("github:push", where={"ref": {"$regex": "refs/(heads|tags"}})
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A filter that is no document",
        """
        @app.on("github:push", where="ref == 'refs/heads/main'")
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A misspelled argument",
        """
        @app.on("github:push")
        def deploy(pyload): ...
        """,
    ),
    Mistake(
        "A generator",
        """
        @app.on("github:push")
        def deploy(payload):
            yield payload["ref"]
        """,
    ),
    Mistake(
        "The same name twice",
        """
        @app.on("github:push")
        def handle(event): ...


        @app.on("stripe:invoice.paid")
        def handle(event): ...
        """,
    ),
    Mistake(
        "`@app.on` without parentheses",
        """
        @app.on
        def deploy(event): ...
        """,
    ),
    Mistake(
        "A type that is not there at run time",
        """
        from __future__ import annotations

        from typing import TYPE_CHECKING

        from mister_webhooks_router import App

        if TYPE_CHECKING:
            from invoices import Invoice

        app = App()


        @app.on("stripe:invoice.paid")
        def thank(payload: Invoice): ...
        """,
    ),
    Mistake(
        "A typed payload without pydantic",
        """
        from dataclasses import dataclass

        from mister_webhooks_router import App

        app = App()


        @dataclass
        class Invoice:
            id: str


        @app.on("stripe:invoice.paid")
        def thank(payload: Invoice): ...
        """,
        pydantic=False,
    ),
)


def check(mistake: Mistake) -> Printed:
    """Run `mwh-run app:app --check` on the app as a user would."""
    with TemporaryDirectory(prefix="mwh-mistake-") as name:
        folder = Path(name).resolve()
        (folder / "shop").mkdir()
        (folder / "shop" / "app.py").write_text(mistake.app, encoding="utf-8")
        if not mistake.pydantic:
            (folder / "pydantic.py").write_text(_NO_PYDANTIC, encoding="utf-8")
        done = subprocess.run(
            [Path(sys.executable).with_name(COMMAND[0]), *COMMAND[1:]],
            cwd=folder / "shop",
            env=_environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        text = done.stdout.replace(str(folder / "shop"), FOLDER)
    return Printed(_TIME.sub("2026-01-01 12:00:00,000 ", text), done.returncode)


def section(mistake: Mistake, printed: Printed) -> str:
    """The section of the page about one mistake."""
    return (
        f"## {mistake.title}\n\n```python\n{mistake.app}```\n\n"
        f"```console\n$ {' '.join(COMMAND)}\n{printed.text}```\n\nExit code {printed.code}.\n"
    )


def page() -> str:
    """The text of the page."""
    return "\n".join([_INTRO, *(section(one, check(one)) for one in MISTAKES)])


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MWH_", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(folder)}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
