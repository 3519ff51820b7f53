"""`db upgrade`: the store's schema."""

from pathlib import Path

import click

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.store import migrate
from credit_sync.store.engine import open_engine
from credit_sync.store.lock import run_lock


@click.group("db", cls=Group)
def db() -> None:
    """数据库结构。"""


@db.command("upgrade")
@config_option
@click.pass_context
def upgrade(ctx: click.Context, config: Path | None) -> int:
    """把数据库结构升级到本程序的版本（先备份）。"""
    engine = open_engine(settings_of(ctx, config))
    with run_lock(engine):
        before = migrate.state(engine)
        migrate.upgrade(engine)
    click.echo("数据库结构已是最新" if before == "current" else "数据库结构已升级")
    return 0


COMMANDS = (db,)
