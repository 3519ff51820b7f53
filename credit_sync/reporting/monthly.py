"""The monthly summary of joint punishment (联合惩戒月报), for the heads of department: a page, a workbook, a PDF."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from credit_sync.reporting.files import in_forms, write_forms
from credit_sync.reporting.labels import VERDICTS, share
from credit_sync.reporting.monthly_views import MonthlyReport
from credit_sync.reporting.monthly_workbook import monthly_workbook
from credit_sync.reporting.templates import render
from credit_sync.reporting.trend_chart import trend_chart
from credit_sync.settings import ReportFormat

_MOST = 300
"""Overdue flags listed on the page; the workbook has all."""


def write_monthly_summary(report: MonthlyReport, folder: Path, formats: Sequence[ReportFormat]) -> list[Path]:
    """Writes punishment-YYYY-MM; a later one of the month replaces it. Raises CreditSyncError when it cannot."""
    forms = in_forms(formats, monthly_page(report), partial(monthly_workbook, report))
    return write_forms(folder, f"punishment-{report.month}", forms)


def monthly_page(report: MonthlyReport) -> str:
    """The summary as HTML."""
    figures = [found for _, found in report.trend]
    chart = trend_chart(
        [month for month, _ in report.trend],
        [[f.reviewed.value if f else None for f in figures], [f.timely.value if f else None for f in figures]],
    )
    return render(
        "monthly.html.j2",
        running_title=f"联合惩戒月报 {report.month}",
        report=report,
        chart=chart,
        most=_MOST,
    )


def monthly_lines(report: MonthlyReport) -> Iterator[str]:
    """The month in some lines, for a terminal."""
    until = "全月" if report.complete else f"截至 {report.at:%Y-%m-%d %H:%M}"
    flags, screenings = report.flags, report.screenings
    yield f"联合惩戒 {report.month}（{until}）："
    verdicts = "、".join(f"{VERDICTS[v]} {n}" for v, n in screenings.verdicts.items())
    yield f"  比对 {screenings.count} 次，申报主体 {screenings.applicants} 个：{verdicts}"
    yield (
        f"  预警新增 {flags.opened}、变更 {flags.changed}、关闭 {flags.closed}、重新打开 {flags.reopened}；"
        f"月末 {flags.standing} 条：待复核 {flags.waiting}（其中逾期 {flags.overdue}）、"
        f"已维持 {flags.upheld}、已排除 {flags.dismissed}"
    )
    yield (
        f"  本月作出结论 {flags.decided} 条：维持 {flags.newly_upheld}、排除 {flags.newly_dismissed}；"
        f"复核率 {share(flags.reviewed)}，按期复核率 {share(flags.timely)}"
    )
