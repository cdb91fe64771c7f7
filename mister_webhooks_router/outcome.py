"""What became of a delivery."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Handled:
    """The handler returned."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A middleware decided that the handler need not run; `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """The handler failed for good and the event waits in the dead letters; `reason` is for people."""

    reason: str


Outcome = Handled | Skipped | DeadLettered
