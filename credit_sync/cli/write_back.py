"""`write-back list|retry|give-up`: what application systems have not acknowledged."""

from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import origin_of, system_user
from credit_sync.reporting.labels import CHANGES, NOTICE_STATES
from credit_sync.reporting.summary import summarise
from credit_sync.settings import Settings
from credit_sync.store import ledger
from credit_sync.store.lock import run_lock
from credit_sync.write_back.giving_up import GivingUp, give_up
from credit_sync.write_back.outbox import Listed, listed
from credit_sync.write_back.write_back import write_back


@click.group("write-back", cls=Group)
def notices() -> None:
    """回写：把预警的每次变化送回申报系统；哪些还没有送达。"""


@notices.command("list")
@click.option("--system", default="", metavar="系统", help="只看一个系统")
@click.option("--all", "every", is_flag=True, help="已送达、已放弃的也列出")
@config_option
@click.pass_context
def list_(ctx: click.Context, system: str, every: bool, config: Path | None) -> int:
    """列出还没有送达的通知及其原因。"""
    _, engine = _open(ctx, config, system)
    with engine.connect() as connection:
        found = listed(connection, system, settled=every)
    for item in found:
        click.echo(_line(item))
    click.echo(f"共 {len(found)} 条")
    return 0


@notices.command("retry")
@click.argument("system", required=False, default="", metavar="[系统]")
@config_option
@click.pass_context
def retry(ctx: click.Context, system: str, config: Path | None) -> int:
    """现在就送：上次没有送达的，连同此后的新变化（例如白天作出的结论）；不写系统则所有系统。"""
    settings, engine = _open(ctx, config, system)
    if not settings.systems:
        click.echo("没有配置要回写的系统")
        return 0
    with run_lock(engine):
        options = {"command": "write-back retry", "system": system}
        run = ledger.begin(engine, datetime.now().replace(microsecond=0), options)
        write_back(engine, settings, run, [system] if system else None)
        summary = summarise(engine, settings, run)
        ledger.finish(engine, run, "failed" if summary.problems else "done")
    click.echo(summary.text())
    return EXIT_FAILED if summary.problems else 0


@notices.command("give-up")
@click.argument("keys", nargs=-1, required=True, metavar="通知编号...")
@click.option("--reason", required=True, metavar="事由", help="为什么不再送（必填，连同操作人留痕）")
@click.option("--who", default=system_user, show_default="当前用户", metavar="姓名", help="操作人，留痕")
@config_option
@click.pass_context
def give_up_(ctx: click.Context, keys: tuple[str, ...], reason: str, who: str, config: Path | None) -> int:
    """不再送申报系统不会接收的通知（编号见 list）；同一预警之后的通知接着送。"""
    _, engine = _open(ctx, config, "")
    with run_lock(engine):
        give_up(engine, keys, GivingUp(who, reason, datetime.now().replace(microsecond=0), origin_of(who)))
    click.echo(f"不再送：{'、'.join(dict.fromkeys(keys))}")
    return 0


def _line(item: Listed) -> str:
    content = item.content
    about = f"{content['application']} {content['applicant']}（{content['list_title']}）"
    line = f"{item.key}  {content['at']}  {CHANGES[item.change]}  {about}  {NOTICE_STATES[item.state]}"
    tried = f"，已试 {item.attempts} 次" if item.attempts and item.delivered_at is None else ""
    return f"{line}{tried}" + (f"：{item.reason}" if item.reason else "")


def _open(ctx: click.Context, config: Path | None, system: str) -> tuple[Settings, Engine]:
    settings = settings_of(ctx, config)
    if system and system not in settings.systems:
        known = "、".join(settings.systems) or "没有"
        raise click.BadParameter(f"配置里没有系统 {system}，有：{known}", ctx, param_hint="系统")
    engine = open_store(settings)
    return settings, engine


COMMANDS = (notices,)
