"""The framework's exceptions, and the exit code that each ends the program with.

    RouterError
    ├── UsageError              2   wrong options
    ├── AppError                3   the app cannot be imported or registers something wrong
    │   └── LifespanFailed      3   what an app opens at the start, or closes at the end, raised
    ├── SettingsError           4   settings or a plugin
    │   └── MiddlewareError     4   a middleware breaks its contract; on a delivery it is that delivery's failure
    ├── HandlerFailed           1   a handler failed for good and there is no store to keep the event
    ├── Permanent               1   raised by a handler: no further attempt would help
    ├── MalformedRecord         6   a record breaks the protocol, or speaks a newer one
    └── DrainTimeout           75   a handler did not return before the drain was over

A `BrokerError` or `ProfileError` of the client ends the program with 5 and 4.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What `mwh-run` exits with; documented in docs/reference/exit-codes.md."""

    OK = 0
    HANDLER_FAILED = 1
    USAGE = 2
    APP = 3
    SETTINGS = 4
    BROKER = 5
    MALFORMED = 6
    INTERNAL = 70
    STUCK = 75


class RouterError(Exception):
    """Base of everything that the framework raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL


class UsageError(RouterError):
    """The options do not fit together. The message says which and what to give instead."""

    exit_code = ExitCode.USAGE


class AppError(RouterError):
    """The app cannot be loaded, or a handler is registered in a way that cannot work."""

    exit_code = ExitCode.APP


class LifespanFailed(AppError):
    """A lifespan raised when it was entered or left. The message says which and when; it is the `__cause__`."""


class SettingsError(RouterError):
    """A setting or a plugin is wrong."""

    exit_code = ExitCode.SETTINGS


class MiddlewareError(SettingsError):
    """A middleware is no function, or returned something that is no outcome. The message names it."""


class HandlerFailed(RouterError):
    """A handler failed for good; its event's offset is kept, so that it comes again.

    `handlers` are the names of those that failed (`-` where the body could not be decoded), `position` is the event's.
    What the first of them raised is the `__cause__`.
    """

    exit_code = ExitCode.HANDLER_FAILED

    def __init__(self, text: str, *, handlers: tuple[str, ...], position: str) -> None:
        super().__init__(text)
        self.handlers = handlers
        self.position = position


class Permanent(RouterError):
    """A handler or a middleware gives up on this delivery: no further attempt would help."""

    exit_code = ExitCode.HANDLER_FAILED


class MalformedRecord(RouterError):
    """A record breaks the protocol or speaks a newer one; nothing is committed past it. `position` is the record's."""

    exit_code = ExitCode.MALFORMED

    def __init__(self, text: str, *, position: str) -> None:
        super().__init__(text)
        self.position = position


class DrainTimeout(RouterError):
    """A handler was still running when the time for a clean stop was over; its offset is kept."""

    exit_code = ExitCode.STUCK
