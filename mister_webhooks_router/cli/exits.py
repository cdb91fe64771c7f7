"""How the program ends: one table from exceptions to exit codes, and one place that shows errors."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from typing import NoReturn, TextIO

import click

from mister_webhooks.errors import (
    BrokerError,
    CommitDeferred,
    CommitRefused,
    DecodeError,
    FormatError,
    MissingExtra,
    PayloadDecodeError,
    ProfileError,
    UnsupportedEnvelope,
)
from mister_webhooks_router import messages
from mister_webhooks_router.cli.wording import printable
from mister_webhooks_router.errors import ExitCode, RouterError

_ISSUES = "https://github.com/mister-webhooks/mister-webhooks-client/issues"
_INTERRUPTED = 130

EXIT_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (ProfileError, ExitCode.SETTINGS),
    (MissingExtra, ExitCode.SETTINGS),
    (BrokerError, ExitCode.BROKER),
    (CommitDeferred, ExitCode.BROKER),
    (CommitRefused, ExitCode.BROKER),
    (PayloadDecodeError, ExitCode.HANDLER_FAILED),
    (DecodeError, ExitCode.MALFORMED),
    (FormatError, ExitCode.MALFORMED),
    (UnsupportedEnvelope, ExitCode.MALFORMED),
)
"""The client's exceptions; the first line that fits decides. The framework's own carry their code."""

_log = logging.getLogger(__name__)


def exit_code(kind: type[BaseException]) -> ExitCode:
    """The code that the program ends with when an exception of this kind reaches its top."""
    if issubclass(kind, RouterError):
        return kind.exit_code
    for known, code in EXIT_CODES:
        if issubclass(kind, known):
            return code
    return ExitCode.INTERNAL


def guarded(command: click.Command, name: str) -> int:
    """Run the command to its end. Whatever it raises becomes a message on stderr and an exit code."""
    try:
        # click's own main() makes an exit code of a closed pipe that cannot be told from a handler's sys.exit().
        with command.make_context(name, sys.argv[1:]) as context:
            command.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except BaseException as error:  # noqa: BLE001  the top of the program
        return _show(error, name)
    return int(ExitCode.OK)


def say(text: str = "") -> None:
    """One text on stderr. That it cannot be written there is no reason to stop handling events.

    Characters that steer a terminal become visible: an error may quote what a stranger sent.
    """
    if _is_gone(sys.stderr):
        return
    try:
        click.echo(printable(text, keep="\n\t"), err=True)
    except OSError:
        mute(sys.stderr.fileno())


def _is_gone(stream: TextIO | None) -> bool:
    """Whether the program was started without it, or somebody has closed it."""
    return stream is None or stream.closed


def mute(descriptor: int) -> None:
    """Send what is still written to this descriptor to nowhere, so that the interpreter's last flush is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def end(code: int) -> NoReturn:
    """Flush and leave. What cannot be written changes no code; a thread that is stuck is not waited for."""
    for stream in (sys.stdout, sys.stderr):
        if _is_gone(stream):
            continue
        try:
            stream.flush()
        except OSError:
            mute(stream.fileno())
    if code == ExitCode.STUCK:
        os._exit(code)
    sys.exit(code)


def _show(error: BaseException, name: str) -> int:
    """Say what happened; return the exit code."""
    match error:
        case BrokenPipeError():
            return int(ExitCode.OK)
        case KeyboardInterrupt():
            say(f"{name}: interrupted")
            return _INTERRUPTED
        case SystemExit():
            say(f"{name}: a handler called sys.exit({error.code!r}). {messages.KEPT}")
            return int(ExitCode.HANDLER_FAILED)
        case click.ClickException():
            with contextlib.suppress(BrokenPipeError):
                error.show()
            return error.exit_code
    code = exit_code(type(error))
    if code is ExitCode.INTERNAL:
        say("".join(traceback.format_exception(error)).rstrip())
        say(f"{name}: this is a defect of mister-webhooks. Please report it with the lines above: {_ISSUES}")
        return int(code)
    say(f"{name}: {error}")
    _log.debug("where it came from", exc_info=error)
    return int(code)
