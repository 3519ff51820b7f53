"""The monthly compliance report, for the supervisors' questions: a page that stands alone, a workbook, a short text."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import count, takewhile
from pathlib import Path

from sqlalchemy import Engine

from credit_sync.publishing.rates import Month, Rate
from credit_sync.reporting.compliance_query import first_run, read_compliance
from credit_sync.reporting.compliance_views import ComplianceReport
from credit_sync.reporting.compliance_workbook import compliance_workbook
from credit_sync.reporting.files import in_forms, write_forms
from credit_sync.reporting.labels import RATES, RECORDS, share
from credit_sync.reporting.lists import previous_report
from credit_sync.reporting.templates import render
from credit_sync.reporting.trend_chart import trend_chart
from credit_sync.settings import ReportFormat, Settings
from credit_sync.store.ledger import Run

_MOST = 300
"""Late and rejected publications listed on the page; the workbook has all."""


def write_compliance_report(report: ComplianceReport, folder: Path, formats: Sequence[ReportFormat]) -> list[Path]:
    """Writes compliance-YYYY-MM; a later report of the month replaces it.

    Raises CreditSyncError when the folder cannot be written.
    """
    forms = in_forms(formats, compliance_page(report), partial(compliance_workbook, report))
    return write_forms(folder, f"compliance-{report.month}", forms)


def write_monthly_report(engine: Engine, settings: Settings, run: Run) -> list[Path]:
    """The report on the month before, until a run of the month has made its reports; nothing before the first month.
    And on those before it in which no run has.

    It counts what stood at the end of that month, so however often it is written it is the same.
    """
    month = Month.of(run.as_of.date())
    with engine.connect() as connection:
        previous = previous_report(connection, run)
    if previous is None:
        return []
    over = list(takewhile(lambda past: past.end > previous, map(month.earlier, count(1))))
    folder, formats = settings.path(settings.reports.folder), settings.reports.formats
    reports = (read_compliance(engine, settings, past, run.as_of) for past in reversed(over))
    return [path for report in reports for path in write_compliance_report(report, folder, formats)]


def this_month(engine: Engine, settings: Settings, now: datetime) -> ComplianceReport | None:
    """The running month so far, for `status` and the run report; None before the first run's month."""
    month = Month.of(now.date())
    with engine.connect() as connection:
        began = first_run(connection)
    if began is None or began >= month.end:
        return None
    return read_compliance(engine, settings, month, now, trend_months=1)


def compliance_page(report: ComplianceReport) -> str:
    """The report as HTML."""
    charts = {
        channel.name: trend_chart(
            [point.month for point in channel.trend],
            [
                [point.figures.compliant.value if point.figures else None for point in channel.trend],
                [point.figures.timely.value if point.figures else None for point in channel.trend],
            ],
        )
        for channel in report.channels
    }
    return render(
        "compliance.html.j2",
        running_title=f"双公示合规月报 {report.month}",
        report=report,
        charts=charts,
        formulas=RATES,
        most=_MOST,
    )


def compliance_lines(report: ComplianceReport) -> Iterator[str]:
    """The month in some lines, for a terminal."""
    until = "全月" if report.complete else f"截至 {report.at:%Y-%m-%d %H:%M}"
    yield f"双公示合规 {report.month}（{until}）："
    for channel in report.channels:
        total = channel.total
        rates = f"合规率 {_with_parts(total.compliant)}，及时率 {_with_parts(total.timely)}"
        counts = f"待回执 {total.awaiting}、被退回 {total.rejected}、未报送 {total.unsent}"
        yield f"  {channel.name}  {rates}；应报中 {counts}；往期未报 {total.overdue_before}"
    for kind in report.nothing_decided:
        yield f"  {RECORDS[kind]}：本月没有作出决定（零增量）"
    yield f"  迟报 {len(report.late)} 条，其中仍未报送 {report.overdue} 条；漏报 {report.missing} 个文号"
    for found in report.promises:
        yield f"  {found.promise.title}：按期 {_with_parts(found.rate)}"


def _with_parts(rate: Rate) -> str:
    return f"{share(rate)}（{rate.part}/{rate.whole}）"
