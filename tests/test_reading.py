"""Rows become records, quarantine or skipped: values, subjects, parts, and arbitrary rows to every mapping."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sync.errors import SettingsError
from credit_sync.records import Applicant, LicenceState, Listing, Penalty, Role
from credit_sync.shipped import shipped
from credit_sync.sources.mapping import SourceMapping, load_mapping
from credit_sync.sources.outcomes import Outcome, Read, Rejected, Removed, Skipped
from credit_sync.sources.plain import plain_row
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import BrokenRow, Origin, RawRow
from credit_sync.sources.values import (
    UnreadableError,
    clean,
    names_of,
    read_amount,
    read_date,
    read_integer,
    text_of,
)
from credit_sync.store.columns import from_columns, subject_from_columns, to_columns
from credit_sync.subjects.identifiers import IdentifierKind, hide
from credit_sync.subjects.subject import Sex, SubjectKind

ORIGIN = Origin("test", "page 1", 7, datetime(2018, 11, 30, 2, 0))
MAN = "340100190001040017"
"""Made up: born in 1900."""
UNIVERSITY = "12340000485001086C"


def mapping(**changes: Any) -> SourceMapping:
    content = {
        "title": "测试名单",
        "record": "listing",
        "list": "debtors",
        "key": ["number", "name"],
        "fields": {
            "name": ["姓名", "iname"],
            "kind": "类型",
            "identifier": "证件",
            "number": "案号",
            "sex": "性别",
            "age": "年龄",
            "birth_date": "出生日期",
            "legal_representative": "法人",
            "published_on": "发布日期",
            "former_names": "曾用名",
        },
    }
    return SourceMapping.model_validate(content | changes)


def read(values: dict[str, Any], /, **changes: Any) -> list[Outcome]:
    return Reader(mapping(**changes)).read(RawRow(ORIGIN, values))


def read_one(values: dict[str, Any], /, **changes: Any) -> Read:
    (outcome,) = read({"案号": "(2018)皖01执1号"} | values, **changes)
    assert isinstance(outcome, Read), outcome
    return outcome


def reject_one(values: dict[str, Any], /, **changes: Any) -> Rejected:
    (outcome,) = read({"案号": "(2018)皖01执1号"} | values, **changes)
    assert isinstance(outcome, Rejected), outcome
    return outcome


@pytest.mark.parametrize(
    "text",
    [
        *("2018-11-30", "2018/11/30", "2018.11.30", "20181130", "2018年11月30日", "２０１８－１１－３０"),
        *(
            "2018-11-30 00:00:00",
            "2018-11-30T08:30:00",
            "2018/11/30 8:05",
            "20181130083000",
            "2018年11月30日 8时5分",
        ),
        *("2018-11-29T16:00:00Z", "2018-11-30T00:00:00.000+08:00", "43434", "43434.75", " 2018-11-30 "),
    ],
)
def test_dates(text: str) -> None:
    assert read_date(text) == date(2018, 11, 30)


@pytest.mark.parametrize("text", ["1900-01-01", "1900-01-01 00:00:00", "0000-00-00", "1899-12-30"])
def test_dates_that_stand_for_none(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize("text", ["长期", "永久有效", "9999-12-31", "2099-12-31", "2099/12/31"])
def test_long_term(text: str) -> None:
    assert read_date(text) == date(2099, 12, 31)


@pytest.mark.parametrize(
    "text",
    [
        "2018-02-30",
        "30/11/2018",
        "无处罚期限",
        "2018-11",
        "20181301",
        "1234",
        "1",
        "99999999",
        "1543507200",
        "2018-11-30x",
    ],
)
def test_unreadable_dates(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_date(text)


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("30.11.2018", ("%d.%m.%Y",)),
        ("1543507200000", ("epoch_ms",)),
        ("1543507200", ("epoch_s",)),
        ("43434", ("%d.%m.%Y", "excel")),
    ],
)
def test_dates_in_the_mappings_formats(text: str, formats: tuple[str, ...]) -> None:
    assert read_date(text, formats) == date(2018, 11, 30)
    with pytest.raises(UnreadableError):
        read_date("2018-11-31", formats)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2", "2"),
        ("2.00", "2"),
        ("2000元", "0.2"),
        ("1,234.5万元", "1234.5"),
        ("￥ 2,000 元整", "0.2"),
        ("1.5亿元", "15000"),
        ("0.30000000000000004", "0.3"),
        ("0", "0"),
        ("１００", "100"),
    ],
)
def test_amounts_are_in_wan(text: str, amount: str) -> None:
    assert read_amount(text) == Decimal(amount)
    assert format(read_amount(text), "f") == amount


def test_amounts_in_yuan() -> None:
    assert read_amount("2000", unit="元") == Decimal("0.2")
    assert read_amount("2万元", unit="元") == 2
    for text in ("-1", "很多", "1e5", "0.12345678", "9" * 50, "1元2"):
        with pytest.raises(UnreadableError):
            read_amount(text)


@pytest.mark.parametrize(
    ("text", "number"), [("45", 45), ("45岁", 45), ("1,200", 1200), ("45.0", 45), ("４５", 45)]
)
def test_integers(text: str, number: int) -> None:
    assert read_integer(text) == number


def test_text_is_cleaned_but_left_as_written() -> None:
    assert clean("\u200b 张\u3000三\ufeff ") == "张\u3000三"
    assert clean("第一行\r\n第二行\x00\x07") == "第一行\n第二行"
    assert clean("\ue123𠮷\ud800") == "\ue123𠮷"
    assert [text_of(v) for v in (None, "暂无", " / ", "—", "NULL", "\\N", "无")] == [""] * 7
    assert [text_of(v) for v in (12, 12.0, 12.5, True, ["甲", None, "乙"], {"a": 1})] == [
        *("12", "12", "12.5", "true", "甲、乙", '{"a":1}')
    ]
    assert names_of("甲公司；乙公司、甲公司") == ("甲公司", "乙公司")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"姓名": "张三"}, SubjectKind.PERSON),
        ({"姓名": "买买提·吐尔逊江"}, SubjectKind.PERSON),
        ({"姓名": "合肥市蜀山区大众修理厂"}, SubjectKind.ORGANISATION),
        ({"姓名": "合肥老店", "法人": "张三"}, SubjectKind.ORGANISATION),
        ({"姓名": "欧阳上官司马", "性别": "男"}, SubjectKind.PERSON),
        ({"姓名": "欧阳上官司马", "证件": MAN}, SubjectKind.PERSON),
        ({"姓名": "欧阳上官司马", "证件": "3401001900****0017"}, SubjectKind.PERSON),
        ({"姓名": "安大", "证件": UNIVERSITY}, SubjectKind.ORGANISATION),
        ({"姓名": "甲乙", "证件": "12345678-8"}, SubjectKind.ORGANISATION),
        ({"姓名": "John Smith"}, SubjectKind.PERSON),
        # nine places: a passport, a travel permit, or an organisation's code
        ({"姓名": "John Smith", "证件": "E12345678"}, SubjectKind.PERSON),
        ({"姓名": "John Smith", "证件": "563289714"}, SubjectKind.PERSON),
        ({"姓名": "屈怀瑾", "证件": "H1234****"}, SubjectKind.PERSON),
        ({"姓名": "屈怀瑾", "证件": "身份证：3401001900****0017"}, SubjectKind.PERSON),
        ({"姓名": "合肥甲乙商贸有限公司", "证件": "E12345678"}, SubjectKind.ORGANISATION),
        # the codes of public bodies and societies begin like citizen ids: 12, 51, 52
        ({"姓名": "安徽大学", "证件": "12340000******019J"}, SubjectKind.ORGANISATION),
        ({"姓名": "安大", "证件": "123400004850******"}, SubjectKind.ORGANISATION),
        ({"姓名": "合肥市第一人民医院", "证件": "1234************1X"}, SubjectKind.ORGANISATION),
        ({"姓名": "张伟", "证件": "5134011900******1X"}, SubjectKind.PERSON),
        # a name with a title, several names, a long name without dots, and firms in Latin letters
        ({"姓名": "屈怀瑾教授"}, SubjectKind.PERSON),
        ({"姓名": "屈怀瑾、张伟"}, SubjectKind.PERSON),
        ({"姓名": "艾力亚尔吐尔洪"}, SubjectKind.PERSON),
        ({"姓名": "买买提?吐尔逊"}, SubjectKind.PERSON),
        ({"姓名": "乌云其木格"}, SubjectKind.PERSON),
        ({"姓名": "Jürgen Müller"}, SubjectKind.PERSON),
        ({"姓名": "Иван Петров", "证件": "723456789"}, SubjectKind.PERSON),
        ({"姓名": "伊万·彼得罗夫", "证件": "723456789"}, SubjectKind.PERSON),
        ({"姓名": "屈怀瑾（香港居民）", "证件": "H01234567"}, SubjectKind.PERSON),
        ({"姓名": "QU HUAI JIN（屈怀瑾）"}, SubjectKind.PERSON),
        ({"姓名": "屈怀瑾（身份证号码3401001900****0017）"}, SubjectKind.PERSON),
        ({"姓名": "奇瑞商用车（安徽）"}, SubjectKind.ORGANISATION),
        ({"姓名": "Anhui Widgets Company Limited"}, SubjectKind.ORGANISATION),
        ({"姓名": "Anhui Widgets Co., Ltd."}, SubjectKind.ORGANISATION),
        ({"姓名": "张三", "类型": "个体工商户"}, SubjectKind.ORGANISATION),
    ],
)
def test_kind_of_subject(values: dict[str, Any], kind: SubjectKind) -> None:
    assert read_one(values).record.subject.kind is kind


def test_a_full_citizen_id_tells_sex_and_birth_year() -> None:
    found = read_one({"iname": "张三", "证件": "３４０１００１９０００１０４００１７"})
    subject = found.record.subject
    assert (subject.sex, subject.birth_year) == (Sex.MALE, 1900)
    assert subject.identifiers[0].value == MAN
    assert found.warnings == ()


def test_contradictions_with_the_citizen_id_are_warnings_without_the_number() -> None:
    found = read_one({"姓名": "张三", "证件": MAN, "性别": "女", "出生日期": "1901-02-03"})
    assert found.warnings == ("身份证号码所示性别与所填性别不一致", "身份证号码所示出生日期与所填出生日期不一致")
    assert (found.record.subject.sex, found.record.subject.birth_year) == (Sex.FEMALE, 1901)


@pytest.mark.parametrize("name", [MAN, "3401001900****0017"])
def test_a_number_in_the_place_of_the_name_is_no_record_that_nobody_is_compared_with(name: str) -> None:
    rejected = reject_one({"姓名": name, "证件": "屈怀瑾"})
    assert rejected.field == "name"
    assert "填反" in rejected.reason
    assert MAN not in rejected.reason + rejected.value


def test_an_identifier_that_fails_its_check_is_kept_or_quarantined() -> None:
    wrong = MAN[:-1] + "8"
    found = read_one({"姓名": "张三", "证件": wrong})
    assert found.warnings == ("身份证号码 340100********0018 校验不通过",)
    assert found.record.subject.identifiers[0].value == wrong
    rejected = reject_one({"姓名": "张三", "证件": wrong}, invalid_identifiers="quarantine")
    assert (rejected.field, rejected.value) == ("identifier", "340100********0018")
    assert "校验不通过" in rejected.reason


def test_several_numbers_in_one_cell() -> None:
    found = read_one({"姓名": "某大学", "证件": f"{UNIVERSITY}、48500108-6"})
    kinds = [i.kind for i in found.record.subject.identifiers]
    assert kinds == [IdentifierKind.USCC, IdentifierKind.ORGANISATION_CODE]


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        (f"{MAN}/E12345678", [MAN, "E12345678"]),
        (f"{MAN} E12345678", [MAN, "E12345678"]),
        (f"{MAN}（旧证E12345678）", [MAN, "E12345678"]),
        (f"身份证：{MAN}，护照：E12345678", [MAN, "E12345678"]),
        ("340100 19000104 0017", [MAN]),
        ("3401001900 ****0017", ["3401001900****0017"]),
        ("3401001900(****)0017", ["3401001900****0017"]),
    ],
)
def test_two_numbers_however_they_are_parted_and_one_that_is(cell: str, values: list[str]) -> None:
    found = read_one({"姓名": "屈怀瑾", "证件": cell})
    assert [i.value for i in found.record.subject.identifiers] == values


@pytest.mark.parametrize(
    ("written", "name", "former"),
    [
        ("合肥甲公司（原合肥乙公司）", "合肥甲公司", ("合肥乙公司",)),
        ("合肥甲公司(曾用名：合肥乙公司、合肥丙公司)", "合肥甲公司", ("合肥乙公司", "合肥丙公司")),
        ("张三（曾用名张四）", "张三", ("张四",)),
        ("安徽甲（原料）厂", "安徽甲（原料）厂", ()),
        ("安徽甲（集团）公司", "安徽甲（集团）公司", ()),
        ("（原合肥乙公司）", "（原合肥乙公司）", ()),
        ("阿&#183;乙", "阿·乙", ()),
        ("阿&middot;乙", "阿·乙", ()),
        ("张\n三", "张 三", ()),
    ],
)
def test_former_names_in_brackets(written: str, name: str, former: tuple[str, ...]) -> None:
    subject = read_one({"姓名": written}).record.subject
    assert (subject.name, subject.former_names) == (name, former)


def test_published_age_stays_age_and_zero_is_none() -> None:
    person = read_one({"姓名": "张三", "年龄": 45}).record
    organisation = read_one({"姓名": "合肥甲公司", "年龄": 0}).record
    assert isinstance(person, Listing)
    assert isinstance(organisation, Listing)
    assert (person.age, person.subject.birth_year, organisation.age) == (45, None, None)


def test_year_and_month_of_birth() -> None:
    assert read_one({"姓名": "张三", "出生日期": "1901年2月"}).record.subject.birth_year == 1901


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"姓名": ""}, "name", "缺少名称"),
        ({"姓名": "暂无"}, "name", "缺少名称"),
        ({"姓名": "张三", "证件": "1" * 300}, "identifier", "证件号码过长，不是证件号码"),
        (
            {"姓名": "", "案号": "", "性别": "男"},
            "number",
            "主键字段（案号或文号、名称）全部为空，看不出是哪条记录",
        ),
    ],
)
def test_what_cannot_be_read_has_a_field_and_a_reason(values: dict[str, Any], field: str, reason: str) -> None:
    rejected = reject_one(values)
    assert (rejected.field, rejected.reason) == (field, reason)
    assert Reader(mapping()).read(RawRow(ORIGIN, rejected.raw)) == [rejected]


# Before, each of these sent the whole row to quarantine, and its subject was not screened for an odd date.
@pytest.mark.parametrize(
    ("values", "field", "doubt"),
    [
        ({"发布日期": "2018-02-30"}, "published_on", "发布日期不是可识别的日期（2018-02-30），未使用"),
        ({"性别": "580"}, "sex", "性别不是认得的写法（580），未使用"),
        ({"年龄": "4500"}, "age", "年龄超出合理范围（4500），未使用"),
        ({"发布日期": f"身份证{MAN}"}, "published_on", f"发布日期不是可识别的日期（身份证{hide(MAN)}），未使用"),
    ],
)
def test_a_list_entry_loses_an_unreadable_field_but_is_not_lost(
    values: dict[str, Any], field: str, doubt: str
) -> None:
    found = read_one({"姓名": "张三", "证件": MAN} | values)
    assert found.warnings == (doubt,)
    columns = to_columns(found.record)
    assert columns.get(field) is None
    without = read_one({"姓名": "张三", "证件": MAN})
    assert (found.key, columns) == (without.key, to_columns(without.record))


def test_a_field_that_the_mapping_requires_still_sends_the_row_to_quarantine() -> None:
    bad = reject_one({"姓名": "张三", "发布日期": "昨天"}, required=["published_on"])
    assert (bad.field, bad.reason) == ("published_on", "发布日期不是可识别的日期")


def test_a_part_of_the_key_that_cannot_be_read_is_blank_in_it() -> None:
    found = read_one({"姓名": "张三", "发布日期": "2018-02-30"}, key=["name", "published_on"])
    assert found.key == "张三|"


def test_other_kinds_of_records_are_not_read_without_a_field() -> None:
    project = {
        "title": "项目",
        "record": "applicant",
        "list": "",
        "key": ["application"],
        "constants": {"system": "kj", "role": "leader"},
        "fields": {"name": "姓名", "application": "编号", "year": "年度"},
    }
    assert reject_one({"姓名": "张三", "编号": "1", "年度": "去年"}, **project).field == "year"


def test_a_rejected_row_names_its_record_where_it_can() -> None:
    good = read_one({"姓名": "张 三"})
    bad = reject_one({"姓名": "张三", "证件": "1" * 300})
    assert good.key == bad.key == "(2018)皖01执1号|张三"


def test_identity_numbers_are_hidden_in_what_is_shown() -> None:
    rejected = reject_one({"姓名": "张三", "发布日期": f"身份证{MAN}"}, required=["published_on"])
    assert MAN not in rejected.value + rejected.reason


def test_keys_are_unambiguous_short_and_blind_to_width() -> None:
    keys = [
        read_one({"姓名": n, "案号": c}).key for n, c in [("b|c", "a"), ("c", "a|b"), ("Ａ", "１"), ("A", " 1 ")]
    ]
    assert keys[0] != keys[1]
    assert keys[2] == keys[3] == "1|A"
    long = [read_one({"姓名": "长" * 3000 + end}).key for end in "甲乙"]
    assert long[0] != long[1]
    assert max(map(len, long)) <= 512


def test_value_tables_first_then_the_fields_own_words() -> None:
    fields = {
        "name": "姓名",
        "kind": {"from": "类型", "values": "kinds"},
        "reason": {"from": "原因", "values": "why"},
    }
    tables = {"kinds": {"580": "自然人", "581": "法人"}, "why": {"1": "规避执行"}}
    changes = {"fields": fields, "values": tables, "key": ["name"]}
    found = read_one({"姓名": "张三", "类型": "５８０", "原因": 1}, **changes)
    assert isinstance(found.record, Listing)
    assert (found.record.subject.kind, found.record.reason) == (SubjectKind.PERSON, "规避执行")
    assert read_one({"姓名": "张三", "类型": "自然人"}, **changes).record.subject.kind is SubjectKind.PERSON
    unknown = read_one({"姓名": "张三", "原因": "2", "类型": "582"}, **changes)
    assert unknown.warnings[1] == "列入原因的代码不在对照表中（2），未使用"
    assert reject_one({"姓名": "张三", "原因": "2"}, required=["reason"], **changes).field == "reason"


def test_patterns_splits_and_nested_fields() -> None:
    fields = {
        "name": "人.姓名",
        "number": {"from": "标题", "pattern": r"(\d{4})年"},
        "former_names": {"from": "曾用名", "split": "#"},
        "birth_year": {"from": "标题", "pattern": "生于([0-9]{4})"},
    }
    found = read_one({"人": {"姓名": "张三"}, "标题": "2018年名单", "曾用名": "张四#张五"}, fields=fields)
    assert isinstance(found.record, Listing)
    assert (found.record.number, found.record.subject.birth_year) == ("2018", None)
    assert found.record.subject.former_names == ("张四", "张五")


def test_parts_of_a_row() -> None:
    team = {
        "title": "项目",
        "record": "applicant",
        "key": ["system", "application", "role", "name"],
        "constants": {"system": "kj"},
        "fields": {"application": "编号", "title": "项目"},
        "parts": [
            {
                "constants": {"role": "applying_unit", "kind": "organisation"},
                "fields": {"name": "单位", "uscc": "代码"},
            },
            {"constants": {"role": "项目负责人"}, "fields": {"name": "负责人", "citizen_id": "身份证"}},
            {"constants": {"role": "member"}, "fields": {"name": "成员", "birth_date": "生日"}},
        ],
    }
    row = {"编号": "18-01", "项目": "甲", "单位": "安徽大学", "代码": UNIVERSITY, "负责人": "张三", "身份证": MAN}
    outcomes = Reader(SourceMapping.model_validate(team)).read(RawRow(ORIGIN, row | {"备注": "急"}))
    assert [type(o) for o in outcomes] == [Read, Read]
    records = [o.record for o in outcomes if isinstance(o, Read)]
    assert all(isinstance(r, Applicant) for r in records)
    assert [r.role for r in records if isinstance(r, Applicant)] == [Role.APPLYING_UNIT, Role.LEADER]
    assert [o.extra for o in outcomes if isinstance(o, Read)] == [{"备注": "急"}] * 2

    with_bad_member = Reader(SourceMapping.model_validate(team)).read(
        RawRow(ORIGIN, row | {"成员": "李四", "生日": "?"})
    )
    assert [type(o) for o in with_bad_member] == [Read, Read, Rejected]
    nobody = Reader(SourceMapping.model_validate(team)).read(RawRow(ORIGIN, {"编号": "18-02", "项目": "乙"}))
    assert [(type(o), getattr(o, "reason", "")) for o in nobody] == [(Rejected, "缺少名称")]


def test_penalties_in_yuan_and_licence_states() -> None:
    penalty = {
        "title": "处罚",
        "record": "penalty",
        "key": ["document_number"],
        "fields": {"name": "名", "document_number": "号", "decided_on": "日", "fine_yuan": "罚款", "note": "注"},
    }
    row = RawRow(ORIGIN, {"名": "合肥甲公司", "号": "皖知〔2018〕1号", "日": "2018-11-30", "罚款": 2000})
    (found,) = Reader(SourceMapping.model_validate(penalty)).read(row)
    assert isinstance(found, Read)
    assert isinstance(found.record, Penalty)
    assert found.record.fine == Decimal("0.2")
    licence = penalty | {"record": "licence", "fields": {**penalty["fields"], "state": "状态"}}  # type: ignore[dict-item]
    del licence["fields"]["fine_yuan"]  # type: ignore[attr-defined]
    for text, state in [("", LicenceState.VALID), ("注销", LicenceState.CANCELLED), ("有效", LicenceState.VALID)]:
        (outcome,) = Reader(SourceMapping.model_validate(licence)).read(
            RawRow(ORIGIN, {**row.values, "状态": text})
        )
        assert isinstance(outcome, Read)
        assert getattr(outcome.record, "state", None) is state
    of_event = licence | {"fields": {**licence["fields"], "event": "事项"}}  # type: ignore[dict-item]
    for event, text, state in [
        ("注销", "", LicenceState.CANCELLED),
        ("撤销", "已注销", LicenceState.CANCELLED),
        ("变更", "", LicenceState.VALID),
        ("注销", "有效", None),
    ]:
        values = {**row.values, "状态": text, "事项": event}
        (outcome,) = Reader(SourceMapping.model_validate(of_event)).read(RawRow(ORIGIN, values))
        assert (getattr(outcome.record, "state", None) if isinstance(outcome, Read) else None) is state
        if isinstance(outcome, Rejected):
            assert outcome.reason == "办理事项是“注销”，当前状态却是“有效”，请改正其中之一"


def test_removals_need_only_the_key() -> None:
    removal = {"removal": {"from": "状态", "values": ["3", "删除"]}}
    row = {"案号": "1", "姓名": "张三", "证件": "1" * 300}
    assert read(row | {"状态": 3}, **removal) == [Removed(ORIGIN, "1|张三")]
    assert isinstance(read(row | {"状态": "1"}, **removal)[0], Rejected)


def test_empty_rows_and_notes_are_skipped() -> None:
    layout = {"layout": {"skip": "合计|说明"}}
    for values in ({}, {"姓名": " ", "案号": None}, {"姓名": "合计：3 条", "案号": ""}):
        assert read(values, **layout) == [Skipped(ORIGIN)]
    assert read_one({"案号": "(2018)合计", "姓名": "张三"}, **layout).key == "(2018)合计|张三"


def test_broken_rows_are_kept_as_text() -> None:
    (found,) = Reader(mapping()).read(BrokenRow(ORIGIN, f'{{"id": {MAN}\0', "不是 JSON"))
    assert isinstance(found, Rejected)
    assert (found.readable, found.reason) == (False, "不是 JSON，看不出是哪条记录")
    assert MAN not in found.value


def test_a_broken_row_names_its_records_by_what_is_sure_of_it() -> None:
    parts = [{"constants": {"kind": "person"}}, {"constants": {"kind": "organisation"}, "needs": ["sex"]}]
    reader = Reader(mapping(parts=parts))
    for sure, keys in (
        ({"案号": "1", "姓名": "张三", "性别": "男"}, ["1|张三", "1|张三"]),
        ({"案号": "1", "姓名": "张三"}, ["1|张三"]),
        ({"性别": "男"}, [""]),
        ({}, [""]),
    ):
        found = reader.read(BrokenRow(ORIGIN, "原文", "坏", sure))
        assert [(o.key, o.readable, o.raw, o.part) for o in found if isinstance(o, Rejected)] == [
            (key, False, "原文", part) for part, key in enumerate(keys)
        ]


def test_long_texts_are_clipped_with_a_warning() -> None:
    found = read_one({"姓名": "长" * 20_000})
    assert len(found.record.subject.name) == 10_000
    assert found.warnings == ("名称超过 10000 字，已截短",)


def test_wrong_constants_are_wrong_settings() -> None:
    with pytest.raises(SettingsError, match=r"constants\.age"):
        Reader(mapping(constants={"age": 999}))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.text(max_size=40),
    st.binary(max_size=8),
    st.sampled_from(
        [MAN, UNIVERSITY, "3401001900****0017", "暂无", "2018-11-30", "男", "长期", "\ud800\0", "张三"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
MAPPINGS = sorted(path.stem for path in (shipped("mappings") / "sources").glob("*.toml"))


@pytest.mark.parametrize("name", MAPPINGS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_nothing_escapes_record_or_quarantine(name: str, data: st.DataObject) -> None:
    shipped_mapping = load_mapping(shipped("mappings"), name)
    known = sorted(shipped_mapping.source_names())
    row = data.draw(
        st.fixed_dictionaries({}, optional=dict.fromkeys(known, VALUES)).flatmap(
            lambda fields: st.dictionaries(st.text(max_size=6), VALUES, max_size=3).map(lambda more: more | fields)
        )
    )
    outcomes = Reader(shipped_mapping).read(RawRow(ORIGIN, row))
    assert outcomes
    for outcome in outcomes:
        if isinstance(outcome, Read):
            check_stored(outcome)
        elif isinstance(outcome, Rejected):
            assert "读取该行时出错" not in outcome.reason
            assert outcome.reason
    raw = orjson.loads(orjson.dumps(plain_row(row)))
    assert Reader(shipped_mapping).read(RawRow(ORIGIN, raw)) == outcomes


def check_stored(outcome: Read) -> None:
    """What the store keeps is JSON without what PostgreSQL refuses, and comes back as the same record."""
    columns = to_columns(outcome.record)
    text = orjson.dumps([columns, outcome.extra, list(outcome.warnings)]).decode()
    assert "\\u0000" not in text
    assert len(outcome.key) <= 512
    assert from_columns(type(outcome.record), columns) == outcome.record
    assert subject_from_columns(columns) == outcome.record.subject


@settings(max_examples=60, deadline=None)
@given(row=st.dictionaries(st.text(max_size=5), VALUES, max_size=5))
def test_plain_rows_stay_as_they_are(row: dict[str, Any]) -> None:
    once = plain_row(row)
    assert plain_row(once) == once
    assert plain_row(orjson.loads(orjson.dumps(once))) == once
