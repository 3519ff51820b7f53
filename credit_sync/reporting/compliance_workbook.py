"""The compliance report as a workbook: one sheet per part, each rate beside the numbers it is made of."""

from collections.abc import Sequence

from credit_sync.publishing.compliance import Judged, MonthFigures
from credit_sync.reporting.compliance_views import ComplianceReport, SeriesView
from credit_sync.reporting.labels import RATES, RECORDS, STANDINGS, share
from credit_sync.reporting.sheets import Cell, Sheet, workbook
from credit_sync.reporting.shown import shown

_FIGURES = (
    ("本月作出", 10), ("应报", 8), ("已接收", 8), ("已报送待回执", 13), ("被退回", 8), ("未报送", 8), ("合规率", 9),
    ("本月报送", 10), ("按期", 8), ("及时率", 9), ("往期未报", 10),
)  # fmt: skip


def compliance_workbook(report: ComplianceReport) -> bytes:
    """The report as XLSX."""
    sheets = (
        _figures(report),
        _trend(report),
        _late(report),
        _rejected(report),
        _series(report),
        _promises(report),
    )
    return workbook(
        f"双公示合规月报 {report.month}",
        company=report.department,
        created=report.at,
        sheets=(*sheets, _formulas(report)),
        footer=f"双公示合规月报 {report.month}",
    )


def _cells(figures: MonthFigures) -> tuple[Cell, ...]:
    return (
        *(figures.decided, figures.due, figures.accepted, figures.awaiting, figures.rejected, figures.unsent),
        *(share(figures.compliant), figures.published, figures.in_time, share(figures.timely)),
        figures.overdue_before,
    )


def _figures(report: ComplianceReport) -> Sheet:
    rows: list[Sequence[Cell]] = []
    for channel in report.channels:
        rows += [(channel.name, RECORDS[kind], *_cells(found)) for kind, found in channel.by_kind.items()]
        rows.append((channel.name, "合计", *_cells(channel.total)))
    return Sheet("合规与及时", (("渠道", 16), ("记录", 12), *_FIGURES), rows)


def _trend(report: ComplianceReport) -> Sheet:
    nothing: tuple[Cell, ...] = ("尚未启用", *[""] * (len(_FIGURES) - 1))
    rows = [
        (channel.name, str(point.month), *(_cells(point.figures) if point.figures else nothing))
        for channel in report.channels
        for point in channel.trend
    ]
    return Sheet("近十二个月", (("渠道", 16), ("月份", 10), *_FIGURES), rows)


_PUBLICATION = (("渠道", 16), ("记录", 12), ("文号", 30), ("行政相对人", 36), ("决定日期", 12), ("期限", 12))


def _head(item: Judged) -> tuple[str, ...]:
    number, subject = shown(item.number), shown(item.subject)
    return item.channel, RECORDS[item.kind], number, subject, str(item.decided_on), str(item.deadline.day)


def _late(report: ComplianceReport) -> Sheet:
    rows: list[Sequence[Cell]] = [
        (*_head(item), str(item.published_on or ""), item.days_late, STANDINGS[item.standing], _certain(item))
        for item in report.late
    ]
    columns = (("报送日期", 12), ("迟报工作日", 11), ("状态", 14), ("期限推算", 12))
    return Sheet("迟报", (*_PUBLICATION, *columns), rows)


def _certain(item: Judged) -> str:
    return "" if item.deadline.certain else "按周末推算"


def _rejected(report: ComplianceReport) -> Sheet:
    rows = [(*_head(item), shown(item.reason)) for item in report.rejected]
    return Sheet("被退回", (*_PUBLICATION, ("退回原因", 50)), rows)


def _series(report: ComplianceReport) -> Sheet:
    rows: list[Sequence[Cell]] = []
    for one in report.series:
        found = one.found
        head: tuple[Cell, ...] = (
            shown(found.organ),
            _title(one),
            str(found.year),
            one.begins,
            str(found.last),
        )
        counts = (found.expected, found.missing, share(found.missing_rate))
        if not one.missing:
            rows.append((*head, *counts))
        rows += [(*head, *counts, gap.text, gap.count, gap.quarantined) for gap in one.missing]
    columns = (
        *(("决定机关", 24), ("文号系列", 24), ("年份", 8), ("起始号", 18), ("最大号", 8)),
        *(("应有文号", 10), ("缺号", 8), ("漏报率", 9), ("缺少的文号", 44), ("个数", 8), ("其中在隔离区", 13)),
    )
    return Sheet("漏报", columns, rows)


def _title(one: SeriesView) -> str:
    """A gap among licence numbers is a missing decision once more: it bears the other out and counts nothing."""
    return one.found.series.title if one.counts else f"{one.found.series.title}（旁证）"


def _promises(report: ComplianceReport) -> Sheet:
    rows: list[Sequence[Cell]] = []
    for found in report.promises:
        head = (
            found.promise.title,
            found.kept,
            len(found.late),
            share(found.rate),
            found.undated,
            found.backwards,
        )
        if not found.late:
            rows.append(head)
        for case in found.late:
            days = (str(case.began), str(case.ended), str(case.deadline.day), case.days_late)
            rows.append((*head, shown(case.number), shown(case.subject), *days))
    columns = (
        *(("承诺", 26), ("按期", 8), ("超期", 8), ("按期办结率", 11), ("未填受理日期", 13), ("受理晚于决定", 13)),
        *(
            ("超期文号", 30),
            ("行政相对人", 36),
            ("受理日期", 12),
            ("决定日期", 12),
            ("期限", 12),
            ("超期工作日", 11),
        ),
    )
    return Sheet("承诺时限", columns, rows)


def _formulas(report: ComplianceReport) -> Sheet:
    rows = list(RATES.items())
    rows += [(report.term.title, f"{report.term.working_days} 个工作日。{report.term.basis}")]
    rows += [(f.promise.title, f"{f.promise.working_days} 个工作日。{f.promise.basis}") for f in report.promises]
    return Sheet("口径", (("指标", 26), ("公式与依据", 110)), rows)
