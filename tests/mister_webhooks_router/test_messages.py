from __future__ import annotations

from pathlib import Path

import mister_webhooks
from mister_webhooks_router import messages
from mister_webhooks_router.errors import AppError


def test_did_you_mean() -> None:
    """The nearest of the known names, or nothing."""
    assert messages.did_you_mean("pyload", ["event", "payload"]) == " Did you mean 'payload'?"
    assert messages.did_you_mean("zzz", ["event", "payload"]) == ""


def test_describe_is_one_line() -> None:
    """Class and the message's first line."""
    assert messages.describe(ValueError("one\ntwo")) == "ValueError: one"
    assert messages.describe(ValueError()) == "ValueError"


def test_an_error_whose_text_fails_is_shown_all_the_same() -> None:
    """As Python's own traceback does; the handler has failed, and not we."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError("in __str__")

    assert messages.describe(Broken()) == "Broken: <exception str() failed>"
    assert "Broken: <exception str() failed>" in messages.failed("book", "t:0:1", Broken())


def _raised(code: str, file: str) -> Exception:
    """What the code raises, as if it stood in that file."""
    try:
        exec(compile(code, file, "exec"), {})
    except Exception as error:  # noqa: BLE001  whatever it is
        tb = error.__traceback__
        assert tb is not None
        return error.with_traceback(tb.tb_next)
    raise AssertionError


def test_a_traceback_begins_with_the_users_code() -> None:
    """Frames of the machinery in front are cut, in the causes too; what the user's code calls stays."""
    engine = str(Path(messages.__file__).parent / "engine" / "driver.py")
    ours = _raised("1 / 0", engine)
    users = _raised("1 / 0", "app.py")
    users.__cause__ = ours

    assert messages.user_traceback(ours) == "ZeroDivisionError: division by zero"
    assert engine not in messages.user_traceback(users)
    assert 'File "app.py", line 1' in messages.user_traceback(users)


def test_a_package_beside_ours_is_the_users() -> None:
    """A name that begins like ours is no part of us."""
    neighbour = str(Path(mister_webhooks.__file__).parent) + "_slack/app.py"

    assert neighbour in messages.user_traceback(_raised("1 / 0", neighbour))


def test_a_cycle_of_causes_has_an_end() -> None:
    """Exceptions can be each other's context."""
    one, other = AppError("one"), AppError("other")
    one.__context__, other.__context__ = other, one

    assert "one" in messages.user_traceback(one)


def test_the_exceptions_of_a_group_are_cut_too() -> None:
    """A task group of an async handler raises one."""
    engine = str(Path(messages.__file__).parent / "engine" / "driver.py")
    group = ExceptionGroup("two", [_raised("1 / 0", engine), _raised("1 / 0", "app.py")])
    text = messages.user_traceback(group)

    assert engine not in text
    assert 'File "app.py", line 1' in text
