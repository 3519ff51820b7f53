"""The monthly summary of joint punishment as a workbook: one sheet per part."""

from collections.abc import Sequence

from credit_sync.reporting.labels import CONCLUSIONS, EFFECTS, VERDICTS, share
from credit_sync.reporting.monthly_views import MonthFlags, MonthlyReport
from credit_sync.reporting.sheets import Cell, Sheet, workbook

_FLAGS = (
    *(("新增", 8), ("变更", 8), ("关闭", 8), ("重新打开", 10), ("作出结论", 10), ("维持", 8), ("排除", 8)),
    *(
        ("按期复核率", 11),
        ("月末预警", 10),
        ("待复核", 9),
        ("其中逾期", 10),
        ("已维持", 9),
        ("已排除", 9),
        ("复核率", 9),
    ),
)


def monthly_workbook(report: MonthlyReport) -> bytes:
    """The summary as XLSX."""
    title = f"联合惩戒月报 {report.month}"
    makers = (_summary, _tallies, _trend, _reasons, _measures, _lists, _overdue)
    sheets = [make(report) for make in makers]
    return workbook(title, company=report.organ, created=report.at, sheets=sheets, footer=title)


def _cells(found: MonthFlags) -> tuple[Cell, ...]:
    return (
        *(found.opened, found.changed, found.closed, found.reopened),
        *(found.decided, found.newly_upheld, found.newly_dismissed, share(found.timely)),
        *(found.standing, found.waiting, found.overdue, found.upheld, found.dismissed, share(found.reviewed)),
    )


def _summary(report: MonthlyReport) -> Sheet:
    before, then = report.before, report.screenings_before
    now = report.screenings
    rows: list[tuple[str, Cell, Cell]] = [
        ("统计到", f"{report.at:%Y-%m-%d %H:%M}", ""),
        ("比对次数", now.count, then.count if then else ""),
        ("申报主体", now.applicants, then.applicants if then else ""),
    ]
    rows += [(VERDICTS[v], n, then.verdicts[v] if then else "") for v, n in now.verdicts.items()]
    cells_before = _cells(before) if before else ("",) * len(_FLAGS)
    rows += [
        (f"预警：{title}", cell, other)
        for (title, _), cell, other in zip(_FLAGS, _cells(report.flags), cells_before, strict=True)
    ]
    if report.term:
        rows.append((report.term.title, f"{report.term.working_days} 个工作日", ""))
    return Sheet("概况", (("项目", 24), (f"{report.month}", 20), (f"{report.month.earlier(1)}", 20)), rows)


def _tallies(report: MonthlyReport) -> Sheet:
    rows = [(by, line.title, *_cells(line.flags)) for by, lines in report.tallies.items() for line in lines]
    return Sheet("分类", (("按", 8), ("项目", 36), *_FLAGS), rows)


def _trend(report: MonthlyReport) -> Sheet:
    nothing: tuple[Cell, ...] = ("尚未启用", *[""] * (len(_FLAGS) - 1))
    rows = [(str(month), *(_cells(found) if found else nothing)) for month, found in report.trend]
    return Sheet("近十二个月", (("月份", 10), *_FLAGS), rows)


def _reasons(report: MonthlyReport) -> Sheet:
    rows: list[Sequence[Cell]] = [
        (CONCLUSIONS[r.conclusion], r.reason, r.count, f"{r.median_days:.1f}", f"{r.longest_days:.1f}")
        for r in report.reasons
    ]
    columns = (("结论", 8), ("理由", 50), ("条数", 8), ("用时中位数（天）", 16), ("最长（天）", 12))
    return Sheet("复核结论", columns, rows)


def _measures(report: MonthlyReport) -> Sheet:
    rows = [(EFFECTS[m.effect], m.list_title, m.newly, m.in_force) for m in report.measures]
    return Sheet("措施", (("措施", 12), ("名单", 36), ("本月维持", 10), ("月末有效", 10)), rows)


def _lists(report: MonthlyReport) -> Sheet:
    rows: list[Sequence[Cell]] = [
        (
            *(found.title, found.source, found.accepted, found.refused, str(found.last_version or "")),
            f"{found.pulled_at:%Y-%m-%d %H:%M}" if found.pulled_at else "从未取数",
            *(found.before, found.came, found.went, found.live),
        )
        for found in report.lists
    ]
    columns = (
        *(("名单", 30), ("来源", 24), ("采用版本", 10), ("未采用", 8), ("最后版本", 10), ("取数时间", 17)),
        *(("月初在册", 10), ("新增", 8), ("移出", 8), ("月末在册", 10)),
    )
    return Sheet("名单", columns, rows)


def _overdue(report: MonthlyReport) -> Sheet:
    rows: list[Sequence[Cell]] = [
        (
            *(str(o.number), o.applicant, o.application, o.department, o.list_title),
            *(f"{o.waits_from:%Y-%m-%d}", str(o.deadline), o.days_late),
        )
        for o in report.overdue
    ]
    columns = (
        *(("预警编号", 10), ("申报主体", 30), ("申报编号", 20), ("处室", 18), ("名单", 24)),
        *(("待复核起", 12), ("期限", 12), ("逾期工作日", 12)),
    )
    return Sheet("逾期未复核", columns, rows)
