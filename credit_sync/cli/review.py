"""`review list|show|uphold|dismiss|refuse|undo|export|import`: what officers do with flags, without a browser."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Connection, Engine

from credit_sync import review
from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import origin_of, system_user
from credit_sync.errors import CreditSyncError
from credit_sync.reporting import labels
from credit_sync.reporting.files import write_report
from credit_sync.reporting.flag_query import flag_views
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.reporting.flagged_sheets import flagged_workbook
from credit_sync.reporting.other_flags import other_flags
from credit_sync.reporting.people import names_on_record
from credit_sync.reporting.review_text import flag_text, list_json, list_text
from credit_sync.review import Actor, Said, Standing
from credit_sync.review_import import Outcome, import_decisions, problems, rows_to_take_over
from credit_sync.screening.decisions import Conclusion, State
from credit_sync.screening.measures import Measures, load_measures
from credit_sync.screening.reasons import Reasons, load_reasons
from credit_sync.settings import Settings
from credit_sync.store import audit, ledger
from credit_sync.store.engine import writing
from credit_sync.store.schema import flag

_WAITING = tuple(state for state in State if state.waits)

_flag_argument = click.argument("flag_id", type=click.IntRange(1, 2**31 - 1), metavar="预警编号")
_who_option = click.option("--who", default="", metavar="姓名", help="谁作的结论，默认为系统用户")
_text_option = click.option("--text", default="", metavar="说明", help="补充说明；撤销和退回时必填")
_reason_option = click.option("--reason", default="", metavar="理由代码", help="理由，见 mappings/review.toml")


@click.group("review", cls=Group)
def review_group() -> None:
    """复核：列出预警，作结论，第二人复核，撤销；导出工作簿填写后导入。"""


@review_group.command("list")
@click.option(
    "--state",
    type=click.Choice([*(s.value for s in State), "all"]),
    help="只列一种状态，all 为全部；默认列出待处理的",
)
@click.option("--department", default="", metavar="处室", help="只列一个处室的")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@config_option
@click.pass_context
def list_(ctx: click.Context, state: str | None, department: str, as_json: bool, config: Path | None) -> int:
    """列出预警（号码已隐去）。"""
    desk = _open(ctx, config)
    states = _WAITING if state is None else tuple(State) if state == "all" else (State(state),)
    which = flag.c.closed_at.is_(None) & flag.c.state.in_([s.value for s in states])
    with desk.engine.connect() as connection:
        found = flag_views(connection, which, desk.measures, desk.reasons)
    departments = sorted({head.department for head, _ in found})
    if department and department not in departments:
        others = f"，有的处室是：{'、'.join(departments)}" if departments else ""
        click.echo(f"处室“{department}”没有这样的预警{others}", err=True)
    found = [(head, view) for head, view in found if department in ("", head.department)]
    found.sort(key=lambda pair: pair[1].order)
    if as_json:
        click.echo(json.dumps(list_json(found), ensure_ascii=False, indent=2))
    else:
        click.echo(list_text(found))
    return 0


@review_group.command("show")
@_flag_argument
@config_option
@click.pass_context
def show(ctx: click.Context, flag_id: int, config: Path | None) -> int:
    """一条预警：证据、措施、复核经过，以及重新打开时变了什么。"""
    desk = _open(ctx, config)
    with desk.engine.connect() as connection:
        standing = review.standing(connection, flag_id)
        found = flag_views(connection, flag.c.id == flag_id, desk.measures, desk.reasons)
        history = review.history(connection, flag_id)
        others = other_flags(connection, flag_id, desk.measures, desk.reasons)
        name_of = names_on_record(connection)
    click.echo(flag_text(standing, found, history, others, desk.reasons, name_of=name_of))
    return 0


@review_group.command("uphold")
@_flag_argument
@_reason_option
@_text_option
@_who_option
@config_option
@click.pass_context
def uphold(ctx: click.Context, flag_id: int, reason: str, text: str, who: str, config: Path | None) -> int:
    """维持：确为同一主体，措施适用。措施为禁止的，须另一人再作同样的结论。"""
    return _conclude(_open(ctx, config), flag_id, Conclusion.UPHOLD, Said(reason, text), _signed(who))


@review_group.command("dismiss")
@_flag_argument
@_reason_option
@_text_option
@_who_option
@config_option
@click.pass_context
def dismiss(ctx: click.Context, flag_id: int, reason: str, text: str, who: str, config: Path | None) -> int:
    """排除：不是同一主体，或措施不适用。证据变化之前不再提示。"""
    return _conclude(_open(ctx, config), flag_id, Conclusion.DISMISS, Said(reason, text), _signed(who))


@review_group.command("refuse")
@_flag_argument
@_text_option
@_who_option
@config_option
@click.pass_context
def refuse(ctx: click.Context, flag_id: int, text: str, who: str, config: Path | None) -> int:
    """退回：第二人不同意所提的结论，预警重新待复核。"""
    desk = _open(ctx, config)
    with writing(desk.engine) as connection:
        _tell(review.refuse(connection, flag_id, text, _signed(who)))
    return 0


@review_group.command("undo")
@_flag_argument
@_text_option
@_who_option
@config_option
@click.pass_context
def undo(ctx: click.Context, flag_id: int, text: str, who: str, config: Path | None) -> int:
    """撤销结论（或收回所提的结论），预警重新待复核；经过保留。"""
    desk = _open(ctx, config)
    with writing(desk.engine) as connection:
        _tell(review.undo(connection, flag_id, text, _signed(who)))
    return 0


@review_group.command("export")
@click.argument("output", type=click.Path(path_type=Path), metavar="输出文件.xlsx")
@_who_option
@config_option
@click.pass_context
def export(ctx: click.Context, output: Path, who: str, config: Path | None) -> int:
    """导出预警工作簿：在“预警”表填写复核结论、理由、说明后，用 import 导入。"""
    if output.suffix.lower() != ".xlsx":
        raise click.UsageError(f"只能导出为 .xlsx：{output}", ctx)
    desk = _open(ctx, config)
    with desk.engine.connect() as connection:
        if output.exists() and (rows := rows_to_take_over(connection, output, desk.reasons)):
            raise click.UsageError(f"{output} 中有 {rows} 行填写还没有导入，请先导入，或换一个文件名", ctx)
        report = read_flagged(connection, desk.settings, _last_run(connection), desk.measures)
    with writing(desk.engine) as connection:  # on record before there is anything to carry away
        detail = {"what": "flags", "rows": len(report.flags)}
        signed = _signed(who)
        audit.note(
            connection,
            at=signed.at,
            who=signed.who,
            action=audit.Action.EXPORT,
            target=output.name,
            detail=detail,
        )
    write_report(output, flagged_workbook(report))
    click.echo(f"已导出 {len(report.flags)} 条预警，其中待处理 {report.waiting} 条：{output}")
    return 0


@review_group.command("import")
@click.argument("workbook", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="工作簿.xlsx")
@_who_option
@config_option
@click.pass_context
def import_(ctx: click.Context, workbook: Path, who: str, config: Path | None) -> int:
    """导入填好的工作簿，逐行采用。与现状冲突的行不采用，逐行说明，退出码为 1。"""
    desk = _open(ctx, config)
    imported = import_decisions(desk.engine, workbook, desk.reasons, _signed(who))
    for line in problems(imported):
        click.echo(f"未采用　{line}")
    counts = imported.counts
    click.echo(
        f"作出结论 {counts[Outcome.DECIDED]} 条，提出结论待第二人复核 {counts[Outcome.PROPOSED]} 条，"
        f"与现状相同 {counts[Outcome.UNCHANGED]} 条，未填 {counts[Outcome.EMPTY]} 条，未采用 {counts[Outcome.CONFLICT]} 条"
    )
    return EXIT_FAILED if imported.conflicts else 0


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every command of the group works with."""

    settings: Settings
    engine: Engine
    measures: Measures
    reasons: Reasons


def _open(ctx: click.Context, config: Path | None) -> _Desk:
    settings = settings_of(ctx, config)
    folder = settings.mappings_folder
    measures, reasons = load_measures(folder), load_reasons(folder)
    engine = open_store(settings)
    return _Desk(settings, engine, measures, reasons)


def _conclude(desk: _Desk, flag_id: int, conclusion: Conclusion, said: Said, by: Actor) -> int:
    with writing(desk.engine) as connection:
        decided = review.decide(connection, flag_id, conclusion, said, desk.reasons, by)
    _tell(decided)
    return 0


def _tell(found: Standing) -> None:
    click.echo(f"预警 {found.flag_id}：{labels.STATES[found.state]}")


def _signed(who: str) -> Actor:
    """Who acts, when, and by which user of the system, where somebody else is named."""
    return Actor(who or system_user(), datetime.now().replace(microsecond=0), origin_of(who))


def _last_run(connection: Connection) -> ledger.Run:
    found = ledger.latest(connection)
    if found is None:
        raise CreditSyncError("还没有运行过，没有预警可导出", remedy="请先执行 credit-sync run")
    return found


COMMANDS = (review_group,)
