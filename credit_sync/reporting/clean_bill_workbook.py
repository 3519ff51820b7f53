"""The clean-bill list as a workbook."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from credit_sync.reporting.clean_bill_views import CLEAN, CleanBill, Line
from credit_sync.reporting.labels import OUTCOMES, age
from credit_sync.reporting.sheets import Cell, Sheet, workbook

_APPLICANT = (
    *(
        ("申报编号", 20),
        ("申报名称", 40),
        ("处室", 18),
        ("阶段", 12),
        ("申报主体", 30),
        ("角色", 14),
        ("主体号码", 38),
    ),
    *(("结果", 14), ("说明", 70), ("比对时间", 17)),
)


def clean_bill_workbook(bill: CleanBill) -> bytes:
    """The document as XLSX."""
    sheets = (
        _summary(bill),
        Sheet("无预警名单", _APPLICANT, _rows(bill.clean)),
        Sheet("不能出具", _APPLICANT, _rows(bill.others)),
        _delivered(bill),
    )
    title = f"无预警名单 {bill.selection.title}"
    footer = f"{bill.at:%Y-%m-%d} 摘要 {bill.digest[:16]}"
    return workbook(title, company=bill.organ, created=bill.at, sheets=sheets, footer=footer)


def _rows(lines: Iterable[Line]) -> list[Sequence[Cell]]:
    return [
        (
            *(line.application, line.title, line.department, line.stage, line.name, line.role),
            *("\n".join(line.numbers), OUTCOMES[line.outcome], line.why),
            _at(line.screened_at),
        )
        for line in lines
    ]


def _summary(bill: CleanBill) -> Sheet:
    rows: list[tuple[str, Cell, str]] = [
        ("范围", bill.selection.title, ""),
        ("签发人", bill.who, ""),
        ("签发时间", f"{bill.at:%Y-%m-%d %H:%M:%S}", ""),
        ("内容摘要（SHA-256）", bill.digest, "留痕记录中有同一摘要"),
        ("申报主体", len(bill.lines), "每一个都在“无预警名单”或“不能出具”中"),
        ("列入无预警名单", len(bill.clean), "名单缺失、过期或未采用，不能出具" if bill.blocked else ""),
        *(
            (OUTCOMES[outcome], number, "列入" if outcome in CLEAN else "不能出具")
            for outcome, number in bill.counts.items()
        ),
        ("隔离区的行", bill.quarantined, "来源中未能读取，不在以上数内" if bill.quarantined else ""),
    ]
    return Sheet("概况", (("项目", 26), ("内容", 70), ("说明", 46)), rows)


def _delivered(bill: CleanBill) -> Sheet:
    columns = (("名单 / 来源", 40), ("版本", 20), ("取数时间", 17), ("距今", 12), ("在册", 12), ("状态", 60))
    rows: list[Sequence[Cell]] = [
        (
            *(found.title, found.versions, _at(found.pulled_at)),
            *("—" if found.age_days is None else age(found.age_days), found.live, found.warning or "有效"),
        )
        for found in bill.lists
    ]
    rows += [
        (f"{source.title}（{source.name}）", "—", _at(source.pulled_at), "—", "—", source.state)
        for source in bill.sources
    ]
    return Sheet("名单和申报信息", columns, rows)


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "—"
