"""planted.toml: the planted cases and spoilt rows, for the tests and for people who want to find them."""

from pathlib import Path

from examples.province.applications import AWARD_SYSTEM, PROJECT_SYSTEM, Application, Participant
from examples.province.cases import Case

_HEAD = """\
# Written by `python -m examples.make`; README.md tells the same in prose.
# [[case]]: an applicant, an entry of a list, and the verdicts that screening may give the pair. `clear`: no match
# with this entry. Everything else in the examples must be clear. [[quarantine]]: rows that must not become records;
# `reason` is part of the reason given, `field` the field it is about ('' for a row that could not be taken apart).
# [[doubt]]: rows that become records without a field that could not be read.
# [[asked]]: applicants and their verdicts once the list that can only be asked is configured as well.
"""

_QUARANTINE = [
    ("production_licences", "decided_on", "日期", "决定日期写作 2018年13月45日"),
    ("production_licences", "document_number", "缺少", "没有决定书文号"),
    ("use_licences", "uscc", "校验", "统一社会信用代码校验位错误"),
    ("use_licences", "valid_to", "缺少", "没有有效期至"),
    ("use_licences", "", "列", "多出两列，分不清各列"),
    ("patent_decisions", "decided_on", "缺少", "没有决定日期"),
    ("patent_decisions", "fine_yuan", "金额", "罚款金额写作“伍仟元整”"),
    ("supervision_inspections", "name", "缺少", "没有被检查单位"),
    ("quality_inspections", "inspected_on", "日期", "抽检日期写作“二〇一八年春”"),
    ("dishonest_debtors", "name", "缺少", "被执行人没有姓名"),
    ("abnormal_operations", "", "字段", "应为一行的地方是一句话"),
    ("serious_violations", "name", "缺少", "没有企业名称"),
    ("science_management", "name", "缺少", "项目组成员没有姓名"),
    ("science_management", "role", "角色", "角色“技术顾问”不在对照表中"),
    ("award_system", "name", "缺少", "完成人没有姓名"),
]
"""Source, field, part of the reason, what is wrong with the row."""

_DOUBTS = [("abnormal_operations", "listed_on", "日期", "列入日期是 2018-02-30")]
"""The same: a list entry is not lost for such a field, for then its subject would be cleared."""


Asked = tuple[str, Application, Participant, list[str], str]
"""Id, the applicant's application and place in it, verdicts, and why, of a list that can only be asked."""


def write_planted(path: Path, cases: list[Case], where: dict[str, Application], asked: list[Asked]) -> None:
    """Writes the file. Numbers of persons are not repeated in it."""
    blocks = [_HEAD]
    for case in cases:
        award = case.applied.role.startswith("主要完成")
        blocks.append(
            _table(
                "case",
                id=case.id,
                system=AWARD_SYSTEM if award else PROJECT_SYSTEM,
                application=where[case.id].number,
                role=case.applied.role,
                name=case.applied.name,
                list=case.listed.list,
                number=case.listed.number,
                listed_name=case.listed.name,
                expect=list(case.expect),
                why=case.why,
            )
        )
    blocks += [_table("quarantine", source=s, field=f, reason=r, why=w) for s, f, r, w in _QUARANTINE]
    blocks += [_table("doubt", source=s, field=f, reason=r, why=w) for s, f, r, w in _DOUBTS]
    blocks += [
        _table(
            "asked", id=i, application=a.number, name=p.applied.name, list="research_misconduct", expect=e, why=w
        )
        for i, a, p, e, w in asked
    ]
    path.write_text("\n".join(blocks), encoding="utf-8", newline="\n")


def _table(table: str, /, **values: str | list[str]) -> str:
    lines = "".join(f"{key} = {_written(value)}\n" for key, value in values.items())
    return f"[[{table}]]\n{lines}"


def _written(value: str | list[str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    escaped = "".join(c if c.isprintable() or c == "\u3000" else f"\\u{ord(c):04x}" for c in value)
    return '"' + escaped.replace('"', '\\"') + '"'
