"""Logging of the program: lines on stderr."""

from __future__ import annotations

import logging

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def set_up_logging(level: str, *, event_lines: bool) -> None:
    """Log from `level` on. kafka-python reports every outage in its own words, beside ours: it is kept to errors.

    It is never asked for more than `info`: its debug lines hold requests, and one of those holds the secret.
    With `event_lines` each delivery is shown anyway, so the built-in `log` has nothing to add.
    """
    logging.basicConfig(level=level.upper(), format=_FORMAT)
    kafka = logging.INFO if level == "debug" else logging.CRITICAL
    logging.getLogger("kafka").setLevel(kafka)
    if event_lines:
        logging.getLogger("mister_webhooks_router.log").setLevel(logging.CRITICAL)
