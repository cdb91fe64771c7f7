"""Who may import whom, and what a package shows. Each rule is also seen to catch what breaks it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CLIENT, ROUTER = "mister_webhooks", "mister_webhooks_router"
SOURCES = (CLIENT, ROUTER, "examples", "benchmarks", "scripts")
KAFKA_MODULES = {f"{CLIENT}.kafka_{name}" for name in ("admin", "connection", "rebalances", "source", "tail")}
"""Connecting, questions, reading as a group and reading without one: nobody else knows kafka-python."""
MOST_LINES = 400

APART = {"engine", "plugins", "routing"}
"""These packages do not know each other, and nobody outside knows their insides."""

CORE: dict[str, set[str]] = {
    "errors": set(),
    "outcome": set(),
    "messages": set(),
    "place": set(),
    "signature": {"errors", "messages"},
    "routing": {"errors", "messages"},
    "event_file": {"errors", "messages"},
    "samples": {"errors", "event_file", "messages"},
    "providers": {"errors", "event_file", "messages", "routing", "samples"},
    "models": {"errors", "messages"},
    "injection": {"errors", "messages", "models", "signature"},
    "handler": {"injection", "routing"},
    "match": {"handler", "messages", "routing"},
    "sender": {"providers", "routing"},
    "unmatched": {"providers", "routing", "sender"},
    "lifespan": {"errors", "messages"},
    "delivery": {"handler", "providers"},
    "types": {"delivery", "handler", "outcome"},
    "plugins": {"delivery", "errors", "handler", "messages", "outcome", "types"},
    "app": {
        "delivery",
        "errors",
        "handler",
        "injection",
        "lifespan",
        "match",
        "messages",
        "place",
        "plugins",
        "providers",
        "routing",
        "sender",
        "signature",
        "unmatched",
    },
    "engine": {
        "app",
        "delivery",
        "errors",
        "handler",
        "injection",
        "lifespan",
        "messages",
        "outcome",
        "types",
        "unmatched",
    },
}
"""Of the framework's core: which other parts of the router each part may import."""


class Import(NamedTuple):
    """A module that another one imports, and the name that it takes from there."""

    importer: str
    line: int
    module: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.module} {self.name}".rstrip()


