"""A listed organisation reaches applicants through its legal representative, and nobody by a name alone."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from credit_sync.errors import SettingsError
from credit_sync.lookup import answer_json, ground, look_up
from credit_sync.records import Applicant, ApplicationKind, Listing, RecordKind, Role
from credit_sync.reporting.answer import answer_text
from credit_sync.reporting.explanation import explanation_text
from credit_sync.screening.comparison import Verdict, compare
from credit_sync.screening.evidence import Scales
from credit_sync.screening.explain import explain
from credit_sync.screening.faces import Via, faces
from credit_sync.screening.index_files import open_index
from credit_sync.screening.measures import Measure, load_measures
from credit_sync.screening.reference import reference
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.weights import load_weights
from credit_sync.store import schema
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind
from credit_sync.subjects.subject import Subject
from credit_sync.toml_files import load
from tests.report_night import (
    FIRST,
    SECOND,
    Night,
    case,
    empty_night,
    entry,
    organisation,
    person,
    person_number,
    zxgk,
)

SCALES = Scales(load_weights(), reference())
NUMBER = person_number("340103", "19040312", 117)
OTHER = person_number("340221", "19110705", 226)
FIRM = "合肥瀚云精密传动有限公司"


def listed(representative: str, number: str = "", **details: Any) -> Listing:
    shown = Identifier(IdentifierKind.CITIZEN_ID, number) if number else None
    firm = organisation(FIRM, 11, representative)
    return case(firm, "（2017）皖0104执1287号", legal_representative_id=shown, **details)


def test_faces() -> None:
    firm = listed("张伟", zxgk(NUMBER))
    (_, subject), (via, representative) = faces(firm)
    assert subject is firm.subject
    assert (via, representative.name, representative.employer) == (Via.LEGAL_REPRESENTATIVE, "张伟", FIRM)
    assert [number.value for number in representative.identifiers] == [zxgk(NUMBER)]
    assert [via for via, _ in faces(listed(""))] == [Via.SUBJECT]
    assert [via for via, _ in faces(case(person("张伟", NUMBER), "案"))] == [Via.SUBJECT]


@pytest.mark.parametrize(
    ("applicant", "entry_of_list", "expected"),
    [
        (person("张伟", NUMBER), listed("张伟", zxgk(NUMBER)), "confirmed"),
        (person("张伟", NUMBER), listed("张伟", NUMBER), "confirmed"),
        (person("张炜", NUMBER), listed("张伟", zxgk(NUMBER)), "probable"),
        (person("张伟", NUMBER), listed("张伟", zxgk(OTHER)), "clear"),
        (person("张伟", NUMBER, employer=FIRM), listed("张伟", zxgk(OTHER)), "clear"),
        # a name alone, common or rare, is never a flag and makes nobody unverifiable
        (person("张伟"), listed("张伟"), "clear"),
        (person("张伟"), listed("张伟", zxgk(NUMBER)), "clear"),
        (person("尉迟煜珩", region="安徽省合肥市"), listed("尉迟煜珩"), "clear"),
        # the listed organisation is where the applicant works
        (person("鲍德全", employer=FIRM), listed("鲍德全"), "probable"),
        (person("张伟", employer="合肥瀚云精密传动有限公司 "), listed("张伟"), "possible"),
        (person("张伟", employer="安徽大学"), listed("张伟"), "clear"),
        (person("王秀兰", employer=FIRM), listed("张伟"), "clear"),
        # organisations are compared with organisations only
        (organisation("安徽环湖生态监测有限公司", 15, "张伟"), listed("张伟", zxgk(NUMBER)), "clear"),
        (organisation("安徽环湖生态监测有限公司", 15, "张伟"), case(person("张伟", zxgk(NUMBER)), "案"), "clear"),
    ],
)
def test_who_is_reached(applicant: Any, entry_of_list: Listing, expected: str) -> None:
    """As screening finds it: candidates by key, then evidence."""
    found = ListingTable({1: entry_of_list}).judge([applicant], SCALES)[0]
    assert found.verdict.value == expected
    assert compare(applicant, entry_of_list, SCALES).verdict.value == expected
    assert all(match.via is Via.LEGAL_REPRESENTATIVE for _, match in found.matches)
    if found.matches:
        first = found.matches[0][1].evidence[0]
        assert (first.sentence, first.bits) == (
            f"通过名单中 {FIRM} 的法定代表人 {entry_of_list.subject.legal_representative}",
            0,
        )


def test_an_own_listing_is_direct() -> None:
    found = compare(organisation(FIRM, 11, "张伟"), listed("张伟", zxgk(NUMBER)), SCALES)
    assert (found.verdict, found.via) == (Verdict.CONFIRMED, Via.SUBJECT)


def test_the_more_telling_of_two_faces_counts() -> None:
    """A trader is listed under its owner's name: that alone leaves open who he is, his number does not."""
    trader = Subject(kind=SubjectKind.ORGANISATION, name="张伟", legal_representative="张伟")
    shown = Identifier(IdentifierKind.CITIZEN_ID, zxgk(NUMBER))
    entry_of_list = case(trader, "（2017）皖0104执1288号", legal_representative_id=shown)
    found = compare(person("张伟", NUMBER), entry_of_list, SCALES)
    assert (found.verdict, found.via) == (Verdict.CONFIRMED, Via.LEGAL_REPRESENTATIVE)
    own = case(replace(trader, identifiers=(shown,)), "（2017）皖0104执1289号")
    found = compare(person("张伟", NUMBER), own, SCALES)
    assert (found.verdict, found.via) == (Verdict.CONFIRMED, Via.SUBJECT)


