"""Every shipped mapping is usable, says one thing once, and fits the example configuration and the measures."""

import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from credit_sync.errors import SettingsError
from credit_sync.records import Listing, RecordKind, Role
from credit_sync.screening.measures import load_measures
from credit_sync.settings import load_settings
from credit_sync.shipped import shipped
from credit_sync.sources.mapping import Part, SourceMapping, load_mapping
from credit_sync.sources.outcomes import Read, Removed
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin, RawRow
from credit_sync.sources.target_fields import TARGET_FIELDS, FieldType
from credit_sync.sources.values import READERS
from credit_sync.sources.words import File as Words
from credit_sync.subjects.identifiers import IdentifierKind, SubjectKind
from credit_sync.toml_files import load

ROOT = Path(__file__).parent.parent
FOLDER = shipped("mappings")
NAMES = sorted(path.stem for path in (FOLDER / "sources").glob("*.toml"))
ORIGIN = Origin("test", "rows", 1, datetime(2018, 11, 30))

MAN = "340104190801010014"
COMPANY = "91340104MA2NLRXU5Y"


@pytest.fixture(params=NAMES)
def mapping(request: pytest.FixtureRequest) -> SourceMapping:
    return load_mapping(FOLDER, request.param)


def _groups(mapping: SourceMapping) -> list[dict[str, Any]]:
    """For each record a row becomes: our field -> its mapping, or its constant."""
    return [
        {**mapping.constants, **{name: f for name, f in mapping.fields.items() if name not in part.without}}
        | {**part.constants, **part.fields}
        for part in mapping.parts or [Part()]
    ]


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        (
            "science_management_applicants",
            '"项目骨干" = "member"',
            '"项目骨干" = "membre"',
            "values.role.项目骨干: 角色没有“membre”，可用：",
        ),
        (
            "science_management_applicants",
            '"project"',
            '"projekt"',
            "constants.application_kind: 申报类型没有“projekt”，可用：project、award",
        ),
        (
            "patent_penalty",
            "decided_on = [",
            'decided_on = { dates = ["YYYY年MM月DD日"], from = ["x"] }\n#',
            "fields.decided_on.dates: YYYY年MM月DD日 不是日期格式，例如 %Y年%m月%d日",
        ),
        (
            "patent_penalty",
            "decided_on = [",
            'decided_on = { dates = ["%d/%m"], from = ["x"] }\n#',
            "不是日期格式",
        ),
    ],
)
def test_what_no_row_could_be_read_by_is_refused(
    tmp_path: Path, name: str, right: str, wrong: str, said: str
) -> None:
    (tmp_path / "sources").mkdir()
    text = (FOLDER / "sources" / f"{name}.toml").read_text("utf-8")
    assert right in text
    (tmp_path / "sources" / "own.toml").write_text(text.replace(right, wrong), "utf-8")
    with pytest.raises(SettingsError, match=rf"own\.toml 有 1 处错误：\n  .*{said}"):
        load_mapping(tmp_path, "own")


@pytest.mark.parametrize("dates", ["excel", "epoch_ms", "%Y%m", "%d.%m.%y", "%Y-%m-%d %H:%M:%S"])
def test_dates_that_have_a_year_are_formats(dates: str) -> None:
    written = {
        "title": "x",
        "record": "listing",
        "list": "x",
        "key": ["name"],
        "fields": {"listed_on": {"from": ["a"], "dates": [dates]}},
    }
    assert SourceMapping.model_validate(written).fields["listed_on"].dates == (dates,)


def test_every_kind_of_record_has_a_mapping() -> None:
    assert {load_mapping(FOLDER, name).record for name in NAMES} == set(RecordKind)


def test_a_mapping_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="找不到文件，是否想写 dishonest_debtors"):
        load_mapping(FOLDER, "dishonest_debtor")
    with pytest.raises(SettingsError, match=r"找不到文件$"):
        load_mapping(FOLDER, "zzz")
    with pytest.raises(SettingsError, match=r"所在的文件夹也没有：请核对 config\.toml 的 mappings"):
        load_mapping(FOLDER / "nowhere", "zzz")


