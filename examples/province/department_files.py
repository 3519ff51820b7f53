"""The department's own tables, with the dirt that hands leave: full-width digits, stray blanks, five ways to write a
day. Each also holds rows that must end in quarantine.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from examples.province import numbers
from examples.province.applications import Application
from examples.province.decisions import InspectionResult, LicenceDecision, PatentDecision
from examples.province.dice import Dice
from examples.province.people import Person
from examples.province.sheets import Cell, Sheet, write_csv, write_xls, write_xlsx

_NOTES = [
    "填表说明：1.“决定日期”为许可决定作出之日。2.“有效期”自决定之日起五年。",
    "填表人：示例　　　审核人：示例",
]
_LICENCE_TITLES = [
    "序号", "单位名称", "统一社会信用代码", "法定代表人", "所在市", "许可证号", "文号", "办理事项", "适用范围",
    "受理日期", "决定日期", "有效期/自", "有效期/至", "状态", "备注",
]  # fmt: skip
_PLAIN_LICENCE_TITLES = [title.replace("/", "") for title in _LICENCE_TITLES]


def _day(dice: Dice, day: date, *, plain: bool = False) -> Cell:
    """A day, the way somebody typed it that morning; `plain` for files that know only text."""
    ways: list[Cell] = [
        f"{day:%Y-%m-%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    ]
    if not plain:
        ways += [day, day, day, (day - date(1899, 12, 30)).days, f"{day:%Y%m%d}"]
    return dice.pick(ways)


def _name(dice: Dice, name: str) -> str:
    if dice.chance(0.1):
        return f" {name}\u3000"
    return f"{name}\n" if dice.chance(0.05) else name


def _code(dice: Dice, code: str) -> str:
    if dice.chance(0.1):
        return numbers.full_width(code)
    return f"{code[:8]} {code[8:]}" if dice.chance(0.08) else code


def _licence_rows(dice: Dice, decisions: Sequence[LicenceDecision], *, plain: bool = False) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for serial, d in enumerate(decisions, 1):
        licence = d.licence.replace("(", "（").replace(")", "）") if dice.chance(0.3) else d.licence
        rows.append(
            [
                serial,
                _name(dice, d.holder.name),
                _code(dice, d.holder.uscc),
                d.holder.legal_representative,
                d.holder.place.city,
                licence,
                d.document,
                d.event,
                d.scope,
                _day(dice, d.accepted, plain=plain),
                _day(dice, d.decided, plain=plain),
                _day(dice, d.valid_from, plain=plain),
                _day(dice, d.valid_to, plain=plain),
                d.state,
                None,
            ]
        )
    return rows


def _spoilt(row: list[Cell], serial: int, **cells: Cell) -> list[Cell]:
    """A copy of a row with other content in some columns."""
    fresh = dict(zip(_PLAIN_LICENCE_TITLES, row, strict=True)) | {"序号": serial} | cells
    return list(fresh.values())


def write_licences(folder: Path, production: Sequence[LicenceDecision], use: Sequence[LicenceDecision]) -> None:
    """Production licences as XLSX; use licences of the year as XLSX, and a branch office's CSV in GB18030."""
    dice = Dice("licence files")
    rows = _licence_rows(dice, production)
    rows.append(_spoilt(rows[0], len(rows) + 1, 文号="皖科动许产〔2018〕901号", 决定日期="2018年13月45日"))
    rows.append(_spoilt(rows[1], len(rows) + 1, 文号=None))
    above = ["安徽省实验动物生产许可证发放登记表", "填报单位：示例处室　　　填报日期：2018年11月30日"]
    write_xlsx(folder / "production_2018.xlsx", Sheet("生产许可", above, _LICENCE_TITLES, rows, _NOTES))

    late = [d for d in use if d.decided >= date(2018, 4, 1)]
    early = [d for d in use if d.decided < date(2018, 4, 1)]
    rows = _licence_rows(dice, late)
    wrong = numbers.wrong_check(late[0].holder.uscc)
    rows.append(_spoilt(rows[0], len(rows) + 1, 文号="皖科动许用〔2018〕901号", 统一社会信用代码=wrong))
    above = ["安徽省实验动物使用许可证发放登记表"]
    write_xlsx(folder / "use_2018.xlsx", Sheet("使用许可", above, _LICENCE_TITLES, rows, _NOTES))
    rows = _licence_rows(dice, early, plain=True)
    rows.append(_spoilt(rows[0], len(rows) + 1, 文号="皖科动许用〔2018〕902号", 有效期至=None))
    rows.append([*_spoilt(rows[1], len(rows) + 1, 文号="皖科动许用〔2018〕903号"), "见", "附件"])
    above = ["实验动物使用许可证一季度台账"]
    write_csv(folder / "use_2018q1.csv", Sheet("", above, _PLAIN_LICENCE_TITLES, rows, _NOTES[:1]), "gb18030")


