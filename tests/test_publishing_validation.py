"""Every rule, by rows that break it and rows that just do not."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from credit_sync.publishing.across_rows import Numbers, Organs
from credit_sync.publishing.findings import Finding, has_errors
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
    EDITION_2018_SFZH,
    LICENCE,
    ORGANISATION,
    PENALTY,
    PERSON,
    REPORTING,
    TODAY,
    code,
    person_number,
)
from tests.rule_cases import (
    CELLS,
    CODE,
    ID,
    INNER,
    NO_CODE,
    PERSON_PENALTY,
    ROWS,
    SHEETS,
    TRADER_LICENCE,
    WHOLE,
    WRONG_ID,
    Case,
    RowsCase,
    row_of,
)


def _found(record: Published, changes: Row) -> list[tuple[str, str]]:
    found = validate(row_of(record, changes), kind_of(record), EDITION_2018, TODAY)
    return [(f.rule, f.field) for f in found]


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
        (LICENCE, {"XK_XDR_MC": "𠮷林研究所"}),
        (LICENCE, {"XK_XKLB": "其他-补发"}),
        (LICENCE, {"XK_XDR_SHXYM": WHOLE, "XK_XDR_ZZJG": INNER}),
        (LICENCE, {"XK_XDR_GSZC": "110108000000016"}),
        (LICENCE, {"XK_FR_ZJLX": "身份证", "XK_FR_ZJHM": ID}),
        (LICENCE, {"XK_FR_ZJLX": "其他-军官证", "XK_FR_ZJHM": "1234"}),
        (PENALTY, {"CF_CFLB": "警告", "CF_NR_FK": "", "CF_NR_WFFF": ""}),
        (PENALTY, {"CF_NR_FK": "999.123456"}),
        (PENALTY, {"CF_NR_FK": "2", "CF_NR": "罚款20,000元（每件售价2元）"}),
        (PENALTY, {"CF_NR_FK": "2", "CF_NR": "罚款 2 万元，另责令退还 2 元"}),
        (PERSON_PENALTY, {"CF_XDR_ZJLX": "护照号", "CF_XDR_ZJHM": "E12345678"}),
    ],
)
def test_good_rows(record: Published, changes: Row) -> None:
    assert _found(record, changes) == []


@pytest.mark.parametrize("case", CELLS, ids=str)
def test_a_row_that_breaks_a_rule_and_one_that_just_does_not(case: Case) -> None:
    assert _found(case.record, case.changes) == [(case.rule, case.field)]
    assert case.rule not in {rule for rule, _ in _found(case.record, case.near)}


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_rows_that_break_a_rule_together_and_rows_that_just_do_not(case: RowsCase) -> None:
    for second, expected in ((case.second, [(case.rule, case.field)]), (case.near, [])):
        found = _beside(case, second)
        assert [(f.rule, f.field) for f in found] == expected
        assert all("第 3 行" in f.message for f in found)


def _beside(case: RowsCase, second: Row) -> list[Finding]:
    """What is wrong with the second row."""
    kind = kind_of(case.record)
    numbers, organs = Numbers(EDITION_2018, kind), Organs(EDITION_2018.table(kind))
    first = row_of(case.record, case.first)
    assert [*numbers.check(first, "第 3 行"), *organs.check(first, "第 3 行")] == []
    row = row_of(case.record, second)
    return [*numbers.check(row, "第 4 行"), *organs.check(row, "第 4 行")]


def test_a_wrong_organ_is_told_once_and_the_known_ones_are_known() -> None:
    organs = Organs(EDITION_2018.licence, {DEPARTMENT.name: DEPARTMENT.uscc})
    wrong = row_of(LICENCE, {"XK_XKJGDM": code("11340000MB0TUXY35").value})
    told = [list(organs.check(wrong, f"第 {n} 行")) for n in range(3)]
    assert [[f.rule for f in found] for found in told] == [["organ_codes_differ"], [], []]
    assert "配置" in told[0][0].message


def test_every_rule_has_cases() -> None:
    own = {
        "identifier_missing",
        "unreadable",
        "merged",
        "too_many_rows",
        "row_quarantined",
    }  # tried by tests of their own
    assert {case.rule for case in [*CELLS, *ROWS]} | {case.rule for case in SHEETS} | own == set(rules())


@pytest.mark.parametrize("case", [*CELLS, *ROWS], ids=str)
def test_messages_are_chinese_name_the_field_and_hide_citizen_ids(case: Case | RowsCase) -> None:
    kind = kind_of(case.record)
    if isinstance(case, Case):
        (finding,) = validate(row_of(case.record, case.changes), kind, EDITION_2018, TODAY)
    else:
        (finding,) = _beside(case, case.second)
    assert finding.message.startswith(EDITION_2018.table(kind).field(case.field).title)
    assert "请" in finding.message
    assert ID not in finding.message
    assert WRONG_ID not in finding.message
    assert finding.severity is rules()[case.rule].severity


@pytest.mark.parametrize(
    ("field", "written", "advice"),
    [
        ("XK_JDRQ", "2018年11月6日", "请写成 2018/11/06"),
        ("XK_JDRQ", "20181106", "请写成 2018/11/06"),
        ("XK_JDRQ", "2018.11.6 10:30:00", "请写成 2018/11/06"),
        ("XK_JDRQ", "43410", "请写成 2018/11/06"),
        ("XK_YXQZI", "长期有效", "长期请写 2099/12/31"),
        ("XK_YXQZI", "9999/12/31", "长期请写 2099/12/31"),
        ("XK_XDR_SHXYM", CODE.lower(), CODE),
    ],
)
def test_the_sentence_says_what_to_write(field: str, written: str, advice: str) -> None:
    (finding,) = validate(row_of(LICENCE, {field: written}), RecordKind.LICENCE, EDITION_2018, TODAY)
    assert advice in finding.message


@pytest.mark.parametrize(
    ("written", "advice"), [("4000元", "0.4"), ("1.2万元", "1.2"), ("12,000 元", "1.2"), ("肆仟元整", "万元")]
)
def test_amounts_are_put_into_wan(written: str, advice: str) -> None:
    (finding,) = validate(row_of(PENALTY, {"CF_NR_FK": written}), RecordKind.PENALTY, EDITION_2018, TODAY)
    assert finding.rule == "amount"
    assert f"请填 {advice}（" in finding.message or "以万元为单位" in finding.message


def test_an_id_in_the_wrong_place_is_not_repeated() -> None:
    for field in ("XK_XDR_SHXYM", "XK_XKLB", "XK_JDRQ", "XK_ZT"):
        for written in (ID, "".join(chr(ord(c) + 0xFEE0) for c in ID)):
            findings = validate(row_of(LICENCE, {field: written}), RecordKind.LICENCE, EDITION_2018, TODAY)
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


def test_the_other_2018_layout_tells_persons_by_their_numbers() -> None:
    for record in (LICENCE, replace(LICENCE, subject=PERSON)):
        row = published_row(record, EDITION_2018_SFZH, REPORTING)
        assert validate(row, RecordKind.LICENCE, EDITION_2018_SFZH, TODAY) == []
    person = published_row(replace(LICENCE, subject=PERSON), EDITION_2018_SFZH, REPORTING)
    found = validate(person | {"XK_FRDB": "程砚秋"}, RecordKind.LICENCE, EDITION_2018_SFZH, TODAY)
    assert [(f.rule, f.field) for f in found] == [("must_be_blank", "XK_FRDB")]
    nobody = person | {"XK_XDR_ZJLX": "", "XK_XDR_ZJHM": ""}
    found = validate(nobody, RecordKind.LICENCE, EDITION_2018_SFZH, TODAY)
    assert [(f.rule, f.field) for f in found] == [("identifier_missing", "XK_XDR_SHXYM")]


def test_in_2016_a_licence_may_be_without_a_number_and_a_penalty_may_not() -> None:
    licence = published_row(LICENCE, EDITION_2016, REPORTING) | {"XK_BM": "340000-XK-001", "XK_WSH": "空"}
    penalty = published_row(PENALTY, EDITION_2016, REPORTING) | {"CF_BM": "340000-CF-001", "CF_WSH": "空"}
    assert validate(licence, RecordKind.LICENCE, EDITION_2016, TODAY) == []
    for row, kind, code_ in (
        (licence | {"XK_BM": "空"}, RecordKind.LICENCE, "XK_BM"),
        (penalty, RecordKind.PENALTY, "CF_WSH"),
    ):
        assert [(f.rule, f.field) for f in validate(row, kind, EDITION_2016, TODAY)] == [("placeholder", code_)]


def test_in_2016_a_person_has_no_legal_representative() -> None:
    row = published_row(PERSON_PENALTY, EDITION_2016, REPORTING) | {"CF_BM": "340000-CF-001"}
    assert validate(row, RecordKind.PENALTY, EDITION_2016, TODAY) == []
    found = validate(row | {"CF_FR": "程砚秋"}, RecordKind.PENALTY, EDITION_2016, TODAY)
    assert [(f.rule, f.field) for f in found] == [("must_be_blank", "CF_FR")]


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


@pytest.mark.parametrize("standard", [EDITION_2018, EDITION_2018_SFZH, EDITION_2016], ids=["2018", "sfzh", "2016"])
@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
