"""Every way from MODULE:ATTR to the app that ends in a message."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from mister_webhooks_router.cli.importer import Target, load_app, parse_target
from mister_webhooks_router.errors import AppError, ExitCode

APP = """
    from mister_webhooks_router import App

    app = App()

    @app.on()
    def everything(event):
        pass
"""


@pytest.fixture(autouse=True)
def own_imports() -> Iterator[None]:
    """Forget what a test imported."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text))
    return path


def refusal(target: str, folder: Path) -> str:
    with pytest.raises(AppError) as caught:
        load_app(parse_target(target), folder)
    assert caught.value.exit_code is ExitCode.APP
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("app:app", Target("app", ("app",))),
        ("acme.hooks:app", Target("acme.hooks", ("app",))),
        ("app:hooks.app", Target("app", ("hooks", "app"))),
    ],
)
def test_a_target(text: str, meant: Target) -> None:
    """MODULE:ATTR, both with dots where needed; it is written back as it was read."""
    assert parse_target(text) == meant
    assert str(meant) == text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("app", "Did you mean app:app?"),
        ("app.py", "Did you mean app:app?"),
        ("app.py:app", "Did you mean app:app?"),
        ("acme/hooks.py:main", "Did you mean acme.hooks:main?"),
        ("./src/app.py", "Did you mean src.app:app?"),
        (":app", "write MODULE:NAME"),
        ("app:", "write MODULE:NAME"),
        ("a:b:c", "write MODULE:NAME"),
        ("my-app:app", "write MODULE:NAME"),
        ("app:make()", "write MODULE:NAME"),
        ("", "write MODULE:NAME"),
    ],
)
def test_what_is_no_target(text: str, hint: str) -> None:
    """The form is named, and where a file was given, what it should have been."""
    with pytest.raises(AppError) as caught:
        parse_target(text)

    assert hint in str(caught.value)


def test_an_app_is_found(tmp_path: Path) -> None:
    """The module is imported from the app folder, which is first on the path."""
    write(tmp_path / "found_app.py", APP)
    app = load_app(parse_target("found_app:app"), tmp_path)

    assert [handler.name for handler in app.handlers] == ["everything"]
    assert sys.path[0] == str(tmp_path)


def test_an_app_in_an_object(tmp_path: Path) -> None:
    """Attributes are followed."""
    write(tmp_path / "nested_app.py", APP + "\n    class Hooks:\n        inner = app\n")

    assert load_app(parse_target("nested_app:Hooks.inner"), tmp_path).handlers


def test_a_missing_module(tmp_path: Path) -> None:
    """The message says where it was looked for and how to look elsewhere."""
    text = refusal("no_such_app:app", tmp_path)

    assert f"there is no module 'no_such_app' in {tmp_path}" in text
    assert "--app-dir" in text


def test_a_misspelled_module(tmp_path: Path) -> None:
    """A file with nearly this name is suggested."""
    write(tmp_path / "webhooks.py", APP)

    assert "Did you mean 'webhooks'?" in refusal("webhook:app", tmp_path)


def test_a_misspelled_module_in_a_package(tmp_path: Path) -> None:
    """Inside a package, its modules are suggested with their full names."""
    write(tmp_path / "acme_pkg" / "__init__.py", "")
    write(tmp_path / "acme_pkg" / "hooks.py", APP)

    assert "Did you mean 'acme_pkg.hooks'?" in refusal("acme_pkg.hook:app", tmp_path)


def test_a_missing_package(tmp_path: Path) -> None:
    """The first name that is missing is named, and what it was needed for."""
    assert "there is no module 'no_pkg'" in refusal("no_pkg.hooks:app", tmp_path)


def test_a_module_that_is_no_package(tmp_path: Path) -> None:
    """A file cannot hold modules."""
    write(tmp_path / "plain_file.py", APP)

    assert "'plain_file.hooks'" in refusal("plain_file.hooks:app", tmp_path)


def test_a_module_in_the_folder_below(tmp_path: Path) -> None:
    """Where src/ has the module, the option to add is shown."""
    write(tmp_path / "src" / "below_app.py", APP)

    assert f"--app-dir {tmp_path / 'src'}" in refusal("below_app:app", tmp_path)


def test_a_missing_module_inside(tmp_path: Path) -> None:
    """Where the app imports something that is not there, that is named, with the line that needs it."""
    write(tmp_path / "needy_app.py", "import needy_helper\n")
    write(tmp_path / "needy_helper.py", "\nimport not_installed_anywhere\n")
    text = refusal("needy_app:app", tmp_path)

    assert "'not_installed_anywhere'" in text
    assert f"{tmp_path / 'needy_helper.py'}:2: import not_installed_anywhere" in text
    assert "there is no module 'needy_app'" not in text
    assert "Traceback" not in text


