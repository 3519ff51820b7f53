"""The workbook of the flagged-applicants report: what its sheets hold, cell by cell."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from credit_sync.reporting import labels
from credit_sync.reporting.flag_views import VERDICT_ORDER, FlagView
from credit_sync.reporting.flagged_changes import changes_by_kind
from credit_sync.reporting.flagged_views import ApplicationHead, FlaggedReport
from credit_sync.reporting.review_views import ReviewView
from credit_sync.reporting.sheets import Cell, Sheet, workbook
from credit_sync.screening.decisions import State
from credit_sync.screening.faces import Via

FLAG, CONCLUSION, REASON, TEXT, TOKEN = "预警编号", "复核结论", "复核理由", "复核说明", "复核标识（勿改）"
"""Titles of the columns that `review import` reads; the last one is hidden."""
REASONS_SHEET = "复核理由"


def flagged_workbook(report: FlaggedReport) -> bytes:
    """The report as XLSX; officers fill in the columns of conclusions, `review import` reads them."""
    day = f"{report.as_of:%Y-%m-%d}"
    title, sheets = f"申报主体信用预警报告 {day}", flagged_sheets(report)
    return workbook(title, company=report.department, created=report.as_of, sheets=sheets, footer=day)


def flagged_sheets(report: FlaggedReport) -> tuple[Sheet, ...]:
    """The sheets in their order."""
    makers = (_summary, _changes, _flags, _entries, _unverifiable, _dismissed, _closed, _reasons)
    return tuple(make(report) for make in makers)


def _summary(report: FlaggedReport) -> Sheet:
    counts = report.accounted
    lines: list[tuple[str, str, Cell, str]] = [
        ("报告", "日期", f"{report.as_of:%Y-%m-%d %H:%M}", ""),
        ("报告", "与之相比", f"{report.previous:%Y-%m-%d %H:%M}" if report.previous else "首份报告", ""),
        ("比对", "应比对的申报主体", counts.total, ""),
        ("比对", "已比对", counts.screened, ""),
        ("比对", "未比对", counts.unscreened, "不能视为通过" if counts.unscreened else ""),
        ("比对", "当日没有重新比对", counts.late, ""),
        *(
            ("比对", labels.VERDICTS[verdict], counts.verdicts[verdict], "主体数，只按最重的计")
            for verdict in reversed(counts.verdicts)
        ),
        *(("预警", labels.VERDICTS[verdict], report.count(verdict), "") for verdict in VERDICT_ORDER),
        ("预警", "经名单单位的法定代表人", report.represented, "列入名单的是单位，不是申报主体本人"),
        ("预警", "涉及申报", len(report.applications), ""),
        ("预警", "新增", report.news("新增"), ""),
        ("预警", "有变化", report.news("有变化"), ""),
        ("预警", "重新打开", report.news("重新打开"), ""),
        ("预警", "待复核", report.waiting, "含待第二人复核的"),
        ("预警", "已维持", sum(f.review.state is State.UPHELD for f in report.flags), ""),
        ("预警", "已排除", len(report.dismissed), "证据变化前不再提示"),
        ("预警", "已关闭", len(report.closed), ""),
    ]
    for found in report.lists:
        when = f"{found.pulled_at:%Y-%m-%d %H:%M} 取数" if found.pulled_at else "从未取数"
        lines.append(("名单", found.title, found.live, f"{found.versions}，{when}"))
        if found.warning:
            lines.append(("名单", found.title, "不能放行", found.warning))
    return Sheet("概况", (("类别", 10), ("项目", 30), ("数值", 18), ("说明", 60)), lines)


_HEAD = (("系统", 26), ("申报编号", 20), ("申报名称", 36), ("类型", 6), ("年度", 7), ("阶段", 12), ("处室", 16))


def _head(head: ApplicationHead) -> tuple[str, ...]:
    year = str(head.year) if head.year else ""
    return head.system, head.number, head.title, head.kind, year, head.stage, head.department


def _changes(report: FlaggedReport) -> Sheet:
    columns = (
        ("变化", 10),
        (FLAG, 9),
        *_HEAD,
        ("申报主体", 28),
        ("角色", 14),
        ("名单", 20),
        ("时间", 17),
        ("说明", 70),
    )
    rows = [
        (
            *(
                change.kind,
                str(change.number),
                *_head(change.head),
                change.applicant,
                change.role,
                f"{change.list_title}（经法定代表人）" if change.represented else change.list_title,
            ),
            *(f"{change.at or report.as_of:%Y-%m-%d %H:%M}", "\n".join(change.said)),
        )
        for changes in changes_by_kind(report).values()
        for change in changes
    ]
    return Sheet("变化", columns, rows)


def _flags(report: FlaggedReport) -> Sheet:
    columns = (
        *((FLAG, 9), ("变化", 8), ("判定", 7), ("可能性", 9)),
        *_HEAD,
        *(("申报主体", 28), ("角色", 14), ("主体号码", 36), ("名单", 20), ("名单所列", 28), ("名单号码", 36)),
        ("关联方式", 22),
        *(
            ("条目数", 7),
            ("案号/文号", 30),
            ("证据", 60),
            ("已不计入的条目", 40),
            ("措施", 9),
            ("措施名称", 20),
            ("措施内容", 40),
            ("依据", 36),
        ),
        ("发现日期", 12),
        *_REVIEW,
    )
    rows: list[Sequence[Cell]] = [
        (
            *(str(f.number), f.news, labels.VERDICTS[f.verdict], labels.percent(f.probability)),
            *_head(application.head),
            *(f.applicant.name, f.role, "\n".join(f.applicant.numbers), f.list_title),
            *(f.listed.name, "\n".join(f.listed.numbers), _tie(f)),
            *(len(f.entries), "\n".join(e.number for e in f.entries if e.number), _evidence(f)),
            "\n".join(f.left),
            *(labels.EFFECTS[f.measure.effect], f.measure.title, f.measure.text, f.measure.basis),
            f"{f.opened_at:%Y-%m-%d}",
            *_review(f.review),
        )
        for application in report.applications
        for f in application.flags
    ]
    return _to_fill_in(columns, rows, report)


_REVIEW = (("复核状态", 12), ("复核经过", 36), (CONCLUSION, 10), (REASON, 36), (TEXT, 36), (TOKEN, 10))


def _to_fill_in(
    columns: tuple[tuple[str, int], ...], rows: Sequence[Sequence[Cell]], report: FlaggedReport
) -> Sheet:
    """The sheet with the columns of conclusions, offered as lists."""
    choices: Mapping[str, Sequence[str] | str] = {
        CONCLUSION: list(labels.CONCLUSIONS.values()),
        REASON: f"='{REASONS_SHEET}'!$B$2:$B${len(report.reasons) + 1}",
    }
    return Sheet("预警", columns, rows, choices, hidden=frozenset({TOKEN}))


def _review(view: ReviewView) -> tuple[str, ...]:
    return view.title, view.sentence, view.conclusion, view.reason, view.text, view.token


def _tie(flag: FlagView) -> str:
    if flag.representative is None:
        return labels.VIA[Via.SUBJECT]
    return f"{labels.VIA[Via.LEGAL_REPRESENTATIVE]} {flag.representative.name}"


def _evidence(flag: FlagView) -> str:
    return "\n".join(f"{e.title}（{labels.weight(e.bits)}）{e.sentence}" for e in flag.evidence)


def _entries(report: FlaggedReport) -> Sheet:
    columns = (
        *(
            ("预警编号", 9),
            ("名单", 20),
            ("名单所列", 28),
            ("案号/文号", 28),
            ("法院/机关", 26),
            ("立案/列入", 12),
        ),
        *(("发布", 12), ("列入原因", 40), ("义务", 50), ("履行情况", 16), ("可能性", 9)),
    )
    rows = [
        (
            *(str(f.number), f.list_title, f.listed.name, e.number, e.organ),
            *(f"{e.listed_on or ''}", f"{e.published_on or ''}"),
            *(e.reason, e.duty, e.performance, labels.percent(e.probability)),
        )
        for f in report.flags
        for e in f.entries
    ]
    return Sheet("名单条目", columns, rows)


def _unverifiable(report: FlaggedReport) -> Sheet:
    columns = (*_HEAD, ("申报主体", 28), ("角色", 14), ("需补", 20), ("现有号码", 36), ("原因", 60))
    found = chain.from_iterable(group for _, group in report.by_reason)
    rows = [(*_head(u.head), u.applicant, u.role, u.missing, "\n".join(u.numbers), u.reason) for u in found]
    return Sheet("无法核实", columns, rows)


def _dismissed(report: FlaggedReport) -> Sheet:
    columns = (
        (FLAG, 9),
        *_HEAD,
        *(("申报主体", 28), ("角色", 14), ("名单", 20), ("名单所列", 28), ("判定", 8), ("可能性", 9)),
        ("复核经过", 60),
    )
    rows = [
        (
            *(str(f.number), *_head(head), f.applicant.name, f.role, f.list_title, f.listed.name),
            *(labels.VERDICTS[f.verdict], labels.percent(f.probability), f.review.sentence),
        )
        for head, f in report.dismissed
    ]
    return Sheet("已排除", columns, rows)


def _reasons(report: FlaggedReport) -> Sheet:
    columns = (("适用的结论", 12), ("理由", 60), ("须写说明", 10))
    rows = [
        (labels.CONCLUSIONS[reason.conclusion], reason.text, "是" if reason.explain else "")
        for reason in report.reasons
    ]
    return Sheet(REASONS_SHEET, columns, rows)


def _closed(report: FlaggedReport) -> Sheet:
    columns = (
        *_HEAD,
        ("申报主体", 28),
        ("角色", 14),
        ("名单", 20),
        ("关联方式", 12),
        ("原判定", 8),
        ("关闭日期", 12),
        ("原因", 50),
    )
    rows: Iterable[Sequence[Cell]] = (
        (
            *_head(c.head),
            *(c.applicant, c.role, c.list_title),
            labels.VIA[Via.LEGAL_REPRESENTATIVE if c.represented else Via.SUBJECT],
            *(labels.VERDICTS[c.verdict], f"{c.closed_at:%Y-%m-%d}", c.reason),
        )
        for c in report.closed
    )
    return Sheet("已关闭", columns, tuple(rows))