def test_a_namesake_is_not_said_to_be_ruled_out() -> None:
    """A contradicting number rules out; a mere name does not."""
    table = ListingTable({1: listed("张伟", zxgk(NUMBER))})
    assert table.judge([person("张伟")], SCALES)[0].excluded == 0
    assert table.judge([person("张伟", OTHER)], SCALES)[0].excluded == 1


def reached_night(folder: Path, engine: Engine) -> Night:
    night = empty_night(folder, engine)
    night.begin(FIRST)
    firm = organisation("安徽环湖生态监测有限公司", 15, "张伟")
    night.add(FIRST, [entry("1804a09020117", "题", firm, Role.APPLYING_UNIT)])
    night.add(FIRST, [entry("1804a09020117", "题", person("张伟", NUMBER), Role.LEADER)])
    night.add(FIRST, [entry("1804a09020117", "题", person("张伟", OTHER), Role.MEMBER)])
    night.add(FIRST, [entry("1804a09020117", "题", organisation(FIRM, 11, "张伟"), Role.COOPERATING_UNIT)])
    night.add(FIRST, [listed("张伟", zxgk(NUMBER)), case(person("张伟", zxgk(NUMBER)), "（2018）皖01执9号")])
    night.version(FIRST, "debtors", 1, pulled=2, added=2, live=2)
    night.version(FIRST, "abnormal", 1, pulled=1, added=1, live=1)
    night.screen(FIRST)
    return night


def test_flags_are_apart_from_those_of_listed_persons(tmp_path: Path, engine: Engine) -> None:
    night = reached_night(tmp_path, engine)
    flag, match, applicant = schema.flag, schema.match, schema.applicant
    query = select(applicant.c.role, flag.c.via, flag.c.verdict, flag.c.measure, match.c.via.label("match_via"))
    joined = query.join(flag, flag.c.applicant_id == applicant.c.id).join(match, match.c.flag_id == flag.c.id)
    with engine.connect() as connection:
        found = connection.execute(joined.order_by(applicant.c.id, flag.c.via)).all()
    assert [(f.role, f.via, f.verdict, f.measure["effect"]) for f in found] == [
        ("leader", "legal_representative", "confirmed", "consider"),
        ("leader", "subject", "confirmed", "hold"),
        ("cooperating_unit", "subject", "confirmed", "consider"),
    ]
    assert all(f.via == f.match_via for f in found)
    assert "141号第11项" in found[0].measure["basis"]
    with engine.connect() as connection:
        before = connection.execute(select(flag).order_by(flag.c.id)).all()
    night.begin(SECOND)
    night.screen(SECOND)
    with engine.connect() as connection:
        assert connection.execute(select(flag).order_by(flag.c.id)).all() == before


