"""`audit verify|list`: who did what, and whether the log is whole."""

import json
from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.store import open_store
from credit_sync.cli.times import MOMENT
from credit_sync.desk.rights import ROLE_TITLES
from credit_sync.reporting.audit_text import entries_json, entries_text
from credit_sync.screening.reasons import load_reasons
from credit_sync.store import audit

_SHOWN = 100


@click.group("audit", cls=Group)
def audit_group() -> None:
    """留痕：谁在何时查询、查看、复核、导出了什么；核对记录有没有被改动。"""


@audit_group.command("verify")
@click.option(
    "--head", "heads", multiple=True, metavar="摘要", help="另存的摘要（见运行报告页脚），可写多次：须仍在记录中"
)
@config_option
@click.pass_context
def verify(ctx: click.Context, heads: tuple[str, ...], config: Path | None) -> int:
    """逐条核对：改动、删除、调换都会查出；删去末尾的，要凭另存的摘要（--head）才能查出。"""
    with open_store(settings_of(ctx, config)).connect() as connection:
        found = audit.verify(connection, [head.strip().lower() for head in heads])
    for problem in found.problems:
        click.echo(problem.text)
    if found.problems:
        click.echo(f"留痕记录 {found.entries} 条，发现 {len(found.problems)} 处问题")
        return EXIT_FAILED
    click.echo(f"留痕记录 {found.entries} 条，完好。最后一条的摘要（请另存）：{found.head or '（无）'}")
    return 0


@audit_group.command("list")
@click.option("--who", default="", metavar="姓名", help="只列一个人的")
@click.option("--action", type=click.Choice([a.value for a in audit.Action]), help="只列一类操作")
@click.option("--target", default="", metavar="文字", help="只列对象中含有这段文字的，如“预警 12”")
@click.option(
    "--since",
    type=MOMENT,
    metavar="时间",
    help="只列这个时间以来的",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=_SHOWN,
    show_default=True,
    metavar="条数",
    help="只列最后若干条",
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@config_option
@click.pass_context
def list_(
    ctx: click.Context,
    who: str,
    action: str | None,
    target: str,
    since: datetime | None,
    limit: int,
    as_json: bool,
    config: Path | None,
) -> int:
    """列出留痕记录，最早的在前。"""
    settings = settings_of(ctx, config)
    with open_store(settings).connect() as connection:
        found = audit.entries(connection, who=who, action=action or "", target=target, since=since, limit=limit)
    if as_json:
        click.echo(json.dumps(entries_json(found), ensure_ascii=False, indent=2))
    else:
        reasons = load_reasons(settings.mappings_folder)
        click.echo(entries_text(found, {**ROLE_TITLES, **reasons.titles}))
    return 0


COMMANDS = (audit_group,)