def test_choices_are_listed_without_english_words(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    text = (FOLDER / "sources" / "dishonest_debtors.toml").read_text("utf-8").replace('"listing"', '"list"')
    (tmp_path / "sources" / "debtors.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"record: 只能是 .*, 'applicant', 'inspection'$"):
        load_mapping(tmp_path, "debtors")


def test_a_reader_can_be_made(mapping: SourceMapping) -> None:
    Reader(mapping)


def test_provenance_is_told(mapping: SourceMapping) -> None:
    assert mapping.provenance.strip()
    assert mapping.title


def test_key_and_required_fields_are_filled(mapping: SourceMapping) -> None:
    targets = TARGET_FIELDS[mapping.record]
    needed = {name for name, field in targets.items() if field.required} | set(mapping.required)
    for group in _groups(mapping):
        assert needed <= set(group)
        assert "name" in mapping.key or "document_number" in mapping.key
    assert set(mapping.key) <= {name for group in _groups(mapping) for name in group}


def test_a_source_field_means_one_thing(mapping: SourceMapping) -> None:
    for group in _groups(mapping):
        sources = [name for field in group.values() if hasattr(field, "from_") for name in field.from_]
        assert len(sources) == len(set(sources)), sorted({s for s in sources if sources.count(s) > 1})


def test_value_tables_are_used_and_lead_to_known_words(mapping: SourceMapping) -> None:
    used = set()
    for group in _groups(mapping):
        for name, field in group.items():
            if table := getattr(field, "values", ""):
                used.add(table)
                kind = TARGET_FIELDS[mapping.record][name].type
                for word in mapping.values[table].values():
                    if word and kind in READERS:
                        READERS[kind](word)  # raises for a word that nobody knows
    assert used == set(mapping.values)


@pytest.mark.parametrize("word", ["男", "女", "男性", "女性", "1", "2"])
def test_sexes_are_known(word: str) -> None:
    assert READERS[FieldType.SEX](word) is not None


@pytest.mark.parametrize("name", ["science_management_applicants", "award_applicants"])
@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("申报单位", Role.APPLYING_UNIT),
        ("牵头单位", Role.APPLYING_UNIT),
        ("合作单位", Role.COOPERATING_UNIT),
        ("推荐单位", Role.NOMINATING_UNIT),
        ("提名者（专家）", Role.NOMINATING_EXPERT),
        ("主要完成单位", Role.COMPLETING_UNIT),
        ("项目负责人", Role.LEADER),
        ("项目骨干", Role.MEMBER),
        ("主要完成人", Role.CONTRIBUTOR),
    ],
)
def test_roles_are_known(name: str, word: str, role: Role) -> None:
    row = {"申报编号": "1", "项目名称": "某项目", "角色": word, "名称": "某某", "姓名": "某某"}
    (read,) = Reader(load_mapping(FOLDER, name)).read(RawRow(ORIGIN, row))
    assert isinstance(read, Read)
    assert read.record.role is role  # type: ignore[union-attr]


def test_lists_are_described_once_and_alike() -> None:
    measures = load_measures(FOLDER)
    for name in NAMES:
        mapping = load_mapping(FOLDER, name)
        if mapping.record is RecordKind.LISTING:
            assert measures.lists[mapping.list].title == mapping.title
            assert mapping.guards.max_shrink < 1


def test_measures_name_known_lists_and_end_with_a_default() -> None:
    measures = load_measures(FOLDER)
    assert {name for measure in measures.measure for name in measure.lists} == set(measures.lists)
    last = measures.measure[-1]
    assert (last.lists, last.roles, last.application_kinds, last.stages, last.effect) == ((), (), (), (), "hold")
    assert not any(measure.effect == "forbid" for measure in measures.measure)


def test_the_example_configuration_uses_every_mapping() -> None:
    """Also the one that is only a suggestion, behind a `# `."""
    settings = load_settings(ROOT / "config.example.toml")
    sources, _, _ = (ROOT / "config.example.toml").read_text("utf-8").partition("[channels.")
    suggested = set(re.findall(r'^# mapping = "(\w+)"', sources, re.MULTILINE))
    assert {source.mapping for source in settings.sources.values()} | suggested == set(NAMES)
    assert "example-only" not in (ROOT / "config.example.toml").read_text(encoding="utf-8")


def test_demo_secrets_are_those_the_configuration_names() -> None:
    content = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    auths = [source["auth"] for source in content["sources"].values() if "auth" in source]
    named = {auth.get("secret_env") or auth["token_env"] for auth in auths}
    demo = (ROOT / "examples/demo.env").read_text(encoding="utf-8").splitlines()
    assert named == {line.split("=")[0] for line in demo if "=" in line and not line.startswith("#")}