def test_a_lost_number_closes_the_flag(tmp_path: Path, engine: Engine) -> None:
    night = reached_night(tmp_path, engine)
    flag, listing = schema.flag, schema.listing
    with engine.begin() as connection:
        connection.execute(
            listing.update()
            .where(listing.c.subject_kind == "organisation")
            .values(legal_representative_id=["citizen_id", zxgk(OTHER), True])
        )
    night.begin(SECOND)
    night.screen(SECOND)
    with engine.connect() as connection:
        closed = connection.execute(select(flag.c.via).where(flag.c.closed_at.is_not(None))).scalars().all()
    assert closed == ["legal_representative"]


def test_lookup_finds_the_organisation_and_says_through_whom(tmp_path: Path, engine: Engine) -> None:
    night = reached_night(tmp_path, engine)
    with engine.connect() as connection:
        index = open_index(connection, night.settings.path(night.settings.store.index))
        asked = person("张伟", NUMBER)
        answer = look_up(connection, asked, ground(connection, night.settings, FIRST.as_of, index))
    vias = {f.record.subject.name: f.comparison.via for f in answer.found if f.kind is RecordKind.LISTING}
    assert vias == {FIRM: Via.LEGAL_REPRESENTATIVE, "张伟": Via.SUBJECT}
    text, data = answer_text(answer, load_measures(), date(2018, 12, 3)), answer_json(answer)
    assert "经名单单位的法定代表人，同一人：确认" in text
    assert {found["via"] for found in data["found"] if found["record"] == "listing"} == {
        "subject",
        "legal_representative",
    }
    assert NUMBER not in text + str(data)


def test_explain_compares_the_face_that_counts() -> None:
    firm = listed("张伟", zxgk(NUMBER))
    applied = entry("1804a09020117", "题", person("张伟", NUMBER), Role.LEADER)
    text = explanation_text(applied, firm, explain(applied.subject, firm, True, SCALES))
    assert f"关联方式：通过名单中 {FIRM} 的法定代表人 张伟" in text
    assert "可见的 14 位全部一致" in text
    namesake = entry("1804a09020117", "题", person("张伟"), Role.LEADER)
    text = explanation_text(namesake, firm, explain(namesake.subject, firm, True, SCALES))
    assert "只是同名的不提示" in text
    numbered = entry(f"申{NUMBER}", "题", person("张伟"), Role.LEADER)
    assert NUMBER not in explanation_text(numbered, firm, explain(numbered.subject, firm, True, SCALES))


# Measures


def applied_as(role: Role, kind: ApplicationKind, stage: str = "") -> Applicant:
    subject = person("张伟")
    return Applicant(subject=subject, system="s", application="1", role=role, application_kind=kind, stage=stage)


def test_no_measure_through_a_representative_does_more_than_ask_for_prudence() -> None:
    measures, on = load_measures(), date(2018, 12, 3)
    for name in (*measures.lists, "unknown"):
        for role in Role:
            for kind in ApplicationKind:
                reached = measures.for_applicant(name, applied_as(role, kind), on, Via.LEGAL_REPRESENTATIVE)
                direct = measures.for_applicant(name, applied_as(role, kind), on)
                assert (reached.via, reached.effect) == (Via.LEGAL_REPRESENTATIVE, "consider")
                assert direct.via is Via.SUBJECT
    before = measures.for_applicant("x", applied_as(Role.LEADER, ApplicationKind.PROJECT), date(1990, 1, 1))
    assert before.effect == "hold"


