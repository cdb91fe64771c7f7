"""The docs are so: their Python runs, their commands are commands, what they show comes out, their links exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from mister_webhooks_router.cli.program import mwh_command
from mister_webhooks_router.cli.run import run_command
from tests.house.pages import DOCS, ROOT, Page, pages
from tests.house.walk import Walk

PAGES = list(pages())
WALKED = [page for page in PAGES if any(block.file for block in page.blocks) and "plain-client" not in page.name]

# Pages whose Python other tests run, or look at where it is no program.
RUN_ELSEWHERE = {
    "how-to/plain-client.md": "tests/kafka/test_client_docs.py",
    "reference/app.md": "tests/house/test_app_page.py",
    "reference/client.md": "tests/kafka/test_client_docs.py",
    "reference/filters.md": "tests/mister_webhooks_router/routing/filter_page.py",
    "reference/providers.md": "tests/mister_webhooks_router/providers/test_page.py",
    "reference/signatures.md": "tests/mister_webhooks_router/providers/test_recipes.py",
    "results/mistakes.md": "tests/house/test_mistakes.py",
}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.program and page.name not in RUN_ELSEWHERE], ids=lambda page: page.name
)
def test_the_python_of_a_page_runs(page: Page) -> None:
    """All its blocks, one after the other, as one module; what they assert holds."""
    exec(compile(page.program, page.name, "exec"), {"__name__": "page"})


def test_what_runs_elsewhere_does() -> None:
    """Each page that is left out has Python, and the test named for it names the page."""
    for name, test in RUN_ELSEWHERE.items():
        assert any(block.language == "python" for block in Page(name).blocks), name
        assert Path(name).stem in (ROOT / test).read_text(encoding="utf-8"), test


@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.name)
def test_what_a_page_shows_comes_out(page: Page, tmp_path: Path) -> None:
    """Its files are written, its commands typed, and all that it shows of their output is what comes."""
    with Walk(tmp_path) as walk:
        for block in page.blocks:
            for shown, printed in walk.follow(block):
                assert printed == shown


def test_the_tutorial_is_walked() -> None:
    """The pages with files in them are found: an empty list would prove nothing."""
    assert [page.name for page in WALKED] == ["how-to/routing.md", "tutorial/first-handler.md"]


@pytest.mark.parametrize("page", [page for page in PAGES if page.commands], ids=lambda page: page.name)
def test_the_commands_of_a_page_are_commands(page: Page) -> None:
    """`mwh` and `mwh-run` lines have options and values that there are, and `pip` installs extras that there are."""
    for typed in page.commands:
        for words in split(typed):
            if words[0] in {"mwh", "mwh-run"}:
                parse(words)
            elif words[:2] == ["pip", "install"]:
                assert extras(words[2]) <= known_extras(), typed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_lead_somewhere(page: Page) -> None:
    """To a file that exists, and in a page to a heading that it has."""
    for link in page.links:
        name, _, fragment = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path

        assert target.exists(), link
        if fragment:
            assert fragment in Page(str(target.relative_to(DOCS))).anchors, link


def test_every_page_can_be_found() -> None:
    """docs/README.md links to each of them, results apart, which come and go."""
    index = Page("README.md")
    guides = [page for page in PAGES if not page.name.startswith("results/")]
    linked = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links}

    assert [page.name for page in guides if page != index and page.path not in linked] == []


def test_a_wrong_option_is_found() -> None:
    """What checks the commands of pages tells a wrong one from a right one."""
    parse(["mwh", "explain", "app:app", "--sample", "github:push"])
    for line in ("mwh explian app:app", "mwh explain app:app --smaple github:push", "mwh-run app:app --log-level loud"):
        with pytest.raises(click.ClickException):
            parse(line.split())


def split(typed: str) -> list[list[str]]:
    """The programs of a line with their arguments, without what leads to and from files."""
    lexer = shlex.shlex(typed, posix=True, punctuation_chars="|>")
    lexer.whitespace_split = True
    programs: list[list[str]] = [[]]
    for word in lexer:
        if word in {"|", ">"}:
            programs.append([])
        else:
            programs[-1].append(word)
    return programs


def parse(words: list[str]) -> None:
    """Read a command line as the program does, up to running it. Raises what it raises."""
    name, *arguments = words
    if name == "mwh-run":
        run_command.make_context(name, arguments)
        return
    with click.Context(mwh_command) as ctx:
        _, command, rest = mwh_command.resolve_command(ctx, arguments)
    assert command is not None
    command.make_context(name, rest)


def extras(requirement: str) -> set[str]:
    """The extras that are asked for."""
    found = re.fullmatch(r"mister-webhooks(?:\[(.*)\])?", requirement)
    assert found, requirement
    return set(found[1].split(",")) if found[1] else set()


def known_extras() -> set[str]:
    """Those that the package has."""
    return set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
