"""The commands `mwh` and `mwh-run`. One command a file; nothing imports this package."""

from __future__ import annotations

__all__ = ["mwh", "mwh_run"]


def mwh() -> None:
    """Run the command `mwh` and end the process with its exit code."""
    from mister_webhooks_router.cli.exits import end, guarded  # noqa: PLC0415  as above
    from mister_webhooks_router.cli.program import mwh_command  # noqa: PLC0415  Ctrl-C is clean from here on

    end(guarded(mwh_command, "mwh"))


def mwh_run() -> None:
    """Run the command `mwh-run` and end the process with its exit code."""
    from mister_webhooks_router.cli.exits import end, guarded  # noqa: PLC0415  as above
    from mister_webhooks_router.cli.run import run_command  # noqa: PLC0415  as above

    end(guarded(run_command, "mwh-run"))
