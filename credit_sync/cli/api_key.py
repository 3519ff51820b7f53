"""`api-key`: keys with which other systems ask the desk's interface."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from credit_sync.api_keys import ALL_SYSTEMS, SCOPE_TITLES, Scope, make_key, revoke, why_refused
from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store, opened
from credit_sync.cli.system_user import system_user
from credit_sync.errors import CreditSyncError
from credit_sync.reporting.shown import shown
from credit_sync.sources.applications import known_systems
from credit_sync.sources.mapping import load_mappings
from credit_sync.store.api_keys import keys
from credit_sync.subjects.writing import plain
from credit_sync.toml_files import nearest

_YEAR = 365


@click.group("api-key", cls=Group)
def api_key() -> None:
    """接口密钥：申报系统凭它查询关口、主体和许可处罚信息。"""


_name = click.argument("name", metavar="名称")


@api_key.command("add")
@_name
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="可以用来做什么，可写多次：" + "、".join(f"{scope} {title}" for scope, title in SCOPE_TITLES.items()),
)
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="系统",
    help="可以问哪些申报系统的申报，可写多次；* 表示全部，不写就都不可以",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3 * _YEAR),
    default=_YEAR,
    show_default=True,
    metavar="天数",
    help="多少天后到期",
)
@config_option
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    scopes: tuple[str, ...],
    systems: tuple[str, ...],
    days: int,
    config: Path | None,
) -> int:
    """新建一把密钥。密钥只显示这一次，库中只存摘要。"""
    settings, engine = opened(ctx, config)
    for system in systems:
        _refuse_unknown(system, known_systems(load_mappings(settings)))
    now = _now()
    expires_at = now + timedelta(days=days)
    made = make_key(
        engine,
        name,
        scopes=[Scope(scope) for scope in scopes],
        systems=systems,
        expires_at=expires_at,
        by=system_user(),
        at=now,
    )
    click.echo(f"密钥（只显示这一次）：{made}")
    click.echo(f"{name} 有效至 {expires_at:%Y-%m-%d %H:%M}")
    if not systems:
        click.echo("没有写 --system：这把密钥不能查询任何系统的申报")
    return 0


@api_key.command("list")
@config_option
@click.pass_context
def list_(ctx: click.Context, config: Path | None) -> int:
    """列出密钥：范围、系统、到期、最近使用。"""
    with open_store(settings_of(ctx, config)).connect() as connection:
        found = keys(connection)
    now = _now()
    for each in found:
        scopes = "、".join(SCOPE_TITLES[Scope(scope)] for scope in each.scopes)
        systems = "全部系统" if ALL_SYSTEMS in each.systems else "、".join(each.systems) or "没有系统"
        used = f"最近使用 {each.last_used_at:%Y-%m-%d %H:%M}" if each.last_used_at else "没有用过"
        state = why_refused(each, now) or f"有效至 {each.expires_at:%Y-%m-%d %H:%M}"
        click.echo(f"{each.name}　{each.id}　{scopes}　{systems}　{state}　{used}")
    click.echo(f"共 {len(found)} 把密钥")
    return 0


@api_key.command("revoke")
@_name
@config_option
@click.pass_context
def revoke_(ctx: click.Context, name: str, config: Path | None) -> int:
    """撤销一把密钥，立即生效；名称不再使用。"""
    revoke(open_store(settings_of(ctx, config)), name, by=system_user(), at=_now())
    click.echo(f"已撤销 {name}")
    return 0


def _refuse_unknown(system: str, known: list[str] | None) -> None:
    """A key for a system by another name opens nothing, which its developers would find out by a 403."""
    if system == ALL_SYSTEMS or known is None or plain(system) in known:
        return
    raise CreditSyncError(
        f"没有数据源取申报系统“{shown(system)}”的申报{nearest(system, known)}，没有新建密钥",
        remedy=f"--system 写对照文件里的 system，现有：{'、'.join(known) or '没有'}；* 表示全部系统",
    )


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)


COMMANDS = (api_key,)
