"""`lookup`: everything known about one subject."""

import json
from datetime import date, datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import system_user
from credit_sync.lookup import answer_json, ground, look_up, subject_asked_for
from credit_sync.reporting.answer import answer_text
from credit_sync.screening.index_files import open_index
from credit_sync.screening.measures import load_measures
from credit_sync.store.audit import Action, note
from credit_sync.store.engine import writing


@click.command("lookup", cls=Command)
@config_option
@click.option("--name", default="", metavar="名称", help="名称或姓名")
@click.option("--code", default="", metavar="代码", help="统一社会信用代码、组织机构代码或工商注册号")
@click.option(
    "--id", "citizen_id", default="", metavar="号码", help="身份证号码（可以部分隐去，如 3401001900****0012）"
)
@click.option("--reason", default="", metavar="事由", help="查询事由（必填，将连同查询人一起留痕）")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@click.pass_context
def lookup(
    ctx: click.Context, config: Path | None, name: str, code: str, citizen_id: str, reason: str, as_json: bool
) -> int:
    """查询一个主体：许可、处罚、名单条目及证据、申报、检查。"""
    if not reason.strip():
        raise click.UsageError('查询要写明事由，例如 --reason "2026年度项目立项前核查"', ctx)
    settings = settings_of(ctx, config)
    now = datetime.now().replace(microsecond=0)
    subject = subject_asked_for(name, code, citizen_id, date.today())
    engine = open_store(settings)
    with engine.connect() as connection:
        index = open_index(connection, settings.path(settings.store.index))
        answer = look_up(connection, subject, ground(connection, settings, now, index))
    with writing(engine) as connection:
        found = {"found": len(answer.found), "reason": reason}
        note(connection, at=now, who=system_user(), action=Action.LOOKUP, target=answer.query, detail=found)
    if as_json:
        click.echo(json.dumps(answer_json(answer), ensure_ascii=False, indent=2))
    else:
        click.echo(answer_text(answer, load_measures(settings.mappings_folder), now.date()))
    return 0


COMMANDS = (lookup,)