def test_an_error_inside(tmp_path: Path) -> None:
    """Where the user's module raises, their own traceback is shown, and no frame of ours or of the import system."""
    write(tmp_path / "broken_app.py", "import broken_helper\n")
    write(tmp_path / "broken_helper.py", "def fail():\n    raise OSError('no disk')\nfail()\n")
    text = refusal("broken_app:app", tmp_path)

    assert text.count("  File ") == 3
    assert f'File "{tmp_path / "broken_helper.py"}", line 2, in fail' in text
    assert text.endswith("OSError: no disk")
    assert "importlib" not in text
    assert "mister_webhooks_router" not in text


def test_a_chain_of_errors_inside(tmp_path: Path) -> None:
    """Causes are shown too, cut the same way."""
    code = "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('bad') from error\n"
    write(tmp_path / "chained_app.py", code)
    text = refusal("chained_app:app", tmp_path)

    assert "ZeroDivisionError" in text
    assert "direct cause" in text
    assert "importlib" not in text


def test_a_syntax_error(tmp_path: Path) -> None:
    """The line and the place in it are shown."""
    write(tmp_path / "typo_app.py", "app = (\nprint('x'\n")
    text = refusal("typo_app:app", tmp_path)

    assert f'File "{tmp_path / "typo_app.py"}", line ' in text
    assert "SyntaxError" in text
    assert "^" in text
    assert "Traceback" not in text


def test_a_module_that_exits(tmp_path: Path) -> None:
    """sys.exit during the import is named with its line."""
    write(tmp_path / "leaving_app.py", "import sys\nsys.exit(3)\n")

    assert "leaving_app.py:2: sys.exit(3)" in refusal("leaving_app:app", tmp_path)


def test_a_handler_that_cannot_work(tmp_path: Path) -> None:
    """What `@app.on` refuses is shown with the line of the handler, and no traceback."""
    write(
        tmp_path / "generator_app.py",
        """
        from mister_webhooks_router import App
        app = App()
        @app.on()
        def stream(event):
            yield event
        """,
    )
    text = refusal("generator_app:app", tmp_path)

    assert "stream" in text
    assert "generator_app.py:4" in text
    assert "Traceback" not in text


def test_a_missing_attribute(tmp_path: Path) -> None:
    """The apps that are there are suggested."""
    write(tmp_path / "attr_app.py", APP)
    text = refusal("attr_app:ap", tmp_path)

    assert "has no 'ap'. Did you mean 'app'?" in text


def test_a_missing_attribute_of_another_name(tmp_path: Path) -> None:
    """Where no name is near, the apps are listed."""
    write(tmp_path / "other_app.py", APP)

    assert "Its apps: app" in refusal("other_app:hooks", tmp_path)


def test_a_module_without_any_app(tmp_path: Path) -> None:
    """Where there is no App at all, the line to write is shown."""
    write(tmp_path / "empty_app.py", "x = 1\n")

    assert "write `app = App()` there" in refusal("empty_app:app", tmp_path)


def test_a_missing_attribute_of_an_object(tmp_path: Path) -> None:
    """On a path of attributes, the one that is missing is named."""
    write(tmp_path / "deep_app.py", APP)

    assert "has 'app', but that has no 'inner'" in refusal("deep_app:app.inner", tmp_path)


def test_a_file_hidden_by_another_module(tmp_path: Path) -> None:
    """A file named like a module that Python has loaded before cannot be imported: rename it."""
    write(tmp_path / "json.py", APP)

    assert "rename the file" in refusal("json:app", tmp_path)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("app = 1", "it is of type int"),
        ("def app(): ...", "it is the function app. If it returns the App, call it"),
        ("from mister_webhooks_router import App as app", "it is the class. Write `app = App()`"),
        ("class app: ...", "it is the class app"),
        ("import json as app", "it is the module json"),
    ],
)
def test_what_is_no_app(code: str, says: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The message says what it is, and what to do about it."""
    module = f"wrong_app_{abs(hash(code))}"
    write(tmp_path / f"{module}.py", code)
    text = refusal(f"{module}:app", tmp_path)

    assert "is no App" in text
    assert says in text


def test_an_attribute_that_raises(tmp_path: Path) -> None:
    """Looking up the app runs the user's code; what that raises is told as a mistake in the app."""
    write(
        tmp_path / "moody.py",
        "class Moody:\n    def __getattr__(self, name):\n        raise RuntimeError('not today')\n\nm = Moody()\n",
    )

    with pytest.raises(AppError, match=r"looking up 'app' raised RuntimeError: not today") as caught:
        load_app(parse_target("moody:m.app"), tmp_path)

    assert caught.value.exit_code == ExitCode.APP
