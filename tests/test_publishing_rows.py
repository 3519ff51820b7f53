"""From records to published rows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from credit_sync.publishing.rows import is_published, published_row, says_the_same
from credit_sync.publishing.validation import validate
from credit_sync.publishing.values import Published
from credit_sync.records import LicenceState, RecordKind
from credit_sync.subjects.identifiers import Identifier, IdentifierKind
from tests.publishing import (
    DEPARTMENT,
    EDITION_2016,
    EDITION_2018,
    LICENCE,
    ORGANISATION,
    PENALTY,
    PERSON,
    REPORTING,
    TODAY,
    TRADER,
    person_number,
)


def test_a_licence_as_a_row() -> None:
    row = published_row(LICENCE, EDITION_2018, REPORTING)
    assert {code: value for code, value in row.items() if value} == {
        "XK_XDR_MC": "合肥青檀实验动物有限公司",
        "XK_XDR_LB": "法人及非法人组织",
        "XK_XDR_SHXYM": ORGANISATION.identifiers[0].value,
        "XK_FRDB": "程砚秋",
        "XK_XKWS": "实验动物使用许可决定书",
        "XK_WSH": "皖科动许〔2018〕1号",
        "XK_XKLB": "普通",
        "XK_XKZS": "实验动物使用许可证",
        "XK_XKBH": "SYXK(皖)2018-001",
        "XK_NR": "屏障环境（SPF级小鼠，设施面积120㎡）",
        "XK_JDRQ": "2018/11/26",
        "XK_YXQZ": "2018/11/26",
        "XK_YXQZI": "2023/11/25",
        "XK_XKJG": "安徽省科学技术厅",
        "XK_XKJGDM": DEPARTMENT.uscc,
        "XK_ZT": "1",
        "XK_LYDW": "安徽省科学技术厅",
        "XK_LYDWDM": DEPARTMENT.uscc,
    }
    assert list(row) == [field.code for field in EDITION_2018.licence.fields]


CASES: list[tuple[Published, str, str]] = [
    (replace(LICENCE, valid_to=date(2099, 12, 31)), "XK_YXQZI", "2099/12/31"),
    (replace(LICENCE, valid_to=date(9999, 12, 31)), "XK_YXQZI", "2099/12/31"),
    (replace(LICENCE, state=LicenceState.REVOKED), "XK_ZT", "2"),
    (replace(LICENCE, category="普通许可"), "XK_XKLB", "普通"),
    (replace(LICENCE, content="第一行\r\n第二行\t末\u200b"), "XK_NR", "第一行 第二行 末"),
    (replace(LICENCE, document_number=""), "XK_WSH", "SYXK(皖)2018-001"),
    # Another authority's code is not the department's.
    (replace(LICENCE, authority="合肥市科学技术局"), "XK_XKJGDM", ""),
    (replace(LICENCE, authority="合肥市科学技术局"), "XK_LYDWDM", DEPARTMENT.uscc),
    (replace(LICENCE, subject=TRADER), "XK_XDR_LB", "个体工商户"),
    (replace(LICENCE, subject=TRADER), "XK_FRDB", "程砚秋"),
    (replace(LICENCE, legal_representative_id=PERSON.identifiers[0]), "XK_FR_ZJLX", "身份证"),
    (replace(LICENCE, legal_representative_id=PERSON.identifiers[0]), "XK_FR_ZJHM", PERSON.identifiers[0].value),
    (PENALTY, "CF_NR_FK", "0.400000"),
    (replace(PENALTY, fine=Decimal("12")), "CF_NR_FK", "12.000000"),
    (replace(PENALTY, fine=None), "CF_NR_FK", ""),
    (replace(PENALTY, fine=Decimal("0.0000001")), "CF_NR_FK", "0.0000001"),
    (PENALTY, "CF_CFLB", "没收违法所得、没收非法财物;罚款"),
    (replace(PENALTY, category="警告、罚款"), "CF_CFLB", "警告;罚款"),
    (replace(PENALTY, category="警告\r\n罚款"), "CF_CFLB", "警告;罚款"),
    (replace(PENALTY, category="罚款；其他-责令\n改正"), "CF_CFLB", "罚款;其他-责令 改正"),
    (replace(PENALTY, category="没收违法所得、没收非法财物"), "CF_CFLB", "没收违法所得、没收非法财物"),
    (replace(PENALTY, category="警告、鞭刑"), "CF_CFLB", "警告、鞭刑"),
]


@pytest.mark.parametrize(("record", "field", "expected"), CASES)
def test_values(record: Published, field: str, expected: str) -> None:
    assert published_row(record, EDITION_2018, REPORTING)[field] == expected


def test_of_a_person_only_the_own_document_is_published() -> None:
    subject = replace(PERSON, legal_representative="某人", identifiers=(*PERSON.identifiers,))
    row = published_row(replace(PENALTY, subject=subject), EDITION_2018, REPORTING)
    filled = [code for code in list(row)[2:13] if row[code]]
    assert filled == ["CF_XDR_ZJLX", "CF_XDR_ZJHM"]
    assert (row["CF_XDR_LB"], row["CF_XDR_ZJLX"]) == ("自然人", "身份证")
    assert row["CF_XDR_ZJHM"] == PERSON.identifiers[0].value


@pytest.mark.parametrize(
    ("name", "number", "id_type"),
    [
        ("汪墨林", person_number("81000019000101001").value, "其他-港澳台居民居住证"),
        ("汪墨林", "H12345678", "港澳居民来往内地通行证"),
        ("汪墨林", "12345678", "台湾居民来往大陆通行证"),
        ("汪墨林", "1234567801(B)", "台湾居民来往大陆通行证"),
        ("KIM MINSU", "M12345678", "护照号"),
        ("KIM MINSU", "12345678", "护照号"),
        ("김민수", "M12345678", "护照号"),
        ("汪墨林", "E12345678", "护照号"),
        ("汪墨林", "USA123456789012", "外国人永久居留身份证"),
        ("汪墨林", "那个号", ""),
    ],
)
def test_the_type_of_a_document_follows_from_its_shape_and_its_holders_name(
    name: str, number: str, id_type: str
) -> None:
    """Korean passports are written like the permits of Macao, some others like those of Taiwan."""
    written = Identifier(IdentifierKind.OTHER, number)
    penalty = replace(PENALTY, subject=replace(PERSON, name=name, identifiers=(written,)))
    row = published_row(penalty, EDITION_2018, REPORTING)
    assert (row["CF_XDR_ZJLX"], row["CF_XDR_ZJHM"]) == (id_type, number)
    assert not [f for f in validate(row, RecordKind.PENALTY, EDITION_2018, TODAY) if f.rule == "id_type"]
    firm = replace(
        PENALTY, subject=replace(ORGANISATION, legal_representative=name), legal_representative_id=written
    )
    assert published_row(firm, EDITION_2018, REPORTING)["CF_FR_ZJLX"] == id_type


def test_rulings_are_not_published_as_penalties() -> None:
    assert is_published(PENALTY, EDITION_2018)
    assert not is_published(replace(PENALTY, nature="行政裁决"), EDITION_2018)


def test_the_2016_edition_is_only_another_file() -> None:
    row = published_row(PENALTY, EDITION_2016, REPORTING)
    assert (row["CF_CFLB1"], row["CF_CFLB2"]) == ("没收违法所得、没收非法财物", "罚款")
    assert (row["CF_ZT"], row["DFBM"], row["SJC"]) == ("0", "340000", "2018/11/30")
    assert published_row(LICENCE, EDITION_2016, REPORTING)["XK_ZT"] == "0"


PASSPORT, PERMIT = Identifier(IdentifierKind.PASSPORT, "E12345678"), Identifier(IdentifierKind.OTHER, "那个号")
KOREAN = Identifier(IdentifierKind.TRAVEL_PERMIT, "M12345678")


@pytest.mark.parametrize(
    ("record", "remarks"),
    [
        (LICENCE, ""),
        (replace(LICENCE, note="换证"), "换证"),
        (replace(LICENCE, state=LicenceState.REVOKED), ""),
        (replace(LICENCE, state=LicenceState.CANCELLED, note="换证"), "换证；已注销"),
        (replace(LICENCE, state=LicenceState.CANCELLED, note="2018年已注销"), "2018年已注销"),
        (replace(LICENCE, state=LicenceState.CANCELLED, state_since=date(2018, 12, 1)), ""),
        (replace(LICENCE, valid_to=date(2018, 11, 29)), "已过期"),
        (replace(LICENCE, subject=PERSON), ""),
        (replace(PENALTY, subject=replace(PERSON, identifiers=(PASSPORT,))), "所填为护照号码"),
        (replace(PENALTY, subject=replace(PERSON, identifiers=(PASSPORT, *PERSON.identifiers))), ""),
        (replace(PENALTY, subject=replace(PERSON, identifiers=(PERMIT,))), ""),
        (replace(PENALTY, subject=replace(PERSON, name="KIM", identifiers=(KOREAN,))), "所填为护照号码"),
        (replace(PENALTY, legal_representative_id=KOREAN), "所填为来往内地（大陆）通行证号码"),
        (replace(PENALTY, legal_representative_id=PASSPORT), "所填为护照号码"),
    ],
)
def test_in_2016_the_remarks_say_what_no_other_field_does(record: Published, remarks: str) -> None:
    """Of a state whose code is 3 what it is, and the kind of a document that is no identity card."""
    assert published_row(record, EDITION_2016, REPORTING)["BZ"] == remarks
    assert published_row(record, EDITION_2018, REPORTING)["BZ"] == record.note


def test_the_day_of_the_report_makes_no_difference_to_what_is_said() -> None:
    row = published_row(LICENCE, EDITION_2016, REPORTING)
    assert says_the_same(row, row | {"SJC": "2018/12/01"}, EDITION_2016, RecordKind.LICENCE)
    assert not says_the_same(row, row | {"XK_ZT": "1"}, EDITION_2016, RecordKind.LICENCE)
