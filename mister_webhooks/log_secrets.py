"""Keeps secrets out of the logs of a library that writes what it sends into its debug log."""

from __future__ import annotations

import logging
from typing import Final

KAFKA_LOGGERS: Final = ("kafka.net.connection", "kafka.protocol.parser")
"""The loggers to which kafka-python writes requests, a login with its secret among them, at level DEBUG."""

_secrets: Final[set[str]] = set()


def keep_out_of_logs(secret: str) -> None:
    """From now on no record of `KAFKA_LOGGERS` shows this secret: those that would are left out."""
    # As it looks inside the repr of bytes, which is what is logged.
    _secrets.add(_with_plain_quotes(repr(secret.encode())[2:-1]))


def _has_no_secret(record: logging.LogRecord) -> bool:
    message = _with_plain_quotes(record.getMessage())
    return not any(secret in message for secret in _secrets)


def _with_plain_quotes(text: str) -> str:
    # The repr of bytes escapes them only beside double quotes, that of a bytearray always.
    return text.replace("\\'", "'")


for _name in KAFKA_LOGGERS:
    logging.getLogger(_name).addFilter(_has_no_secret)
