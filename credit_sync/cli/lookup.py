"""`lookup`: everything known about one subject."""

import json
from datetime import date, datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import system_user
from credit_sync.lookup import answer_json, look_up, put_on_record, subject_asked_for, why_unknown
from credit_sync.reporting.answer import answer_text
from credit_sync.screening.index_files import open_index
from credit_sync.screening.measures import load_measures
from credit_sync.screening.other_names import known_other_names
from credit_sync.screening.unread_entries import unread_entries
from credit_sync.screening.weights import load_weights
from credit_sync.sources.asked_lists import asked_lists
from credit_sync.sources.lists import states_of_lists
from credit_sync.store.audit import Action


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
    folder = settings.mappings_folder
    engine = open_store(settings)
    with engine.connect() as connection:
        states = states_of_lists(connection, settings, now)
        current = open_index(connection, settings.path(settings.store.index))
        names, weights = known_other_names(connection, folder), load_weights(folder)
        unread = unread_entries(connection, states.values())
        unknown = why_unknown(connection, unread, asked_lists(settings), subject, names=names, at=now)
        answer = look_up(connection, subject, states, now, weights, current=current, names=names, unknown=unknown)
    found = len(answer.found)
    put_on_record(engine, Action.LOOKUP, answer.query, found, who=system_user(), reason=reason, at=now)
    if as_json:
        click.echo(json.dumps(answer_json(answer), ensure_ascii=False, indent=2))
    else:
        click.echo(answer_text(answer, load_measures(folder), now.date()))
    return 0


COMMANDS = (lookup,)