DEBTOR_LAYOUTS: list[tuple[str, dict[str, Any], SubjectKind, IdentifierKind]] = [
    (
        "zxgk, a person",
        {"iname": "某甲", "cardNum": "3401041908****0019", "age": 110, "sexy": "男", "partyTypeName": "581"}
        | {"caseCode": "（2018）皖0104执1号", "businessEntity": "", "publishDate": "2018年05月06日"},
        SubjectKind.PERSON,
        IdentifierKind.CITIZEN_ID,
    ),
    (
        "zxgk, an organisation",
        {"iname": "合肥甲乙丙有限公司", "cardNum": "MA2NLRXU-5", "age": 0, "sexy": "", "partyTypeName": "0"}
        | {"caseCode": "（2018）皖0104执1号", "businessEntity": "某乙", "publishDate": "2018年05月06日"},
        SubjectKind.ORGANISATION,
        IdentifierKind.ORGANISATION_CODE,
    ),
    (
        "the copy shared with governments",
        {"bzxrmc": "某甲", "sfzhm": MAN, "zzjgdm": "", "xb": "男性", "bzxrxz": "自然人", "csrq": "1908-01-01"}
        | {"ah": "（2018）皖0104执1号", "fbrq": "20180506"},
        SubjectKind.PERSON,
        IdentifierKind.CITIZEN_ID,
    ),
    (
        "upper-case columns of a sharing platform",
        {"ID": 1, "INAME": "某甲", "CARDNUM": MAN, "CASE_CODE": "（2018）皖0104执1号", "PARTY_TYPE_NAME": "1"}
        | {"发布日期": "2018-05-06"},
        SubjectKind.PERSON,
        IdentifierKind.CITIZEN_ID,
    ),
    (
        "the portal's /remote/484/",
        {"法人名称": "合肥甲乙丙有限公司", "法人代表": "某乙", "组织机构代码": "", "统一社会信用代码": COMPANY}
        | {"案号": "（2018）皖0104执1号", "是否撤销": "否", "撤销日期": "", "发布日期": "2018-05-06 00:00:00"},
        SubjectKind.ORGANISATION,
        IdentifierKind.USCC,
    ),
    (
        "a plain list file",
        {"listing_id": "（2018）皖0104执1号", "kind": "person", "name": "某甲", "identifier": MAN}
        | {"sex": "male", "age": 110, "region": "安徽", "published_on": "2018-05-06"},
        SubjectKind.PERSON,
        IdentifierKind.CITIZEN_ID,
    ),
]


@pytest.mark.parametrize(
    ("row", "kind", "identifier"), [case[1:] for case in DEBTOR_LAYOUTS], ids=[case[0] for case in DEBTOR_LAYOUTS]
)
def test_debtors_in_every_layout(row: dict[str, Any], kind: SubjectKind, identifier: IdentifierKind) -> None:
    (read,) = Reader(load_mapping(FOLDER, "dishonest_debtors")).read(RawRow(ORIGIN, row))
    assert isinstance(read, Read), read
    assert isinstance(read.record, Listing)
    assert read.record.subject.kind is kind
    assert [found.kind for found in read.record.subject.identifiers] == [identifier]
    assert read.record.number == "（2018）皖0104执1号"
    assert read.record.published_on == date(2018, 5, 6)


def test_a_withdrawn_debtor_is_removed() -> None:
    row = {"法人名称": "合肥甲乙丙有限公司", "案号": "（2018）皖0104执1号", "是否撤销": "是"}
    (outcome,) = Reader(load_mapping(FOLDER, "dishonest_debtors")).read(RawRow(ORIGIN, row))
    assert isinstance(outcome, Removed)


@pytest.mark.parametrize("name", ["abnormal_operations", "serious_violations"])
@pytest.mark.parametrize("written", [1525564800000, "1525564800000", "2018-05-06", "2018年05月06日", "20180506"])
def test_days_of_the_publicity_system(name: str, written: str | int) -> None:
    row = {"entname": "合肥甲乙丙有限公司", "uniscid": COMPANY, "abntime": written, "remDate": None}
    (read,) = Reader(load_mapping(FOLDER, name)).read(RawRow(ORIGIN, row))
    assert isinstance(read, Read), read
    assert isinstance(read.record, Listing)
    assert (read.record.listed_on, read.record.removed_on) == (date(2018, 5, 6), None)


def test_a_row_of_recommendations_is_up_to_three_applicants() -> None:
    row = {
        "项目编号": "TJ1",
        "项目名称": "某项目",
        "申报单位": "合肥甲乙丙有限公司",
        "项目负责人": "某甲",
        "身份证号": MAN,
    }
    reader = Reader(load_mapping(FOLDER, "offline_projects"))
    both = [o.record.role for o in reader.read(RawRow(ORIGIN, row)) if isinstance(o, Read)]  # type: ignore[union-attr]
    assert both == [Role.APPLYING_UNIT, Role.LEADER]
    outcomes = reader.read(RawRow(ORIGIN, row | {"合作单位": "安徽大学"}))
    assert len(outcomes) == 3
    assert all(isinstance(outcome, Read) for outcome in outcomes)


def test_a_word_of_two_meanings_is_refused(tmp_path: Path) -> None:
    text = (FOLDER / "words.toml").read_text(encoding="utf-8")
    (tmp_path / "words.toml").write_text(
        text.replace('"提名专家", ', '"提名专家", "提名单位", '), encoding="utf-8"
    )
    with pytest.raises(SettingsError, match=r"role: 提名单位 写了不止一次"):
        load(tmp_path / "words.toml", Words)
