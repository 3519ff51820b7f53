"""Every rule, by rows that break it and rows that just do not."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from credit_sync.publishing.findings import has_errors
from credit_sync.publishing.rows import kind_of, published_row
from credit_sync.publishing.rules import rules
from credit_sync.publishing.standard import Row
from credit_sync.publishing.validation import validate
from credit_sync.publishing.values import Published
from credit_sync.records import Licence, Penalty, RecordKind
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind
from credit_sync.subjects.subject import Subject
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

ID = PERSON.identifiers[0].value
WRONG_ID = ID[:17] + ("0" if ID[17] != "0" else "1")
CODE = ORGANISATION.identifiers[0].value
WRONG_CODE = CODE[:17] + ("0" if CODE[17] != "0" else "1")
NO_CODE = "0" * 17 + "X"


def _row(record: Published, changes: Row) -> Row:
    row = published_row(record, EDITION_2018, REPORTING)
    assert changes.keys() <= row.keys()
    return row | changes


def _found(record: Published, changes: Row) -> list[tuple[str, str]]:
    row = _row(record, changes)
    return [(f.rule, f.field) for f in validate(row, kind_of(record), EDITION_2018, TODAY)]


PERSON_PENALTY = replace(PENALTY, subject=PERSON)
TRADER_LICENCE = replace(LICENCE, subject=TRADER)


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (LICENCE, {}),
        (TRADER_LICENCE, {}),
        (PENALTY, {}),
        (PERSON_PENALTY, {}),
        (TRADER_LICENCE, {"XK_XDR_SHXYM": NO_CODE}),
        (LICENCE, {"XK_YXQZI": "2099/12/31"}),
        (LICENCE, {"XK_JDRQ": "2018/11/30"}),
        (LICENCE, {"XK_JDRQ": "2004/07/01"}),
        (LICENCE, {"XK_YXQZI": "2018/11/26"}),
        (LICENCE, {"XK_NR": "字" * 4000}),
        (LICENCE, {"XK_XDR_MC": "𠮷林研究所"}),
        (LICENCE, {"XK_XKLB": "其他-补发"}),
        (LICENCE, {"XK_XDR_ZZJG": "00298607X"}),
        (LICENCE, {"XK_XDR_GSZC": "110108000000016"}),
        (LICENCE, {"XK_FR_ZJLX": "身份证", "XK_FR_ZJHM": ID}),
        (LICENCE, {"XK_FR_ZJLX": "其他-军官证", "XK_FR_ZJHM": "1234"}),
        (PENALTY, {"CF_CFLB": "警告", "CF_NR_FK": "", "CF_NR_WFFF": ""}),
        (PENALTY, {"CF_NR_FK": "123456789012.123456"}),
        (PERSON_PENALTY, {"CF_XDR_ZJLX": "护照号", "CF_XDR_ZJHM": "E12345678"}),
    ],
)
def test_good_rows(record: Published, changes: Row) -> None:
    assert _found(record, changes) == []


BAD: list[tuple[str, str, Published, Row]] = [
    ("required", "XK_WSH", LICENCE, {"XK_WSH": ""}),
    ("required", "XK_WSH", LICENCE, {"XK_WSH": "  "}),
    ("required", "CF_YXQ", PENALTY, {"CF_YXQ": ""}),
    ("required_when", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": ""}),
    ("required_when", "XK_FRDB", TRADER_LICENCE, {"XK_FRDB": ""}),
    ("required_when", "XK_FR_ZJLX", LICENCE, {"XK_FR_ZJHM": ID}),
    ("required_when", "CF_NR_FK", PENALTY, {"CF_NR_FK": ""}),
    ("required_when", "CF_NR_WFFF", PENALTY, {"CF_NR_WFFF": ""}),
    ("required_when", "CF_NR_ZKDX", PENALTY, {"CF_CFLB": "罚款;没收违法所得、没收非法财物;吊销许可证件"}),
    ("required_when", "CF_XDR_ZJHM", PERSON_PENALTY, {"CF_XDR_ZJHM": ""}),
    ("must_be_blank", "CF_XDR_SHXYM", PERSON_PENALTY, {"CF_XDR_SHXYM": CODE}),
    ("must_be_blank", "XK_XDR_ZJHM", LICENCE, {"XK_XDR_ZJHM": ID}),
    ("placeholder", "XK_XKWS", LICENCE, {"XK_XKWS": "无"}),
    ("placeholder", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": "/"}),
    ("placeholder_optional", "BZ", LICENCE, {"BZ": "暂无"}),
    ("length", "XK_NR", LICENCE, {"XK_NR": "字" * 4001}),
    ("length", "XK_WSH", LICENCE, {"XK_WSH": "号" * 65}),
    ("list", "XK_XKLB", LICENCE, {"XK_XKLB": "一般"}),
    ("list", "XK_XKLB", LICENCE, {"XK_XKLB": "其他"}),
    ("list", "XK_ZT", LICENCE, {"XK_ZT": "0"}),
    ("list", "CF_CFLB", PENALTY, {"CF_CFLB": "没收违法所得、没收非法财物;罚款;鞭刑"}),
    ("date_format", "XK_JDRQ", LICENCE, {"XK_JDRQ": "2018-11-26"}),
    ("date_format", "XK_JDRQ", LICENCE, {"XK_JDRQ": "2018/2/30"}),
    ("date_format", "XK_JDRQ", LICENCE, {"XK_JDRQ": "2018/11/6"}),
    ("date_format", "CF_YXQ", PENALTY, {"CF_YXQ": "无处罚期限"}),
    ("date_future", "XK_JDRQ", LICENCE, {"XK_JDRQ": "2018/12/01"}),
    ("date_too_early", "XK_JDRQ", LICENCE, {"XK_JDRQ": "2004/06/30"}),
    ("date_order", "XK_YXQZI", LICENCE, {"XK_YXQZI": "2018/11/25"}),
    ("date_order", "CF_GSJZQ", PENALTY, {"CF_GSJZQ": "2018/11/25"}),
    ("long_term", "XK_YXQZI", LICENCE, {"XK_YXQZI": "9999/12/31"}),
    ("amount", "CF_NR_FK", PENALTY, {"CF_NR_FK": "4000元"}),
    ("amount", "CF_NR_FK", PENALTY, {"CF_NR_FK": "-1"}),
    ("amount", "CF_NR_FK", PENALTY, {"CF_NR_FK": "0.1234567"}),
    ("amount", "CF_NR_FK", PENALTY, {"CF_NR_FK": "1234567890123"}),
    ("amount_zero", "CF_NR_FK", PENALTY, {"CF_NR_FK": "0.000000"}),
    ("uscc", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": WRONG_CODE}),
    ("uscc", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": CODE[:17]}),
    ("uscc", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": NO_CODE}),
    ("uscc", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": "0" * 18}),
    ("uscc", "XK_XKJGDM", LICENCE, {"XK_XKJGDM": NO_CODE}),
    ("organisation_code", "XK_XDR_ZZJG", LICENCE, {"XK_XDR_ZZJG": "002986070"}),
    ("registration_number", "XK_XDR_GSZC", LICENCE, {"XK_XDR_GSZC": "110108000000017"}),
    ("id_number", "CF_XDR_ZJHM", PERSON_PENALTY, {"CF_XDR_ZJHM": WRONG_ID}),
    ("id_type", "CF_XDR_ZJHM", PERSON_PENALTY, {"CF_XDR_ZJLX": "身份证", "CF_XDR_ZJHM": "E12345678"}),
    ("id_type", "CF_XDR_ZJHM", PERSON_PENALTY, {"CF_XDR_ZJHM": ID[:17]}),
    ("masked", "CF_XDR_ZJHM", PERSON_PENALTY, {"CF_XDR_ZJHM": "340100********0017"}),
    ("masked", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_SHXYM": "913401******TUXY12"}),
    ("swapped", "CF_SJLYDM", PENALTY, {"CF_SJLY": DEPARTMENT.uscc, "CF_SJLYDM": DEPARTMENT.name}),
    ("swapped", "XK_XDR_SHXYM", LICENCE, {"XK_XDR_MC": CODE, "XK_XDR_SHXYM": "合肥青檀实验动物有限公司"}),
    ("forbidden_character", "XK_XDR_MC", LICENCE, {"XK_XDR_MC": "合肥<青檀>公司"}),
    ("forbidden_character", "XK_NR", LICENCE, {"XK_NR": "第一行\n第二行"}),
    ("forbidden_character", "XK_NR", LICENCE, {"XK_NR": "看不见\u200b的"}),
    ("forbidden_character", "XK_NR", LICENCE, {"XK_NR": "&#183;"}),
    ("forbidden_character", "XK_FRDB", LICENCE, {"XK_FRDB": "程\ue123秋"}),
    ("forbidden_character", "XK_FRDB", LICENCE, {"XK_FRDB": "程□秋"}),
    ("forbidden_character", "XK_FRDB", LICENCE, {"XK_FRDB": "程\ufffd秋"}),
    ("question_mark", "XK_FRDB", LICENCE, {"XK_FRDB": "程?秋"}),
]


@pytest.mark.parametrize(("rule", "field", "record", "changes"), BAD)
def test_bad_rows(rule: str, field: str, record: Published, changes: Row) -> None:
    assert _found(record, changes) == [(rule, field)]


@pytest.mark.parametrize(("rule", "field", "record", "changes"), BAD)
def test_messages_are_chinese_name_the_field_and_hide_citizen_ids(
    rule: str, field: str, record: Published, changes: Row
) -> None:
    kind = kind_of(record)
    (finding,) = validate(_row(record, changes), kind, EDITION_2018, TODAY)
    assert finding.message.startswith(EDITION_2018.table(kind).field(field).title)
    assert "请" in finding.message
    assert ID not in finding.message
    assert WRONG_ID not in finding.message
    assert finding.severity is rules()[rule].severity


def test_an_id_in_the_wrong_place_is_not_repeated() -> None:
    for field in ("XK_XDR_SHXYM", "XK_XKLB", "XK_JDRQ", "XK_ZT"):
        for written in (ID, "".join(chr(ord(c) + 0xFEE0) for c in ID)):
            findings = validate(_row(LICENCE, {field: written}), RecordKind.LICENCE, EDITION_2018, TODAY)
            assert findings
            assert all(ID not in f.message and written not in f.message for f in findings)


def test_in_2016_any_one_identifier_will_do() -> None:
    without = replace(LICENCE, subject=replace(ORGANISATION, identifiers=()))
    row = published_row(without, EDITION_2016, REPORTING) | {"XK_BM": "340000-XK-001"}
    found = validate(row, RecordKind.LICENCE, EDITION_2016, TODAY)
    assert [(f.rule, f.field) for f in found] == [("identifier_missing", "XK_XDR_SHXYM")]
    assert validate(row | {"XK_XDR_SFZ": ID}, RecordKind.LICENCE, EDITION_2016, TODAY) == []
    wrong = validate(row | {"XK_XDR_SFZ": WRONG_ID}, RecordKind.LICENCE, EDITION_2016, TODAY)
    assert [f.rule for f in wrong] == ["id_number"]


TEXTS = st.text(alphabet=st.characters(), max_size=60) | st.sampled_from(
    ["", "无", CODE, ID, "其他", ";", "罚款;", "2018/11/26"]
)
DATES = st.none() | st.dates()
AMOUNTS = st.none() | st.decimals(allow_nan=True, allow_infinity=True)
IDENTIFIERS = st.builds(
    Identifier, st.sampled_from(IdentifierKind), TEXTS | st.just(person_number("34010019000104001").value)
)
SUBJECTS = st.builds(
    Subject,
    kind=st.sampled_from(SubjectKind),
    name=TEXTS,
    identifiers=st.lists(IDENTIFIERS, max_size=3).map(tuple),
    legal_representative=TEXTS,
)
LICENCES = st.builds(
    Licence,
    subject=SUBJECTS,
    document_number=TEXTS,
    decided_on=st.dates(),
    category=TEXTS,
    content=TEXTS,
    valid_from=DATES,
    valid_to=DATES,
    authority=TEXTS,
    authority_code=TEXTS,
    legal_representative_id=st.none() | IDENTIFIERS,
)
PENALTIES = st.builds(
    Penalty,
    subject=SUBJECTS,
    document_number=TEXTS,
    decided_on=st.dates(),
    category=TEXTS,
    fine=AMOUNTS,
    confiscated=AMOUNTS,
    valid_to=DATES,
)


@pytest.mark.parametrize("standard", [EDITION_2018, EDITION_2016], ids=["2018", "2016"])
@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record=LICENCES | PENALTIES)
def test_no_record_is_too_strange(standard, record) -> None:  # type: ignore[no-untyped-def]
    kind = kind_of(record)
    row = published_row(record, standard, REPORTING)
    assert list(row) == [field.code for field in standard.table(kind).fields]
    findings = validate(row, kind, standard, TODAY)
    assert all(ID not in finding.message for finding in findings)
    if not has_errors(findings):
        assert all(row[field.code] for field in standard.table(kind).fields if field.required)
        for field in standard.table(kind).fields:
            assert field.type != "text" or len(row[field.code]) <= field.length
            row[field.code].encode()


@hypothesis_settings(max_examples=300, deadline=None)
@given(row=st.dictionaries(st.sampled_from(list(published_row(PENALTY, EDITION_2018, REPORTING))), TEXTS))
def test_no_row_of_a_strangers_workbook_is_too_strange(row: Row) -> None:
    assert has_errors(validate(row, RecordKind.PENALTY, EDITION_2018, TODAY))
