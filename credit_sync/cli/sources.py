"""`sources rename|forget`: what becomes of a source that is no longer configured."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Connection, Engine

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option
from credit_sync.cli.store import opened
from credit_sync.cli.system_user import system_user
from credit_sync.publishing import by_hand
from credit_sync.publishing.outbox import outboxes_of
from credit_sync.pulling.leaving import give_up, left_behind, rename, renamed
from credit_sync.reporting.left_sources import forgetting_lines, renaming_lines
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.lock import run_lock
from credit_sync.store.orders import Order

Function = TypeVar("Function", bound=Callable[..., Any])


def _change(command: Function) -> Function:
    """What every change takes: why, and whether it is only to be shown."""
    for option in (
        config_option,
        click.option("--dry-run", is_flag=True, help="只说明会改动什么，不改动任何东西"),
        click.option("--reason", required=True, metavar="事由", help="为什么（必填，将连同操作人一起留痕）"),
    ):
        command = option(command)
    return command


@click.group("sources", cls=Group)
def sources() -> None:
    """数据源：在配置里改了名，或不再使用之后，它的记录怎么办。"""


@sources.command("rename")
@click.argument("former", metavar="原名")
@click.argument("name", metavar="新名")
@_change
@click.pass_context
def rename_(ctx: click.Context, former: str, name: str, reason: str, dry_run: bool, config: Path | None) -> int:
    """数据源在配置里改了名：原名下的记录连同历史、报送、复核结论改归新名。"""
    order = Order.of(system_user(), reason)
    settings, engine = opened(ctx, config)

    def plan(connection: Connection) -> Iterable[str]:
        return renaming_lines(connection, renamed(connection, settings, former, name), name)

    def work(run: Run) -> str:
        rename(engine, run, settings, order, former=former, name=name)
        return f"数据源 {former} 已改名为 {name}，已留痕（{order.who}）"

    return _carry_out(engine, {"command": "sources rename", "source": former}, plan, None if dry_run else work)


@sources.command("forget")
@click.argument("source", metavar="数据源")
@click.option("--keep-public", is_flag=True, help="已报出的都保持公示，不必逐条决定；不写则逐条待人工决定")
@_change
@click.pass_context
def forget(
    ctx: click.Context, source: str, keep_public: bool, reason: str, dry_run: bool, config: Path | None
) -> int:
    """停用一个已从配置里删去的数据源：它的记录全部移出，历史保留；已报出的不会自动撤回。"""
    order = Order.of(system_user(), reason)
    settings, engine = opened(ctx, config)

    def plan(connection: Connection) -> Iterable[str]:
        return forgetting_lines(connection, left_behind(connection, settings, source), keep_public=keep_public)

    def work(run: Run) -> str:
        channels = settings.channels if keep_public else ()
        outboxes = [outbox for name in channels for outbox in outboxes_of(settings, name, run.as_of.date())]
        with writing(engine) as connection:
            ended = give_up(connection, run, settings, source, order)
            kept = by_hand.keep_gone(connection, outboxes, source, order, run)
        done = f"移出 {ended.counts.removed} 条" + (f"，保持公示 {kept} 条" if keep_public else "")
        return f"数据源 {source} 已停用，记为第 {ended.version} 版：{done}，已留痕（{order.who}）"

    return _carry_out(engine, {"command": "sources forget", "source": source}, plan, None if dry_run else work)


def _carry_out(
    engine: Engine,
    options: dict[str, str],
    plan: Callable[[Connection], Iterable[str]],
    work: Callable[[Run], str] | None,
) -> int:
    """Says what will change, then changes it in a run of its own, so that no night comes between.

    `work` is None where it is only to be said.
    """
    if work is None:
        _say(engine, plan)
        click.echo("以上只是预览，没有改动任何东西")
        return 0
    with run_lock(engine):
        _say(engine, plan)
        run = ledger.begin(engine, datetime.now().replace(microsecond=0), options)
        done = work(run)
        ledger.finish(engine, run, "done")
    click.echo(done)
    return 0


def _say(engine: Engine, plan: Callable[[Connection], Iterable[str]]) -> None:
    with engine.connect() as connection:
        click.echo("\n".join(plan(connection)))


COMMANDS = (sources,)
