"""`status`: the last runs, the age of each list, what waits in quarantine, which publications are due."""

from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store
from credit_sync.status import status_text


@click.command("status", cls=Command)
@config_option
@click.pass_context
def status(ctx: click.Context, config: Path | None) -> int:
    """现状：最近几次运行、各名单新旧、隔离区、待报送。"""
    settings = settings_of(ctx, config)
    engine = open_store(settings)
    click.echo(status_text(engine, settings, datetime.now()))
    return 0


COMMANDS = (status,)