def test_a_stage_has_its_own_measure() -> None:
    measures, on = load_measures(), date(2018, 12, 3)
    texts = {
        stage: measures.for_applicant(
            "dishonest_debtors", applied_as(Role.APPLYING_UNIT, ApplicationKind.PROJECT, stage), on
        ).title
        for stage in ("形式审查", "公示", "立项")
    }
    assert texts["公示"] == texts["立项"] != texts["形式审查"]


def test_a_site_cannot_forbid_through_a_representative(tmp_path: Path) -> None:
    path = tmp_path / "measure.toml"
    path.write_text(
        'via = "legal_representative"\neffect = "forbid"\ntitle = "t"\nbasis = "b"\ntext = "t"\n', encoding="utf-8"
    )
    with pytest.raises(SettingsError, match="经法定代表人的关联不得写"):
        load(path, Measure)


_CALLED = {
    ApplicationKind.PROJECT: {
        Role.APPLYING_UNIT: "申报",
        Role.COOPERATING_UNIT: "合作",
        Role.NOMINATING_UNIT: "推荐",
    },
    ApplicationKind.AWARD: {Role.COMPLETING_UNIT: "完成", Role.NOMINATING_UNIT: "提名"},
}
_PERSONS = {
    ApplicationKind.PROJECT: {
        Role.LEGAL_REPRESENTATIVE: "法定代表人",
        Role.LEADER: "项目人员",
        Role.MEMBER: "项目人员",
    },
    ApplicationKind.AWARD: {
        Role.LEGAL_REPRESENTATIVE: "法定代表人",
        Role.CONTRIBUTOR: "完成人",
        Role.NOMINATING_EXPERT: "提名专家",
    },
}


@pytest.mark.parametrize("kind", ApplicationKind)
def test_every_text_for_officers_is_about_the_role_that_it_is_shown_with(kind: ApplicationKind) -> None:
    """A nominating unit on a list was told of as a completing one."""
    measures, on = load_measures(), date(2018, 12, 3)
    for name in measures.lists:
        of_firms = name in ("abnormal_operations", "serious_violations")
        for role, called in (_CALLED[kind] | ({} if of_firms else _PERSONS[kind])).items():
            text = measures.for_applicant(name, applied_as(role, kind), on).text
            assert called in text.partition("疑")[0] or text.startswith("申报主体"), (name, role, text)


RULE = """
[lists.debtors]
title = "失信被执行人名单"
[[measure]]
lists = ["debtors"]
effect = "restrict"
title = "措施"
basis = "依据"
text = "内容"
from = 2018-11-05
to = 2018-12-31
"""


def test_first_and_last_day_of_a_measure_are_in_force(tmp_path: Path) -> None:
    (tmp_path / "measures.toml").write_text(RULE, "utf-8")
    measures, leader = load_measures(tmp_path), applied_as(Role.LEADER, ApplicationKind.PROJECT)
    days = (date(2018, 11, 4), date(2018, 11, 5), date(2018, 12, 31), date(2019, 1, 1))
    effects = [measures.for_applicant("debtors", leader, day).effect for day in days]
    assert effects == ["hold", "restrict", "restrict", "hold"]
    assert len({measures.stamp(day) for day in days}) == 2, "the night looks again when a measure begins or ends"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '["debtors"]',
            '["debtor"]',
            r"measure.0.lists: 没有说明名单 debtor（\[lists.debtor\]），是否想写 debtors",
        ),
        ("to = 2018-12-31", "to = 2018-01-31", "没有一天有效"),
    ],
)
def test_a_measure_that_could_never_apply_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "measures.toml").write_text(RULE.replace(old, new), "utf-8")
    with pytest.raises(SettingsError, match=said):
        load_measures(tmp_path)
