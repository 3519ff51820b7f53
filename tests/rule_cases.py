"""For every rule of validation: rows and sheets that break it, and near ones that just do not."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credit_sync.publishing.rows import published_row
from credit_sync.publishing.rules import RuleCode
from credit_sync.publishing.standard import Row
from credit_sync.publishing.values import Published
from credit_sync.subjects.identifiers import citizen_id, organisation_code
from tests.publishing import (
    DEPARTMENT,
    EDITION_2018,
    LICENCE,
    ORGANISATION,
    PENALTY,
    PERSON,
    REPORTING,
    TRADER,
    code,
)

ID = PERSON.identifiers[0].value
WRONG_ID = ID[:17] + ("0" if ID[17] != "0" else "1")
UNBORN = "34010020990101001"
CODE = ORGANISATION.identifiers[0].value
WRONG_CODE = CODE[:17] + ("0" if CODE[17] != "0" else "1")
OTHER_CODE = code("91340100MA2TUXY34").value
NO_CODE = "0" * 17 + "X"
INNER = "MA2TUXY1" + organisation_code.check_character("MA2TUXY1")
WHOLE = code("91340100" + INNER).value
"""A code with a right organisation code inside."""
ORGAN, COMPANY = DEPARTMENT.uscc, OTHER_CODE

PERSON_PENALTY = replace(PENALTY, subject=PERSON)
TRADER_LICENCE = replace(LICENCE, subject=TRADER)


def row_of(record: Published, changes: Row) -> Row:
    """A row of the 2018 standard, changed."""
    row = published_row(record, EDITION_2018, REPORTING)
    assert changes.keys() <= row.keys()
    return row | changes


@dataclass(frozen=True)
class Case:
    """One row. `near` is another that must not break the rule."""

    rule: RuleCode
    field: str
    record: Published
    changes: Row
    near: Row

    def __str__(self) -> str:
        return f"{self.rule}-{self.field}-{next(iter(self.changes.values()), '')[:12]!r}"


def _l(rule: RuleCode, field: str, bad: str, near: str, **others: str) -> Case:
    return Case(rule, field, LICENCE, others | {field: bad}, others | {field: near})


def _p(rule: RuleCode, field: str, bad: str, near: str, **others: str) -> Case:
    return Case(rule, field, PENALTY, others | {field: bad}, others | {field: near})


def _person(rule: RuleCode, field: str, bad: str, near: str, **others: str) -> Case:
    return Case(rule, field, PERSON_PENALTY, others | {field: bad}, others | {field: near})


CELLS = [
    _l("required", "XK_WSH", "", "1"),
    _l("required", "XK_WSH", "  ", "1"),
    _p("required", "CF_YXQ", "", "2099/12/31"),
    _l("required_when", "XK_XDR_SHXYM", "", CODE),
    _l("required_when", "XK_FR_ZJLX", "", "身份证", XK_FR_ZJHM=ID),
    _l("required_when", "XK_FR_ZJHM", "", ID, XK_FR_ZJLX="身份证"),
    Case("required_when", "XK_FRDB", TRADER_LICENCE, {"XK_FRDB": ""}, {"XK_FRDB": "程砚秋"}),
    _p("required_when", "CF_NR_FK", "", "0.4"),
    _p("required_when", "CF_NR_WFFF", "", "0.2"),
    _p(
        "required_when",
        "CF_NR_ZKDX",
        "",
        "SYXK(皖)2018-001",
        CF_CFLB="罚款;没收违法所得、没收非法财物;吊销许可证件",
    ),
    _person("required_when", "CF_XDR_ZJHM", "", ID),
    _person("must_be_blank", "CF_XDR_SHXYM", CODE, ""),
    _l("must_be_blank", "XK_XDR_ZJHM", ID, ""),
    _l("placeholder", "XK_XKWS", "无", "无偿使用许可决定书"),
    _l("placeholder", "XK_XDR_SHXYM", "/", CODE),
    _l("placeholder", "XK_JDRQ", "1900/01/01", "2004/07/01"),
    _l("placeholder_optional", "BZ", "暂无", "暂无其他情况"),
    _l("length", "XK_NR", "字" * 4001, "字" * 4000),
    _l("length", "XK_WSH", "号" * 65, "𠮷" * 64),
    _l("list", "XK_XKLB", "一般", "普通"),
    _l("list", "XK_XKLB", "其他", "其他-补发"),
    _l("list", "XK_XKLB", "其他-", "其他（补发）"),
    _l("list", "XK_ZT", "0", "2"),
    _p("list", "CF_CFLB", "没收违法所得、没收非法财物;罚款;鞭刑", "没收违法所得、没收非法财物;罚款;警告"),
    _p("list", "CF_CFLB", "没收违法所得、没收非法财物;罚款；警告", "没收违法所得、没收非法财物;罚款"),
    _l("forbidden_character", "XK_XDR_MC", "合肥<青檀>公司", "合肥（青檀）公司"),
    _l("forbidden_character", "XK_NR", "第一行\n第二行", "第一行 第二行"),
    _l("forbidden_character", "XK_NR", "看不见\u200b的", "看得见的"),
    _l("forbidden_character", "XK_NR", "&#183;", "A&B; C"),
    _l("forbidden_character", "XK_FRDB", "程\ue123秋", "程𠮷秋"),
    _l("forbidden_character", "XK_FRDB", "程□秋", "程口秋"),
    _l("forbidden_character", "XK_FRDB", "程\ufffd秋", "程·秋"),
    _l("question_mark", "XK_FRDB", "程?秋", "程砚秋"),
    _l("surrounding_blanks", "XK_WSH", " 皖科动许〔2018〕1号", "皖科动许 〔2018〕 1号"),
    _l("surrounding_blanks", "XK_JDRQ", "2018/11/26　", "2018/11/26"),
    _l("date_notation", "XK_JDRQ", "2018-11-26", "2018/11/26"),
    _l("date_format", "XK_JDRQ", "2018/2/30", "2018/02/28"),
    _l("date_notation", "XK_JDRQ", "2018/11/6", "2018/11/06"),
    _l("date_notation", "XK_JDRQ", "20181106", "2018/11/06"),
    _l("date_notation", "XK_JDRQ", "2018年11月6日 10:30", "2018/11/06"),
    _l("date_format", "XK_JDRQ", "2018/11/06 上午", "2018/11/06 10:30:00"),
    _l("date_order", "XK_YXQZI", "2018/11/25", "2018-11-26"),
    _l("date_format", "XK_JDRQ", "43430", "2018/11/26"),
    _p("date_format", "CF_YXQ", "无处罚期限", "2099/12/31"),
    _l("date_future", "XK_JDRQ", "2018/12/01", "2018/11/30", XK_YXQZI="2099/12/31"),
    _l("date_too_early", "XK_JDRQ", "2004/06/30", "2004/07/01"),
    _p("date_too_early", "CF_JDRQ", "1996/09/30", "1996/10/01"),
    _l("date_order", "XK_YXQZI", "2018/11/25", "2018/11/26"),
    _l("date_order", "XK_YXQZI", "2018/11/25", "2018/11/26", XK_YXQZ="2018/11/20"),
    _p("date_order", "CF_GSJZQ", "2018/11/25", "2018/11/26"),
    _l("long_term", "XK_YXQZI", "9999/12/31", "2099/12/31"),
    _l("long_term", "XK_YXQZI", "长期", "2099/12/31"),
    _l("long_term", "XK_YXQZI", "9999-12-31", "2099-12-31"),
    _p("amount", "CF_NR_FK", "4000元", "0.4"),
    _p("amount", "CF_NR_FK", "-1", "1"),
    _p("amount", "CF_NR_FK", "0.1234567", "0.123456"),
    _p("amount", "CF_NR_FK", "1234567890123", "123456789012.123456"),
    _p("amount", "CF_NR_FK", "1.23E+20", "12"),
    _p("amount_zero", "CF_NR_FK", "0.000000", "0.000001"),
    _p("amount_in_yuan", "CF_NR_FK", "4000", "0.4"),
    _p("amount_in_yuan", "CF_NR_FK", "18500.00", "1.85", CF_NR="罚款18,500元"),
    _p("amount_unlikely", "CF_NR_FK", "1000", "999.999999"),
    _l("uscc", "XK_XDR_SHXYM", WRONG_CODE, CODE),
    _l("uscc", "XK_XDR_SHXYM", CODE[:17], CODE),
    _l("uscc", "XK_XDR_SHXYM", "0" * 18, CODE),
    Case("uscc", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": NO_CODE}, {"XK_XDR_SHXYM": CODE}),
    Case("uscc", "XK_XDR_SHXYM", TRADER_LICENCE, {"XK_XDR_SHXYM": WRONG_CODE}, {"XK_XDR_SHXYM": NO_CODE}),
    _l("uscc", "XK_XKJGDM", NO_CODE, ORGAN),
    _l("organisation_code", "XK_XDR_ZZJG", "002986070", "00298607X"),
    _l("registration_number", "XK_XDR_GSZC", "110108000000017", "110108000000016"),
    _l("codes_disagree", "XK_XDR_ZZJG", "00298607X", INNER, XK_XDR_SHXYM=WHOLE),
    _l("code_writing", "XK_XDR_SHXYM", CODE.lower(), CODE),
    _l("code_writing", "XK_XDR_SHXYM", f"{CODE[:8]} {CODE[8:]}", CODE),
    _l("code_writing", "XK_XDR_ZZJG", f"{INNER[:8]}-{INNER[8]}", INNER, XK_XDR_SHXYM=WHOLE),
    _person("code_writing", "CF_XDR_ZJHM", "".join(chr(ord(c) + 0xFEE0) for c in ID), ID),
    _l("number_damaged", "XK_XDR_SHXYM", "9.13401E+17", CODE),
    _person("number_damaged", "CF_XDR_ZJHM", "3.401E+17", ID),
    _person("id_type", "CF_XDR_ZJHM", "E12345678", ID),
    _person("id_type", "CF_XDR_ZJHM", ID[:17], ID),
    _person("id_type", "CF_XDR_ZJHM", ID, "E12345678", CF_XDR_ZJLX="护照号"),
    _person("id_type", "CF_XDR_ZJHM", ID, "H12345678", CF_XDR_ZJLX="港澳居民来往内地通行证"),
    _person("id_number", "CF_XDR_ZJHM", WRONG_ID, ID),
    _person("id_number", "CF_XDR_ZJHM", ID[:6] + ID[8:17], ID),
    _person("id_number", "CF_XDR_ZJHM", UNBORN + citizen_id.check_digit(UNBORN), ID),
    _person("masked", "CF_XDR_ZJHM", "340100********0017", ID),
    _l("masked", "XK_XDR_SHXYM", "913401******TUXY12", CODE),
    _p("swapped", "CF_SJLYDM", DEPARTMENT.name, ORGAN, CF_SJLY=ORGAN),
    _l("swapped", "XK_XDR_SHXYM", "合肥青檀实验动物有限公司", CODE, XK_XDR_MC=CODE),
    _l(
        "several_subjects",
        "XK_XDR_MC",
        "合肥青檀实验动物（集团）公司、汪墨林",
        "合肥青檀（动物、饲料）有限公司",
    ),
    _l("organ_code", "XK_XKJGDM", COMPANY, ORGAN),
    _l(
        "organ_is_subject",
        "XK_XKJGDM",
        ORGAN,
        code("11340000MB0TUXY35").value,
        XK_XDR_SHXYM=ORGAN,
        XK_LYDWDM=code("11340000MB0TUXY35").value,
    ),
]
"""Rules of one row; `identifier_missing` needs another edition and is tried beside them."""


@dataclass(frozen=True)
class RowsCase:
    """Two rows of which the second breaks a rule; `near` is another second one."""

    rule: RuleCode
    field: str
    record: Published
    first: Row
    second: Row
    near: Row

    def __str__(self) -> str:
        return f"{self.rule}-{self.field}"


_NEW = {"XK_WSH": "皖科动许〔2018〕2号"}
_RENAMED = {"XK_XDR_MC": "合肥宣纸有限公司"}
ROWS = [
    RowsCase("document_repeated", "XK_WSH", LICENCE, {}, {}, _NEW),
    RowsCase("document_repeated", "XK_WSH", LICENCE, {}, {"XK_WSH": "皖科动许 [2018]１号"}, _NEW),
    RowsCase("document_conflict", "XK_WSH", LICENCE, {}, {"XK_NR": "普通环境"}, _NEW | {"XK_NR": "普通环境"}),
    RowsCase("document_conflict", "CF_WSH", PENALTY, {}, {"CF_SY": "另写"}, {"CF_WSH": "2"}),
    RowsCase("document_shared", "CF_WSH", PENALTY, {}, {"CF_XDR_SHXYM": OTHER_CODE}, {"CF_WSH": "2"}),
    RowsCase("document_shared", "XK_WSH", LICENCE, {}, {"XK_XKBH": "SCXK(皖)2018-001"}, _NEW),
    RowsCase("licence_number_taken", "XK_XKBH", LICENCE, {}, _NEW | {"XK_XDR_SHXYM": OTHER_CODE}, _NEW | _RENAMED),
    RowsCase(
        "licence_number_taken",
        "XK_XKBH",
        LICENCE,
        {},
        _NEW | {"XK_XDR_SHXYM": OTHER_CODE, "XK_XKBH": "SYXK（皖）2018-001"},
        _NEW
        | {
            "XK_XDR_SHXYM": OTHER_CODE,
            "XK_XKJG": "合肥市科学技术局",
            "XK_XKJGDM": code("11340100MB0TUXY35").value,
        },
    ),
    RowsCase(
        "organ_codes_differ",
        "XK_XKJGDM",
        LICENCE,
        {},
        _NEW | {"XK_XKJGDM": code("11340000MB0TUXY35").value},
        _NEW,
    ),
    RowsCase("organ_names_differ", "XK_LYDW", LICENCE, {}, _NEW | {"XK_LYDW": "省科技厅"}, _NEW),
]

Sheet = list[list[Any]]
CODES = [field.code for field in EDITION_2018.licence.fields]
TITLES = [field.title for field in EDITION_2018.licence.fields]
GOOD: Row = row_of(LICENCE, {"XK_FR_ZJLX": "身份证", "XK_FR_ZJHM": ID})
"""A licence with the number of its representative."""


def sheet(*changes: dict[str, Any], titles: list[str] = CODES) -> Sheet:
    """Titles and rows of licences; each changed, with a document number of its own."""
    rows: list[dict[str, Any]] = [
        {**GOOD, "XK_WSH": f"皖科动许〔2018〕{n}号", **changed} for n, changed in enumerate(changes, 1)
    ]
    by_title = dict(zip(TITLES, CODES, strict=True))
    return [list(titles), *([row.get(by_title.get(t, t), "") for t in titles] for row in rows)]


def without(*codes: str) -> list[str]:
    return [c for c in CODES if c not in codes]


@dataclass(frozen=True)
class SheetCase:
    """A sheet that breaks a rule and one that does not; `row` as the sheet numbers it."""

    rule: RuleCode
    field: str
    row: int
    bad: Sheet
    near: Sheet

    def __str__(self) -> str:
        return f"{self.rule}-{self.field}"


_MORNING = datetime(2018, 11, 26, 10, 30)
SHEETS = [
    SheetCase("stored_as_number", "XK_XDR_GSZC", 2, sheet({"XK_XDR_GSZC": 110108000000016}), sheet({"XK_XDR_GSZC": "110108000000016"})),
    SheetCase("number_damaged", "XK_XDR_SHXYM", 2, sheet({"XK_XDR_SHXYM": 913401000000000000}), sheet({})),
    SheetCase("number_damaged", "XK_FR_ZJHM", 2, sheet({"XK_FR_ZJHM": 340100190001040000.0}), sheet({})),
    SheetCase("formula", "XK_WSH", 2, sheet({"XK_WSH": '="皖科"&"1号"'}), sheet({"XK_WSH": "皖科=1号"})),
    SheetCase("formula", "XK_NR", 2, sheet({"XK_NR": "#N/A"}), sheet({"XK_NR": "#N/A 不适用"})),
    SheetCase("column_missing", "XK_NR", 1, sheet({}, titles=without("XK_NR")), sheet({})),
    SheetCase("column_missing_optional", "BZ", 1, sheet({}, titles=without("BZ")), sheet({})),
    SheetCase("column_repeated", "XK_NR", 1, sheet({}, titles=[*CODES, "许可内容"]), sheet({})),
    SheetCase("column_unknown", "", 1, sheet({}, titles=["序号", *CODES]), sheet({})),
    SheetCase("no_rows", "", 1, sheet(), sheet({})),
    SheetCase("date_notation", "XK_JDRQ", 2, sheet({"XK_JDRQ": _MORNING}), sheet({"XK_JDRQ": datetime(2018, 11, 26)})),
]  # fmt: skip
"""`unreadable`, `merged`, `too_many_rows` have tests of their own."""
