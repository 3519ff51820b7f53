"""`desk`: the officers' web pages, and their local accounts."""

import sys
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import click
from sqlalchemy import Engine

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import system_user
from credit_sync.desk.rights import ALL_DEPARTMENTS, ROLE_TITLES, roles_of
from credit_sync.desk_settings import Role
from credit_sync.errors import CreditSyncError
from credit_sync.reporting.labels import NO_DEPARTMENT

_PACKAGES = ("argon2", "authlib", "fastapi", "httpx2", "itsdangerous", "multipart", "uvicorn")
"""What the extra `desk` brings, as Python calls it."""


@click.group("desk", cls=Group, invoke_without_command=True)
@click.option("--host", default="127.0.0.1", metavar="地址", show_default=True, help="在哪个网络地址上提供")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8640,
    metavar="端口",
    show_default=True,
    help="在哪个端口上提供",
)
@config_option
@click.pass_context
def desk(ctx: click.Context, host: str, port: int, config: Path | None) -> int:
    """复核台：在浏览器里处理预警、查询、看名单和报送。"""
    if any(find_spec(name) is None for name in _PACKAGES):
        raise CreditSyncError(
            "没有安装复核台需要的程序包",
            remedy="请在程序所在文件夹执行 .venv/bin/pip install -c requirements.lock -e '.[desk]'",
        )
    if ctx.invoked_subcommand is not None:
        ctx.obj = config or ctx.obj
        return 0
    from credit_sync.desk.serve import listening, serve, serving_at, words_at_start

    settings = settings_of(ctx, config)
    serving = serving_at(settings.desk, host, port, system_user())
    engine = open_store(settings)
    with listening(host, port) as listener:
        click.echo("\n".join(words_at_start(settings, engine, serving)))
        sys.stdout.flush()
        serve(settings, engine, serving, listener)
    return 0


@desk.group("user", cls=Group)
def user() -> None:
    """本地账号（desk.local_accounts = true 时使用）。"""


_name = click.argument("name", metavar="账号")
_departments_option = click.option(
    "--department", "departments", multiple=True, metavar="处室", help="看得到哪些处室，可写多次；* 表示全部"
)


def _roles_option(*, required: bool) -> Callable[[Callable[..., int]], Callable[..., int]]:
    titles = "、".join(f"{role} {title}" for role, title in ROLE_TITLES.items())
    kinds = click.Choice([role.value for role in Role])
    return click.option(
        "--role", "roles", type=kinds, multiple=True, required=required, help=f"角色，可写多次：{titles}"
    )


@user.command("add")
@_name
@click.option("--title", default="", metavar="姓名", help="页面上显示的姓名，默认同账号")
@_roles_option(required=True)
@_departments_option
@config_option
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    title: str,
    roles: tuple[str, ...],
    departments: tuple[str, ...],
    config: Path | None,
) -> int:
    """建账号。密码在终端上输入两次，或从标准输入读一行。"""
    from credit_sync.desk.signing_in.local import make_account

    engine = open_store(settings_of(ctx, config))
    make_account(
        engine,
        name,
        _password(),
        title=title,
        roles=[Role(role) for role in roles],
        departments=departments,
        by=system_user(),
        at=_now(),
    )
    click.echo(f"已建账号 {name}")
    _tell_of_unknown(engine, departments)
    if not departments:
        click.echo("没有写 --department：这个账号看不到任何处室的预警")
    return 0


@user.command("change")
@_name
@_roles_option(required=False)
@_departments_option
@config_option
@click.pass_context
def change(
    ctx: click.Context, name: str, roles: tuple[str, ...], departments: tuple[str, ...], config: Path | None
) -> int:
    """改角色、处室：写改后的全部，没写的一项不变；已登录的要重新登录。"""
    from credit_sync.desk.signing_in.local import change_rights

    engine = open_store(settings_of(ctx, config))
    change_rights(engine, name, [Role(role) for role in roles], departments, by=system_user(), at=_now())
    click.echo(f"已改账号 {name}")
    _tell_of_unknown(engine, departments)
    return 0


@user.command("password")
@_name
@config_option
@click.pass_context
def password(ctx: click.Context, name: str, config: Path | None) -> int:
    """重设密码；已停用的账号重新启用，已登录的要重新登录。"""
    from credit_sync.desk.signing_in.local import change_password

    change_password(open_store(settings_of(ctx, config)), name, _password(), by=system_user(), at=_now())
    click.echo(f"已重设 {name} 的密码")
    return 0


@user.command("disable")
@_name
@config_option
@click.pass_context
def disable_(ctx: click.Context, name: str, config: Path | None) -> int:
    """停用账号，立即退出登录；所作结论和留痕不变。"""
    from credit_sync.desk.signing_in.local import disable

    disable(open_store(settings_of(ctx, config)), name, by=system_user(), at=_now())
    click.echo(f"已停用 {name}")
    return 0


@user.command("list")
@config_option
@click.pass_context
def list_(ctx: click.Context, config: Path | None) -> int:
    """列出账号、角色和处室。"""
    from credit_sync.store.desk_users import accounts

    with open_store(settings_of(ctx, config)).connect() as connection:
        found = accounts(connection)
    for each in found:
        roles = "、".join(ROLE_TITLES[role] for role in Role if role in roles_of(each.roles))
        departments = (
            "全部处室" if ALL_DEPARTMENTS in each.departments else "、".join(each.departments) or "没有处室"
        )
        off = f"　已于 {each.disabled_at:%Y-%m-%d} 停用" if each.disabled_at else ""
        click.echo(f"{each.name}　{each.title}　{roles}　{departments}{off}")
    click.echo(f"共 {len(found)} 个账号")
    return 0


def _tell_of_unknown(engine: Engine, departments: tuple[str, ...]) -> None:
    """A department written otherwise than the applications have it shows no flag, which looks like a quiet day."""
    from credit_sync.store.applicants import departments as departments_there

    with engine.connect() as connection:
        there = {name or NO_DEPARTMENT for name in departments_there(connection)}
    for name in departments:
        if name not in there | {ALL_DEPARTMENTS}:
            click.echo(f"注意：处室 {name} 现在没有申报，请核对名称")


def _password() -> str:
    if sys.stdin.isatty():
        prompted: str = click.prompt("密码", hide_input=True, confirmation_prompt="再输入一次")
        return prompted
    return sys.stdin.readline().rstrip("\r\n")


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)


COMMANDS = (desk,)
