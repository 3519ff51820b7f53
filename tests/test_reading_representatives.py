"""Reading the numbers and roles of legal representatives, and who becomes an applicant."""

import json
from datetime import datetime
from typing import Any

import pytest

from credit_sync.records import Role
from credit_sync.shipped import shipped
from credit_sync.sources.mapping import load_mapping
from credit_sync.sources.outcomes import Read, Rejected
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin, RawRow
from credit_sync.subjects.identifiers import IdentifierKind
from tests.report_night import (
    person_number,
    zxgk,
)

FIRM = "合肥瀚云精密传动有限公司"
NUMBER = person_number("340103", "19040312", 117)
OTHER = person_number("340221", "19110705", 226)
ORIGIN = Origin("test", "rows", 1, datetime(2018, 11, 30))


def read(mapping: str, row: dict[str, Any]) -> list[Any]:
    outcomes = Reader(load_mapping(shipped("mappings"), mapping)).read(RawRow(ORIGIN, row))
    assert all(isinstance(outcome, Read) for outcome in outcomes), outcomes
    return [outcome.record for outcome in outcomes if isinstance(outcome, Read)]


MANAGER = {"cardNum": zxgk(OTHER), "corporationtypename": "经理", "iname": "李强"}
REPRESENTATIVE = {"cardNum": zxgk(NUMBER), "corporationtypename": "法定代表人", "iname": "张伟"}


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([MANAGER, REPRESENTATIVE], zxgk(NUMBER)),
        ([REPRESENTATIVE | {"corporationtypename": " 负责人 "}], zxgk(NUMBER)),
        (json.dumps([MANAGER, REPRESENTATIVE]), zxgk(NUMBER)),
        ([MANAGER], None),
        ([], None),
        ("[]", None),
        ([None, "x", 1, {"cardNum": zxgk(NUMBER)}, {"corporationtypename": "法定代表人"}], None),
        ([REPRESENTATIVE | {"cardNum": "暂无"}], None),
    ],
)
def test_the_number_of_a_representative_is_read(people: Any, expected: str | None) -> None:
    row = {
        "iname": FIRM,
        "cardNum": "",
        "businessEntity": "张伟",
        "caseCode": "（2018）皖0104执1号",
        "qysler": people,
    }
    (record,) = read("dishonest_debtors", row)
    number = record.legal_representative_id
    assert (number.value if number else None) == expected


@pytest.mark.parametrize("mapping", ["science_management_applicants", "award_applicants"])
def test_a_representative_with_a_number_is_an_applicant(mapping: str) -> None:
    row = {
        "申报编号": "1",
        "项目名称": "某项目",
        "角色": "申报单位",
        "主体类别": "单位",
        "名称": FIRM,
        "单位名称": FIRM,
    }
    row |= {"统一社会信用代码": "91340104MA2NLRXU5Y", "法定代表人": "张伟", "地区": "合肥市"}
    assert [record.role for record in read(mapping, row)] == [Role.APPLYING_UNIT]
    unit, representative = read(mapping, row | {"法定代表人身份证号码": NUMBER})
    assert (unit.subject.name, unit.subject.legal_representative) == (FIRM, "张伟")
    assert (representative.role, representative.application) == (Role.LEGAL_REPRESENTATIVE, "1")
    found = representative.subject
    assert (found.name, found.kind, found.employer, found.region) == ("张伟", "person", FIRM, "合肥市")
    assert [(number.kind, number.value) for number in found.identifiers] == [(IdentifierKind.CITIZEN_ID, NUMBER)]


@pytest.mark.parametrize("mapping", ["science_management_applicants", "award_applicants"])
def test_a_representative_whose_number_cannot_be_read_is_in_quarantine(mapping: str) -> None:
    """Not left out, as one without a number is: nobody would know that he was not screened."""
    row = {"申报编号": "1", "项目名称": "某项目", "角色": "申报单位", "名称": FIRM, "法定代表人": "张伟"}
    row |= {"法定代表人身份证号码": f"{NUMBER}，另见附件" + "、" * 200}
    unit, representative = Reader(load_mapping(shipped("mappings"), mapping)).read(RawRow(ORIGIN, row))
    assert isinstance(unit, Read)
    assert isinstance(representative, Rejected)
    assert (representative.field, representative.part) == ("identifier", 1)
    assert (representative.reason, NUMBER in representative.value) == ("证件号码过长，不是证件号码", False)


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("推荐（归口）单位", Role.NOMINATING_UNIT),
        ("归口单位", Role.NOMINATING_UNIT),
        ("提名单位", Role.NOMINATING_UNIT),
        ("提名专家", Role.NOMINATING_EXPERT),
        ("法定代表人（负责人）", Role.LEGAL_REPRESENTATIVE),
        ("完成人", Role.CONTRIBUTOR),
        ("完成单位", Role.COMPLETING_UNIT),
        ("成员", Role.MEMBER),
    ],
)
def test_roles_of_people_and_units(word: str, role: Role) -> None:
    row = {"申报编号": "1", "项目名称": "某项目", "角色": word, "名称": "某某", "姓名": "某某"}
    for mapping in ("science_management_applicants", "award_applicants"):
        assert [record.role for record in read(mapping, row)] == [role]
