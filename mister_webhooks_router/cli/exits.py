"""How the program ends: one table from exceptions to exit codes, and one place that shows errors."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from typing import NoReturn

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


def exit_code(error: BaseException) -> ExitCode:
    """The code that the program ends with when this exception reaches its top."""
    if isinstance(error, RouterError):
        return error.exit_code
    for kind, code in EXIT_CODES:
        if isinstance(error, kind):
            return code
    return ExitCode.INTERNAL


def guarded(command: click.Command, name: str) -> int:
    """Run the command to its end. Whatever it raises becomes a message on stderr and an exit code."""
    try:
        result = command.main(prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say(f"{name}: interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        return int(ExitCode.OK)
    except Exception as error:  # noqa: BLE001  the top of the program
        return _show(error, name)
    return int(result or 0)


def say(text: str = "") -> None:
    """One text on stderr. A reader that went away is no reason to stop handling events."""
    try:
        click.echo(text, err=True)
    except BrokenPipeError:
        mute(sys.stderr.fileno())


def mute(descriptor: int) -> None:
    """Send what is still written to this descriptor to nowhere, so that the interpreter's last flush is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def end(code: int) -> NoReturn:
    """Flush and leave. A closed pipe is no error."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            mute(stream.fileno())
    sys.exit(code)


def _show(error: Exception, name: str) -> int:
    code = exit_code(error)
    if code is ExitCode.INTERNAL:
        say("".join(traceback.format_exception(error)).rstrip())
        say(f"{name}: this is a defect of mister-webhooks. Please report it with the lines above: {_ISSUES}")
        return int(code)
    say(f"{name}: {error}")
    _log.debug("where it came from", exc_info=error)
    return int(code)
