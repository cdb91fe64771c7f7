"""`mwh-run`, which is `mwh run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mister_webhooks_router.cli.access import read_access
from mister_webhooks_router.cli.exits import say
from mister_webhooks_router.cli.logs import set_up_logging
from mister_webhooks_router.cli.options import checked_options, run_options

if TYPE_CHECKING:
    from mister_webhooks_router.cli.session import Session

_NO_SOURCE = """\
where do the webhooks come from?

  {command} {target} --profile profile.json    from the broker (or set MWH_PROFILE)
  {command} {target} --local                   over HTTP on this machine, without an account"""


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 ok, 1 a handler failed, 2 usage, 3 the app, 4 settings, 5 broker or credentials, "
    "6 a malformed or newer record, 70 a defect of this program, 75 a stuck handler, 130 interrupted at the start.",
)
@run_options
@click.pass_context
def run_command(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401  click's
    """Run the App at MODULE:ATTR: every webhook goes to its handlers.

    \b
    mwh-run app:app --local                                        without Kafka: receives HTTP
    mwh-run app:app --profile profile.json --topic incoming.a.b    from the broker
    """  # noqa: D301  the backspace character itself tells click to keep the lines that follow
    options = checked_options(ctx, values)
    set_up_logging(options.log_level, event_lines=options.local)
    if not options.names_a_source and not options.check:
        raise click.UsageError(_NO_SOURCE.format(command=ctx.command_path, target=options.target), ctx)
    # Only now: this loads the framework and the user's code.
    from mister_webhooks_router.cli.session import open_session  # noqa: PLC0415  --help and --version stay quick

    _start(open_session(options))


def _start(session: Session) -> None:
    """Run with the source that was asked for; what the others need is not loaded."""
    if session.options.local:
        from mister_webhooks_router.cli.local_run import run_local  # noqa: PLC0415  needs the extra `http`

        run_local(session)
    elif session.options.names_a_source:
        access = read_access(session.options)
        from mister_webhooks_router.cli.kafka_run import run_kafka  # noqa: PLC0415  kafka-python loads slowly

        run_kafka(session, access)
    else:
        from mister_webhooks_router.cli.session import say_app  # noqa: PLC0415  as above

        say_app(session)
        say("The app is as it should be. The broker was not asked: give --profile to check that too.")