def modules(root: Path, package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(root: Path, package: str) -> Iterator[Import]:
    """All imports of a package's modules, also those inside of functions. Submodules are told from names."""
    for importer, path in modules(root, package):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (Import(importer, node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (_from(root, importer, node, alias.name) for alias in node.names)


def _from(root: Path, importer: str, node: ast.ImportFrom, name: str) -> Import:
    module = node.module or ""
    if node.level:
        return Import(importer, node.lineno, "." * node.level + module, name)
    inside = root.joinpath(*module.split("."), name)
    if inside.is_dir() or inside.with_suffix(".py").is_file():
        return Import(importer, node.lineno, f"{module}.{name}")
    return Import(importer, node.lineno, module, name)


def part(module: str) -> str:
    """The file or folder of the router that a module belongs to; nothing for the package itself and for others."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == ROUTER else ""


def is_of(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def relative_imports(root: Path) -> list[str]:
    return [str(one) for package in (CLIENT, ROUTER) for one in imports(root, package) if one.module.startswith(".")]


def client_imports_router(root: Path) -> list[str]:
    return [str(one) for one in imports(root, CLIENT) if is_of(one.module, ROUTER)]


def kafka_elsewhere(root: Path) -> list[str]:
    found = [one for package in (CLIENT, ROUTER) for one in imports(root, package) if is_of(one.module, "kafka")]
    return [str(one) for one in found if one.importer not in KAFKA_MODULES]


def insides(root: Path) -> list[str]:
    """Imports of a module below one of the packages that only show what stands in their `__init__`."""
    return [
        f"{one}: import it from {ROUTER}.{part(one.module)}"
        for one in imports(root, ROUTER)
        if part(one.module) in APART and one.module.count(".") > 1 and part(one.importer) != part(one.module)
    ]


def upwards(root: Path) -> list[str]:
    """Imports against the direction of the core."""
    return [
        str(one)
        for one in imports(root, ROUTER)
        if is_of(one.module, ROUTER)
        and (here := part(one.importer)) in CORE
        and part(one.module) not in CORE[here] | {here}
    ]


def cli_elsewhere(root: Path) -> list[str]:
    return [str(one) for one in imports(root, ROUTER) if part(one.module) == "cli" and part(one.importer) != "cli"]


def built_in_middleware(root: Path) -> list[str]:
    """Imports of built-in middleware that a third party would not have."""
    public = {CLIENT: shown(root, CLIENT), ROUTER: shown(root, ROUTER)}
    return [
        str(one)
        for one in imports(root, ROUTER)
        if part(one.importer) == "middleware"
        and not (one.name in public.get(one.module, []) or one.module.partition(".")[0] in sys.stdlib_module_names)
    ]


def shown(root: Path, package: str) -> list[str]:
    """The package's `__all__`."""
    for node in ast.parse((root / package / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []


def unsorted(root: Path) -> list[str]:
    """Packages whose `__all__` is out of order: constants, classes, functions."""
    return [package for package in (CLIENT, ROUTER) if shown(root, package) != sorted(shown(root, package), key=_rank)]


def _rank(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def incomplete(root: Path) -> list[str]:
    """Names that stand either in a package's `__all__` or among its own, but not in both."""
    return [
        f"{package}.{name}"
        for package in (CLIENT, ROUTER)
        for name in sorted(set(shown(root, package)) ^ set(_bound(root / package / "__init__.py")))
    ]


def _bound(path: Path) -> Iterator[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    # What loads late is imported for the type checker only.
    for node in [*body, *(inner for block in body if isinstance(block, ast.If) for inner in block.body)]:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def long_files(root: Path) -> list[str]:
    paths = [path for folder in SOURCES for path in sorted((root / folder).rglob("*.py"))]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{path.relative_to(root)} has {lines} lines" for path, lines in lengths.items() if lines > MOST_LINES]


Rule = Callable[[Path], list[str]]

BREACHES: dict[Rule, tuple[str, str, str]] = {
    relative_imports: (f"{ROUTER}/app.py", "from .routing import ANY", "imports .routing ANY"),
    client_imports_router: (f"{CLIENT}/client.py", f"import {ROUTER}.app", f"imports {ROUTER}.app"),
    kafka_elsewhere: (f"{CLIENT}/client.py", "def f():\n    from kafka.errors import KafkaError", "kafka.errors"),
    insides: (f"{ROUTER}/app.py", f"from {ROUTER}.routing.conditions import ANY", "routing.conditions"),
    upwards: (f"{ROUTER}/routing/x.py", f"from {ROUTER} import plugins", f"imports {ROUTER}.plugins"),
    cli_elsewhere: (f"{ROUTER}/local/x.py", f"import {ROUTER}.cli", f"imports {ROUTER}.cli"),
    built_in_middleware: (f"{ROUTER}/middleware/x.py", f"from {ROUTER}.outcome import Handled", "outcome"),
    unsorted: (f"{CLIENT}/__init__.py", "from x import A, a\n__all__ = ['a', 'A']", CLIENT),
    incomplete: (f"{CLIENT}/__init__.py", "from x import A, B\n__all__ = ['A']", f"{CLIENT}.B"),
    long_files: ("examples/x.py", "\n" * (MOST_LINES + 1), "has 401 lines"),
}
"""For each rule: a file, what it says against the rule, and a part of what the rule then says."""

RULES = pytest.mark.parametrize("rule", BREACHES, ids=lambda rule: rule.__name__)


@RULES
def test_the_rule_is_kept(rule: Rule) -> None:
    """The packages keep the rule."""
    assert rule(ROOT) == []


@RULES
def test_breaking_the_rule_is_seen(rule: Rule, tmp_path: Path) -> None:
    """A tree in which one file breaks the rule is told apart from one without that file."""
    for folder in (CLIENT, ROUTER, f"{ROUTER}/routing", f"{ROUTER}/plugins", f"{ROUTER}/cli", "examples"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("__all__ = []\n", encoding="utf-8")
    (tmp_path / ROUTER / "outcome.py").touch()
    before = rule(tmp_path)
    file, text, said = BREACHES[rule]
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    after = rule(tmp_path)

    assert before == []
    assert len(after) == 1
    assert said in after[0]


def test_a_middleware_may_import_what_is_public(tmp_path: Path) -> None:
    """The public names of both packages and the standard library are what a third party has."""
    for package in (CLIENT, ROUTER):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("from x import A\n__all__ = ['A']\n", encoding="utf-8")
    file = tmp_path / ROUTER / "middleware" / "x.py"
    file.parent.mkdir()
    file.write_text(f"import logging\nfrom {CLIENT} import A\nfrom {ROUTER} import A, B\n", encoding="utf-8")

    assert built_in_middleware(tmp_path) == [f"{ROUTER}.middleware.x:3 imports {ROUTER} B"]