_PENALTY_TITLES = [
    "序号", "决定书文号", "案件类型", "当事人", "统一社会信用代码/身份证号", "法定代表人", "违法行为类型", "违法事实",
    "处罚依据", "处罚类别", "处罚内容", "罚款金额（元）", "没收违法所得（元）", "决定日期", "处罚有效期", "备注",
]  # fmt: skip


def write_penalties(folder: Path, decisions: Sequence[PatentDecision]) -> None:
    """Patent decisions: an XLS workbook of the year, and an export in UTF-8 with byte order mark."""
    dice = Dice("penalty files")
    rows = [_penalty_row(dice, serial, d) for serial, d in enumerate(decisions, 1)]
    half = len(rows) // 2
    undated = [*rows[0][:1], "皖知法处字〔2018〕901号", *rows[0][2:]]
    undated[13] = None
    above = ["专利行政执法案件登记表（2018年）"]
    write_xls(
        folder / "cases_2018_1.xls", Sheet("案件", above, _PENALTY_TITLES, [*rows[:half], undated], _NOTES[1:])
    )
    worded = [*rows[half][:1], "皖知法处字〔2018〕902号", *rows[half][2:]]
    worded[11] = "伍仟元整"
    write_csv(folder / "cases_2018_2.csv", Sheet("", [], _PENALTY_TITLES, [*rows[half:], worded]), "utf-8-sig")


def _penalty_row(dice: Dice, serial: int, d: PatentDecision) -> list[Cell]:
    is_person = isinstance(d.party, Person)
    number = d.party.citizen_id if isinstance(d.party, Person) else d.party.uscc
    representative = None if isinstance(d.party, Person) else d.party.legal_representative
    return [
        serial,
        d.document,
        d.nature,
        _name(dice, d.party.name),
        number if is_person else _code(dice, number),
        representative,
        d.violation,
        d.facts,
        d.basis,
        d.category,
        d.content,
        f"{d.fine:,}" if d.fine >= 1000 and dice.chance(0.3) else d.fine or None,
        d.confiscated or None,
        _day(dice, d.decided, plain=True),
        "长期" if dice.chance(0.2) else f"{d.decided.replace(year=d.decided.year + 1):%Y-%m-%d}",
        None,
    ]


def write_inspections(
    folder: Path, visits: Sequence[InspectionResult], samples: Sequence[InspectionResult]
) -> None:
    """Visits as CSV, samples as XLSX."""
    dice = Dice("inspection files")
    titles = ["编号", "被检查单位", "统一社会信用代码", "检查日期", "检查事项", "检查结果", "检查机关"]
    rows = [_inspection_row(dice, found, "安徽省科学技术厅", plain=True) for found in visits]
    rows.append([*rows[0][:1], None, *rows[0][2:]])
    write_csv(folder / "supervision_2018.csv", Sheet("", [], titles, rows), "utf-8-sig")
    titles = ["编号", "被抽检单位", "统一社会信用代码", "抽检日期", "抽检项目", "抽检结果", "检测机构"]
    rows = [_inspection_row(dice, found, "安徽省实验动物质量检测站（示例）") for found in samples]
    rows.append(["CJ2018-901", *rows[0][1:3], "二〇一八年春", *rows[0][4:]])
    above = ["实验动物质量抽检结果汇总表"]
    write_xlsx(folder / "quality_2018.xlsx", Sheet("抽检", above, titles, rows, _NOTES[1:]))


def _inspection_row(dice: Dice, found: InspectionResult, organ: str, *, plain: bool = False) -> list[Cell]:
    day = _day(dice, found.day, plain=plain)
    return [found.number, found.unit.name, _code(dice, found.unit.uscc), day, found.subject, found.result, organ]


_OFFLINE_TITLES = [
    "序号", "项目编号", "项目名称", "申报单位", "申报单位统一社会信用代码", "法定代表人", "合作单位",
    "合作单位统一社会信用代码", "项目负责人", "性别", "身份证号", "归口处室", "推荐单位", "年度",
]  # fmt: skip


def write_offline(folder: Path, projects: Sequence[Application]) -> None:
    """Recommended projects: one row holds the applying unit, the cooperating unit if any, and the leader."""
    rows: list[list[Cell]] = []
    for serial, project in enumerate(projects, 1):
        unit, leader = project.units[0].applied, project.people[0].applied
        other = project.units[1].applied if len(project.units) > 1 else None
        rows.append(
            [
                serial,
                project.number,
                project.title,
                unit.name,
                unit.identifier,
                unit.legal_representative,
                other.name if other else None,
                other.identifier if other else None,
                leader.name,
                leader.sex,
                leader.identifier,
                project.department,
                f"{unit.region}科学技术局",
                2018,
            ]
        )
    above = ["2018年度长三角科技联合攻关项目推荐汇总表"]
    write_xlsx(folder / "recommended_2018.xlsx", Sheet("汇总表", above, _OFFLINE_TITLES, rows, _NOTES[1:]))
