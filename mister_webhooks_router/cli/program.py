"""`mwh`: the commands, one a file."""

from __future__ import annotations

import click

from mister_webhooks_router.cli.explain import explain_command
from mister_webhooks_router.cli.handlers import handlers_command
from mister_webhooks_router.cli.run import run_command
from mister_webhooks_router.cli.tail import tail_command


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mister-webhooks", prog_name="mwh", message="%(prog)s %(version)s")
@click.pass_context
def mwh_command(ctx: click.Context) -> None:
    """Handle webhooks that arrive through Kafka."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


mwh_command.add_command(run_command, "run")
mwh_command.add_command(handlers_command, "handlers")
mwh_command.add_command(explain_command, "explain")
mwh_command.add_command(tail_command, "tail")
