"""Names of persons with lost or hidden characters on the lists: found as whole names may be, everywhere the same way."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from credit_sync.gate import Gate
from credit_sync.lookup import Answer, ground, look_up
from credit_sync.records import Listing, Role
from credit_sync.screening.block import screen_block
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Comparison, Verdict, compare
from credit_sync.screening.damaged_names import name_shapes, one_lost
from credit_sync.screening.entries import entries_of, listed_entries
from credit_sync.screening.evidence import Scales
from credit_sync.screening.gate import Cause
from credit_sync.screening.index import FOREVER, ListingIndex, Segment
from credit_sync.screening.index_files import open_index
from credit_sync.screening.pairs import find_pairs
from credit_sync.screening.reference import reference
from credit_sync.screening.stored_keys import renew_stored_keys
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.weights import load_weights
from credit_sync.store.schema import applicant as stored_applicant
from credit_sync.store.schema import key_scheme, screening
from credit_sync.subjects.subject import Subject, SubjectKind
from tests.report_night import FIRST, Night, case, empty_night, entry, person, person_number, zxgk
from tests.test_screening_renewal import NOBODY
from tests.test_screening_renewal import Night as PulledNight

SCALES = Scales(load_weights(), reference())
ID = person_number("340103", "19040312", 117)
OTHER = person_number("340221", "19110705", 226)
MARKS = "?□\ufffd〓\ue123*×○■●某◯〇※☆★▓▒█#"
"""What stands for a character that was lost, or that somebody hid."""


def judged(asked: Subject, listed: Subject) -> tuple[Verdict, bool]:
    """What an applicant comes to against one entry, and whether the two were compared to that end."""
    [found] = ListingTable({1: Listing(subject=listed, list="x")}).judge([asked], SCALES)
    return found.verdict, bool(found.matches or found.namesake_ids)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("number", ["", ID])
def test_a_listed_name_that_misses_a_character_clears_nobody_whose_name_it_may_be(mark: str, number: str) -> None:
    # ● before a name is a mark of its line, and 某 a surname
    for shown in (f"王{mark}喆", f"王小{mark}", *([f"{mark}小喆"] if mark not in "●某" else [])):
        assert judged(person("王小喆", number), person(shown)) == (Verdict.UNVERIFIABLE, True), shown
        for other in ("王小荣喆", "李大喆", "王喆", "王大荣"):
            assert judged(person(other, number), person(shown)) == (Verdict.CLEAR, False), (other, shown)


@pytest.mark.parametrize("mark", "?□*×○")
def test_a_hidden_surname_clears_nobody_who_bears_the_rest(mark: str) -> None:
    assert judged(person("王小喆"), person(f"{mark}小喆")) == (Verdict.UNVERIFIABLE, True)
    assert judged(person("王小喆", ID), person(f"{mark}小喆", zxgk(ID)))[0].flags
    assert judged(person("王小荣", ID), person(f"{mark}小喆")) == (Verdict.CLEAR, False)


def test_a_character_of_which_both_bytes_became_signs_is_one() -> None:
    assert judged(person("王小喆"), person("王??喆")) == (Verdict.UNVERIFIABLE, True)
    assert judged(person("王大荣"), person("王??喆")) == (Verdict.CLEAR, False)


def test_a_surname_that_could_not_be_typed_leaves_part_of_the_name() -> None:
    assert judged(person("禤国维", ID), person("国维", zxgk(ID)))[0].flags
    assert judged(person("禤国维"), person("国维")) == (Verdict.CLEAR, False)


@pytest.mark.parametrize("mark", MARKS)
def test_whoever_applies_with_such_a_name_is_not_cleared(mark: str) -> None:
    assert judged(person(f"王{mark}喆"), person("王小喆"))[0] is Verdict.UNVERIFIABLE
    assert judged(person(f"王{mark}喆"), person("李建国"))[0] is Verdict.UNVERIFIABLE
    assert judged(person(f"王{mark}喆"), person(f"王{mark}喆")) == (Verdict.UNVERIFIABLE, True)


def test_numbers_tell_what_a_damaged_name_leaves_open() -> None:
    assert judged(person("王小喆", OTHER), person("王?喆", zxgk(ID)))[0] is Verdict.CLEAR
    assert judged(person("王小喆", ID), person("王?喆", zxgk(ID)))[0].flags


def test_a_name_of_which_less_than_half_is_shown_is_nobodys() -> None:
    assert name_shapes(["张某某", "张**", "某某", "??", "?"]) == set()
    assert name_shapes(["张?", "王某喆", "欧阳?竹", "?阳修?", "张伟", "某莫"]) == {"1?", "1?1", "11?1", "?11?"}
    assert judged(person("张小明"), person("张某某")) == (Verdict.CLEAR, False)
    for lost in ("张某某", "张□□", "张??"):
        assert judged(person("张小明", ID), person(lost, zxgk(ID)))[0].flags, "found by its number"


def test_any_one_character_of_a_name_may_be_lost() -> None:
    assert sorted(one_lost(["张伟"])) == ["1?", "?1"]
    assert sorted(one_lost(["王小喆", "欧阳修文", "李建国"])) == sorted(
        ["?11", "1?1", "11?", "?111", "1?11", "11?1", "111?"]
    )
    assert one_lost(["张", ""]) == []


@pytest.mark.parametrize("dotted", ["买买提●吐尔逊", "艾力●吐尔洪"])
def test_the_same_sign_between_two_parts_of_a_name_is_a_dot(dotted: str) -> None:
    plain = dotted.replace("●", "·")
    for asked, listed in ((dotted, plain), (plain, dotted)):
        assert judged(person(asked, ID), person(listed, zxgk(ID)))[0] is Verdict.CONFIRMED
    assert judged(person(dotted), person("李建国"))[0] is Verdict.CLEAR


def test_a_representative_without_a_number_is_found_at_the_employer() -> None:
    firm = "合肥瀚云精密传动有限公司"
    listed = Listing(
        subject=Subject(kind=SubjectKind.ORGANISATION, name=firm, legal_representative="鲍□全"),
        list="dishonest_debtors",
    )
    table = ListingTable({1: listed})
    for name, expected in (("鲍德全", True), ("鲍全", False), ("鲍德荣", False)):
        [found] = table.judge([person(name, employer=firm)], SCALES)
        assert found.verdict.flags == expected, name


WHOLE = st.text("王张小喆伟欧阳", min_size=2, max_size=4)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A name of which half at least is left."""
    name = draw(WHOLE)
    lost = draw(st.sets(st.integers(0, len(name) - 1), max_size=len(name) // 2))
    return "".join(draw(st.sampled_from(MARKS)) if place in lost else c for place, c in enumerate(name))


PERSONS = st.builds(person, st.one_of(WHOLE, damaged()), st.sampled_from(["", "", ID, zxgk(ID), zxgk(OTHER)]))


@settings(max_examples=300, deadline=None)
@given(
    applicants=st.lists(st.builds(person, WHOLE, st.sampled_from(["", ID])), min_size=1, max_size=4),
    listed=st.lists(PERSONS, max_size=8),
)
def test_whoever_may_be_meant_is_found_alone_and_in_a_block(
    applicants: list[Subject], listed: list[Subject]
) -> None:
    """Whatever comparing a whole name with one as long, half shown at least, comes to: screening says the same."""
    listings = {n: Listing(subject=found, list="x") for n, found in enumerate(listed)}
    table = ListingTable(listings)
    together = table.judge(applicants, SCALES)
    assert [table.judge([one], SCALES)[0] for one in applicants] == together
    for applicant, judgement in zip(applicants, together, strict=True):
        found = {n for n, _ in judgement.matches} | set(judgement.namesake_ids)
        for number, listing in listings.items():
            one = compare(applicant, listing, SCALES)
            if is_by_name(one) and len(applicant.name) == len(listing.subject.name):
                assert number in found, (applicant, listing)


def is_by_name(found: Comparison) -> bool:
    of_name = [e for e in found.evidence if (e.attribute, e.level) == ("person_name", "same")]
    return found.verdict is not Verdict.CLEAR and bool(of_name)


FIRMS = [
    "合肥华星商贸有限公司",
    "马鞍山市海邦科技发展有限公司",
    "南昌县金玉咨询服务有限公司",
    "安徽农业大学",
    "陕西永寿制药有限责任公司第三分公司",
    "恒晟集团有限公司泉州分公司",
]


@settings(deadline=None)
@given(st.sampled_from(FIRMS), st.data(), st.sampled_from("?□\ufffd〓\ue123*■●×"))
def test_a_firm_is_found_whichever_character_of_its_name_is_lost(
    name: str, data: st.DataObject, mark: str
) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    whole, damaged = (
        Subject(kind=SubjectKind.ORGANISATION, name=written)
        for written in (name, name[:place] + mark + name[place + 1 :])
    )
    for asked, listed in ((whole, damaged), (damaged, whole)):
        table = ListingTable({1: Listing(subject=listed, list="x")})
        assert table.judge([asked], SCALES)[0].verdict.flags, (asked.name, listed.name)


@pytest.mark.parametrize("mark", "?□\ufffd〓\ue123*■●×")
@pytest.mark.parametrize("name", ["贵州大学", "江淮汽车", "徽商银行", "中鼎集团", "垚林科技", "贵阳德大"])
def test_a_short_name_that_lost_a_character_clears_nobody_whose_name_it_may_be(name: str, mark: str) -> None:
    whole, other, damaged = (
        Subject(kind=SubjectKind.ORGANISATION, name=written)
        for written in (name, f"{name[0]}甲{name[2:]}"[::-1], name[:1] + mark + name[2:])
    )
    assert judged(whole, damaged)[0] is not Verdict.CLEAR
    assert judged(other, damaged) == (Verdict.CLEAR, False)
    assert not judged(whole, Subject(kind=SubjectKind.ORGANISATION, name=f"{name[0]}晟{name[2:]}"))[0].flags


@pytest.mark.parametrize(
    ("damaged", "other"),
    [
        ("合肥华□商贸有限公司", "合肥明达商贸有限公司"),
        ("合肥华□商贸有限公司", "合肥华星旅行社有限公司"),
        ("合肥华□商贸有限公司", "芜湖华星商贸有限公司"),
        ("芜湖□□商贸有限公司", "芜湖华星商贸有限公司"),
    ],
)
def test_a_firm_is_not_found_whose_name_differs_beside_what_is_lost(damaged: str, other: str) -> None:
    one, two = (Subject(kind=SubjectKind.ORGANISATION, name=name) for name in (damaged, other))
    assert judged(two, one)[0] is Verdict.CLEAR
    assert judged(one, two)[0] is Verdict.UNVERIFIABLE, "nobody is cleared as whom he is not written as"


def made_up(chosen: random.Random, count: int) -> list[str]:
    """Names as common as the population's, half of their characters rare ones."""
    names = reference().persons
    surnames, weights = zip(*names.surnames.items(), strict=True)
    given, shares = zip(*names.given_characters.items(), strict=True)
    characters = [*given, *map(chr, range(0x4E00, 0x4E00 + 1200))]
    shares = (*shares, *[0.485 / 1200] * 1200)
    return [
        chosen.choices(surnames, weights)[0]
        + "".join(chosen.choices(characters, shares, k=chosen.choice([1, 2, 2, 2])))
        for _ in range(count)
    ]


def test_a_list_of_which_one_name_in_twenty_is_damaged_floods_nobody() -> None:
    chosen = random.Random(11)
    listed = made_up(chosen, 40_000)
    for place in range(0, len(listed), 20):
        at = chosen.randrange(len(listed[place]))
        listed[place] = listed[place][:at] + "?" + listed[place][at + 1 :]
    strangers = {n: person(name) for n, name in enumerate(made_up(chosen, 1000))}
    listings = {n: Listing(subject=person(name), list="x") for n, name in enumerate(listed)}
    entries = listed_entries(listings.items())
    index = ListingIndex((Segment.of(entries, np.full(len(entries), FOREVER, np.int32)),))
    assert len(index.shapes) < 12
    pairs = find_pairs(entries_of(strangers.items(), index.shapes), index, 1)
    assert len(pairs.listings) < 5 * len(strangers)
    judgements = screen_block(list(strangers.values()), index, lambda _: listings, SCALES, FIRST.as_of.date())
    assert sum(found.verdict.flags for found in judgements) < 50


def test_what_is_left_of_a_name_is_worth_no_more_than_it_shows() -> None:
    def bits(a: str, b: str) -> float:
        return compare(person(a), Listing(subject=person(b), list="x"), SCALES).bits

    whole = bits("王小喆", "王小喆")
    assert bits("王小喆", "王?喆") == bits("王大喆", "王?喆") < whole
    assert bits("王小喆", "王?喆") < bits("王䶮喆", "王?喆") < bits("王䶮喆", "王䶮喆"), (
        "one that few systems can write"
    )
    assert bits("王小喆", "?小喆") < whole
    assert bits("王小喆", "王?喆") == bits("王?喆", "王小喆")


def test_nothing_more_is_asked_where_no_listed_name_is_damaged() -> None:
    asked = [(1, person("王小荣")), (2, person("欧阳修竹", ID))]
    plain, more = entries_of(asked, ()), entries_of(asked, ("1?1", "1111111111****1111"))
    assert listed_entries([(1, Listing(subject=person("王小荣", zxgk(ID)), list="x"))]).shapes == (
        "1111111111****1111",
    )
    assert len(plain.name_keys) == 2
    assert len(more.name_keys) == 3


APPLYING = ["王小喆", "王大喆", "李喆", "欧阳修竹", "王□喆", "张伟"]
LISTED = ["王?喆", "欧阳某竹", "王小*", "李建国"]


@pytest.fixture
def night(tmp_path: Path, engine: Engine) -> Night:
    night = empty_night(tmp_path, engine)
    night.begin(FIRST)
    night.add(FIRST, [case(person(name), f"（2018）皖01执{n}号") for n, name in enumerate(LISTED)])
    night.add(FIRST, [entry(f"18{n}", "题", person(name, ID), Role.MEMBER) for n, name in enumerate(APPLYING)])
    for name in ("debtors", "abnormal"):
        night.version(FIRST, name, 1, pulled=4, added=4, live=4)
    night.screen(FIRST)
    return night


def test_night_look_up_gate_and_explain_find_the_same(night: Night) -> None:
    with night.engine.connect() as connection:
        c, of = screening.c, stored_applicant.c
        query = select(of.id, of.subject_name, c.verdict).join(screening, c.applicant_id == of.id)
        by_night = {name: (number, Verdict(verdict)) for number, name, verdict in connection.execute(query)}
        current = open_index(connection, night.settings.path(night.settings.store.index))
        candidates = StoredCandidates(connection, current)
        gate = Gate(night.settings)
        for name, (number, verdict) in by_night.items():
            listed = names_listed(look_up_in(night, connection, name, current))
            ids = candidates.listings({0: person(name, ID)})[0]
            reasons = gate.at_once(
                connection, [entry("99", "题", person(name, ID), Role.MEMBER)], FIRST.as_of
            ).reasons
            namesakes = [reason.text for reason in reasons if reason.cause is Cause.NAMESAKES]
            assert len(ids) == len(listed), name
            assert bool(namesakes) == bool(listed), (name, number)
            assert verdict is (Verdict.UNVERIFIABLE if listed or name == "王□喆" else Verdict.CLEAR), name
        assert names_listed(look_up_in(night, connection, "王小喆", current)) == ["王?喆", "王小*"]
        assert names_listed(look_up_in(night, connection, "欧阳修竹", current)) == ["欧阳某竹"]


def test_a_look_up_finds_the_applicant_who_lost_a_character(tmp_path: Path, engine: Engine) -> None:
    """By the keys that the pull left, and by those that are made anew."""
    night = PulledNight(engine, tmp_path)
    night.deliver("list", NOBODY)
    night.deliver("applicants", [{"编号": str(n), "姓名": name} for n, name in enumerate(APPLYING)])
    night.run()
    for _ in range(2):
        with engine.connect() as connection:
            current = open_index(connection, tmp_path / "index")
            found = look_up_in(night, connection, "王小喆", current, number="").found
        assert {f.record.subject.name for f in found} == {"王小喆", "王□喆"}
        with engine.begin() as connection:
            connection.execute(key_scheme.delete())
        renew_stored_keys(engine)


def look_up_in(night: Night | PulledNight, connection: Any, name: str, current: Any, number: str = ID) -> Answer:
    rests_on = ground(connection, night.settings, FIRST.as_of, current)
    return look_up(connection, person(name, number), rests_on)


def names_listed(answer: Answer) -> list[str]:
    return sorted(f.record.subject.name for f in answer.found if isinstance(f.record, Listing))
