"""`report flagged|clean-bill|monthly|verify`: reports on demand, a list signed off by name, and the proof of it."""

from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.report_options import format_option, month_option, out_option
from credit_sync.cli.store import opened
from credit_sync.cli.system_user import origin_of
from credit_sync.errors import CreditSyncError
from credit_sync.publishing.rates import Month
from credit_sync.reporting.clean_bill import issue_clean_bill, signature_of
from credit_sync.reporting.clean_bill_views import CleanBill, Selection
from credit_sync.reporting.flagged import flagged_file, write_flagged_report
from credit_sync.reporting.labels import OUTCOMES
from credit_sync.reporting.monthly import monthly_lines, write_monthly_summary
from credit_sync.reporting.monthly_query import read_monthly
from credit_sync.review import Actor
from credit_sync.review_import import keep_filled_in
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reasons import load_reasons
from credit_sync.settings import ReportFormat, Settings
from credit_sync.store import ledger

_Formats = tuple[ReportFormat, ...]


@click.group("report", cls=Group)
def report_group() -> None:
    """报告：预警报告、无预警名单、联合惩戒月报（HTML、XLSX、PDF），核对签发的文件。"""


@report_group.command("flagged")
@out_option
@format_option
@config_option
@click.pass_context
def flagged(ctx: click.Context, out: Path | None, formats: _Formats, config: Path | None) -> int:
    """重新写最近一次运行的预警报告，含此后的复核结论。"""
    settings, engine = opened(ctx, config)
    with engine.connect() as connection:
        run = ledger.latest(connection)
    if run is None:
        raise CreditSyncError("还没有运行过，没有预警可报告", remedy="请先执行 credit-sync run")
    folder = _folder(settings, out).absolute()  # or it would be taken for one beside the configuration
    changed = {"folder": folder, "formats": formats or settings.reports.formats}
    settings = settings.model_copy(update={"reports": settings.reports.model_copy(update=changed)})
    mappings = settings.mappings_folder
    keep_filled_in(engine, flagged_file(settings, run), load_reasons(mappings))
    _tell(write_flagged_report(engine, settings, run, load_measures(mappings)))
    return 0


@report_group.command("clean-bill")
@click.option("--system", required=True, metavar="系统", help="哪个申报系统，写全称")
@click.option("--year", type=click.IntRange(1990, 2100), metavar="年度", help="只含一个年度的申报")
@click.option("--round", "round_", default="", metavar="批次", help="只含一个批次的申报（来源须带批次）")
@click.option("--who", required=True, metavar="姓名", help="签发人，印在文件上并留痕")
@out_option
@format_option
@config_option
@click.pass_context
def clean_bill(
    ctx: click.Context,
    system: str,
    year: int | None,
    round_: str,
    who: str,
    out: Path | None,
    formats: _Formats,
    config: Path | None,
) -> int:
    """无预警名单：一批申报的主体逐个交代，没有预警（或已排除）的列入，其余说明为什么不能出具。

    名单缺失、过期或未采用时不认定任何人，退出码为 1。
    """
    settings, engine = opened(ctx, config)
    signer = Actor(who, datetime.now().replace(microsecond=0), origin_of(who))
    selection, forms = Selection(system, year, round_), formats or settings.reports.formats
    folder = _folder(settings, out)
    bill, paths = issue_clean_bill(engine, settings, selection, signer, formats=forms, folder=folder)
    click.echo(_bill_text(bill))
    _tell(paths)
    return EXIT_FAILED if bill.blocked else 0


@report_group.command("monthly")
@month_option
@out_option
@format_option
@config_option
@click.pass_context
def monthly(
    ctx: click.Context, month: Month | None, out: Path | None, formats: _Formats, config: Path | None
) -> int:
    """联合惩戒月报：比对、预警、复核结论、措施、名单、逾期，与上月和近十二个月相比。

    按那个月月末的情况统计，任何时候重做都一样。本月未完时截至此刻。
    """
    settings, engine = opened(ctx, config)
    now = datetime.now().replace(microsecond=0)
    found = read_monthly(engine, settings, month or Month.of(now.date()).earlier(1), now)
    click.echo("\n".join(monthly_lines(found)))
    _tell(write_monthly_summary(found, _folder(settings, out), formats or settings.reports.formats))
    return 0


@report_group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="文件")
@config_option
@click.pass_context
def verify(ctx: click.Context, file: Path, config: Path | None) -> int:
    """核对一份无预警名单是不是本系统签发的、签发后有没有改动。"""
    _, engine = opened(ctx, config)
    with engine.connect() as connection:
        entry = signature_of(connection, file)
    click.echo(
        f"完好：{entry.target}，{entry.who} 于 {entry.at:%Y-%m-%d %H:%M:%S} 签发（留痕第 {entry.id} 条），"
        f"{entry.detail['applicants']} 个申报主体中 {entry.detail['clean']} 个列入"
    )
    click.echo(f"内容摘要：{entry.detail['digest']}")
    return 0


def _folder(settings: Settings, out: Path | None) -> Path:
    return out or settings.path(settings.reports.folder)


def _tell(paths: list[Path]) -> None:
    for path in paths:
        click.echo(f"报告：{path}")


def _bill_text(bill: CleanBill) -> str:
    counts = "、".join(f"{OUTCOMES[outcome]} {number}" for outcome, number in bill.counts.items() if number)
    lines = [
        f"{bill.selection.title}：{len(bill.lines)} 个申报主体（{counts}），列入无预警名单 {len(bill.clean)} 个"
    ]
    if bill.blocked:
        lines.append("名单缺失、过期或未采用，不能认定任何人没有预警")
    if bill.quarantined:
        lines.append(f"来源中另有 {bill.quarantined} 行在隔离区，不在此数内")
    return "\n".join([*lines, f"签发：{bill.who}，{bill.at:%Y-%m-%d %H:%M:%S}，摘要 {bill.digest}"])


COMMANDS = (report_group,)
