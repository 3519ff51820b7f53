"""`lists show|diff|rollback`: the versions of the watch lists."""

import json
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option
from credit_sync.cli.store import opened
from credit_sync.cli.system_user import system_user
from credit_sync.pulling.rollback import earlier_version, roll_back
from credit_sync.pulling.take_over import TakenOver
from credit_sync.reporting.list_diff import Wanted, difference_json, difference_text, differences
from credit_sync.reporting.list_versions import versions_text
from credit_sync.screening.measures import load_measures
from credit_sync.store import ledger
from credit_sync.store.lock import run_lock
from credit_sync.store.orders import Order

_VERSIONS, _ENTRIES = 5, 20
_number = click.IntRange(min=1)


@click.group("lists", cls=Group)
def lists() -> None:
    """名单：各版本、两版之间的差别、回退到早先的版本。"""


@lists.command("show")
@click.argument("asked", required=False, metavar="[名单]")
@click.option("--limit", type=_number, default=_VERSIONS, metavar="个数", help="每个数据源列出最近几版，默认 5")
@config_option
@click.pass_context
def show(ctx: click.Context, asked: str | None, limit: int, config: Path | None) -> int:
    """各名单的数据源、版本、新旧。名单写代号、名称或数据源。"""
    settings, engine = opened(ctx, config)
    with engine.connect() as connection:
        click.echo(versions_text(connection, settings, datetime.now(), asked, limit))
    return 0


@lists.command("diff")
@click.argument("asked", metavar="名单")
@click.option("--from", "older", type=_number, metavar="版本", help="较早的版本，默认为前一版")
@click.option("--to", "newer", type=_number, metavar="版本", help="较晚的版本，默认为最近一版")
@click.option(
    "--limit", type=click.IntRange(min=0), default=_ENTRIES, metavar="条数", help="每类列出几条，默认 20"
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@config_option
@click.pass_context
def diff(
    ctx: click.Context,
    asked: str,
    older: int | None,
    newer: int | None,
    limit: int,
    as_json: bool,
    config: Path | None,
) -> int:
    """两个已采用的版本之间，哪些条目新增、移出、变更（号码已隐去）。"""
    settings, engine = opened(ctx, config)
    measures = load_measures(settings.mappings_folder)
    with engine.connect() as connection:
        found = differences(connection, settings, measures, asked, Wanted(older, newer, limit))
    if as_json:
        click.echo(json.dumps([difference_json(d) for d in found], ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join(difference_text(d, measures.list_title(d.newer.list)) for d in found))
    return 0


@lists.command("rollback")
@click.argument("source", metavar="数据源")
@click.option("--to", "back_to", type=_number, required=True, metavar="版本", help="回退到哪一版")
@click.option("--reason", required=True, metavar="事由", help="为什么（必填，将连同操作人一起留痕）")
@config_option
@click.pass_context
def rollback(ctx: click.Context, source: str, back_to: int, reason: str, config: Path | None) -> int:
    """把一个数据源的名单回退到早先某一版的内容，作为新的一版。"""
    order = Order.of(system_user(), reason)
    _, engine = opened(ctx, config)
    with engine.connect() as connection:
        earlier_version(connection, source, back_to)
    taken = _roll_back(engine, source, back_to, order)
    counts = taken.counts
    click.echo(
        f"数据源 {source} 已回退到第 {back_to} 版的内容，记为第 {taken.version} 版："
        f"恢复 {counts.added} 条、改回 {counts.changed} 条、移出 {counts.removed} 条；在册 {counts.live} 条"
    )
    click.echo(f"名单的新旧按第 {back_to} 版的取数时间计算；下一次比对起生效（credit-sync run --only screen）")
    return 0


def _roll_back(engine: Engine, source: str, back_to: int, order: Order) -> TakenOver:
    """A run of its own, so that nights and other commands do not come between."""
    with run_lock(engine):
        options = {"command": "lists rollback", "source": source}
        run = ledger.begin(engine, datetime.now().replace(microsecond=0), options)
        taken = roll_back(engine, run, source, back_to, order)
        ledger.finish(engine, run, "done")
    return taken


COMMANDS = (lists,)
