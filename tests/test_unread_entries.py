"""A new entry whose row nobody could read: whom it names is not cleared, by night, at the gate, or looked up."""

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from credit_sync.lookup import ground, look_up, subject_asked_for
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.gate import Cause, Passage
from credit_sync.screening.index_files import open_index
from credit_sync.screening.unread_entries import (
    KnownUnread,
    UnreadEntries,
    applicants_named,
    unread_entries,
    why_named,
)
from credit_sync.screening.unread_entry import UnreadEntry, Wanted, unread_entry, wanted_of
from credit_sync.sources.lists import states_of_lists
from credit_sync.sources.reading import MISPLACED
from credit_sync.store import quarantine, schema
from credit_sync.store.applicants import subjects_of
from credit_sync.subjects.identifiers import IdentifierKind, SubjectKind, recognise
from credit_sync.subjects.subject import Subject
from tests.listed_world import (
    DAMAGES,
    EVERYBODY,
    LISTABLE,
    STRANGERS,
    ListedWorld,
    entry,
    firm_code,
    person_number,
    quoted,
)

NUMBER, OTHER = person_number("19020304", 23), person_number("19120914", 34)
CODE = firm_code(100023)
STRANGER = len(LISTABLE)
COMES_APART = [
    "comma in the name",
    "comma in the number",
    "comma before",
    "cut within the number",
    "cut within the name",
    "name null",
    "no name",
    "line end in the name",
    "bytes that are no text",
    "a byte in the number that is no text",
    "tabs",
]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> ListedWorld:
    return ListedWorld(engine, tmp_path)


@pytest.mark.parametrize("who", [0, 4, 5])
def test_no_damage_to_its_row_clears_whom_a_new_entry_is_about(world: ListedWorld, who: int) -> None:
    cleared = []
    for number, damage in enumerate(DAMAGES):
        world.deliver(entry(f"(2016)皖01执{number}号", *LISTABLE[who], damage))
        pulled = world.night(accept_shrink=True)
        assert pulled is not None
        if pulled.state == "accepted" and world.answer(who).passage is Passage.CLEAR:
            cleared.append(damage)
        assert world.answer(STRANGER).passage is Passage.CLEAR
        assert STRANGER not in world.flagged()
    assert cleared == []


@pytest.mark.parametrize("damage", COMES_APART)
def test_whom_a_row_names_that_came_apart(world: ListedWorld, damage: str) -> None:
    world.deliver()
    world.night()
    assert world.answer(0).passage is Passage.CLEAR
    world.deliver(entry("(2016)皖01执1号", *LISTABLE[0], damage))
    world.night()
    assert world.counts.judged in (1, 2), "who is named, and whom it was read as if that is somebody"
    [reason] = world.answer(0).reasons
    assert (reason.cause, reason.applicant is None) == (Cause.UNREAD_ENTRY, False)
    assert reason.text.startswith("名单中有未能读取的行写有这个名称或号码，不能排除（隔离区 debtors rows.csv 第 1")
    assert LISTABLE[0][1] not in reason.text
    assert screened(world)["0"] == ("unverifiable", reason.text)
    assert looked_up(world, *LISTABLE[0]) == (Verdict.UNVERIFIABLE, reason.text)
    assert looked_up(world, *EVERYBODY[STRANGER]) == (Verdict.CLEAR, "")
    world.night()
    assert world.counts.judged == 0
    world.deliver(entry("(2016)皖01执1号", *LISTABLE[0]))
    world.night()
    assert [r.cause for r in world.answer(0).reasons] == [Cause.FLAG_OPEN]
    world.deliver()
    world.night(accept_shrink=True)
    assert world.answer(0).passage is Passage.CLEAR


def test_two_entries_under_one_key_are_both_known(world: ListedWorld) -> None:
    """The second contradicts the first and waits in quarantine."""
    mapping = world.folder / "mappings" / "sources" / "debtors.toml"
    text = mapping.read_text("utf-8")
    start = text.index("key = [")
    mapping.write_text(text[:start] + 'key = ["number"]' + text[text.index("]", start) + 1 :], encoding="utf-8")
    world.deliver(*(entry("(2016)皖01执1号", *LISTABLE[who]) for who in (0, 5)))
    world.night()
    assert [world.answer(who).passage for who in (0, 5, STRANGER)] == [
        Passage.HOLD,
        Passage.UNKNOWN,
        Passage.CLEAR,
    ]


def test_a_row_with_a_cell_too_many_is_told_of(world: ListedWorld) -> None:
    world.deliver(entry("(2016)皖01执1号", *LISTABLE[0], "comma in the name"))
    world.night()
    with world.engine.connect() as connection:
        [row] = quarantine.list_quarantined(connection, source="debtors")
    assert (row.reason, row.row) == (MISPLACED, 14)
    assert LISTABLE[0][1] not in row.value
    world.deliver(entry("(2016)皖01执1号", *LISTABLE[0]))
    world.night()
    with world.engine.connect() as connection:
        assert not list(quarantine.list_quarantined(connection, source="debtors"))


def test_rows_that_are_always_uneven_are_how_a_source_writes(world: ListedWorld) -> None:
    world.deliver(*(quoted([f"(2016)皖01执{n}号", f"李雷第{n}的厂", firm_code(700000 + n)]) for n in range(20)))
    world.night()
    with world.engine.connect() as connection:
        assert not list(quarantine.list_quarantined(connection, source="debtors"))


def person(name: str, number: str = "") -> Subject:
    return _subject(SubjectKind.PERSON, name, number)


def firm(name: str, number: str = "") -> Subject:
    return _subject(SubjectKind.ORGANISATION, name, number)


def _subject(kind: SubjectKind, name: str, number: str) -> Subject:
    found = recognise(number, kind) if number else None
    return Subject(kind=kind, name=name, identifiers=(found,) if found else ())


@pytest.mark.parametrize(
    "raw",
    [
        "1,张,伟,",
        '{"姓名": "\\u5f20伟"',
        "张偉",
        f"张伟,{NUMBER}",
        f"张伟,{NUMBER[:10]}****{NUMBER[14:]}",
        f"张伟,{NUMBER[:6]}××××××××{NUMBER[14:]}",
        f"3,{NUMBER[1:]}",
        f"案号3，{NUMBER[:6]}{NUMBER[8:17]}",
        {"n": "张伟", "i": float(NUMBER[:15] + "000")},
        {"所有": [{"姓名": "张伟"}]},
        f"x{OTHER}，张伟",
        # two entries run together, the other's number whole: whose it is nobody knows
        f"（2018）1号,张伟,{NUMBER[:9]}\n（2018）2号,王五,{OTHER}",
        f"张伟,{NUMBER[:9]}□{NUMBER[10:]},（2018）2号,王五,{OTHER}",
        {"n": "张伟", "i": OTHER, "法定代表人号码": person_number("19100101", 1)},
        orjson.dumps({"n": "张伟", "i": ["citizen_id", NUMBER, True]}).decode(),
    ],
)
def test_rows_that_name_a_person(raw: Any) -> None:
    assert why_named(UnreadEntries([unread_entry("甲", raw)]), {7: person("张伟", NUMBER)}).keys() == {7}


@pytest.mark.parametrize(
    "raw",
    [
        {"n": "张伟", "i": OTHER},
        {"n": "张伟", "i": f"{OTHER[:10]}****{OTHER[14:]}", "j": OTHER[:6]},
        orjson.dumps({"n": "张伟", "i": ["citizen_id", OTHER, True]}).decode(),
        "张伟强",
        "王张伟",
        "张",
        "合肥张伟商贸有限公司",
        "",
    ],
)
def test_rows_that_name_somebody_else(raw: Any) -> None:
    assert not why_named(UnreadEntries([unread_entry("甲", raw)]), {7: person("张伟", NUMBER)})


@pytest.mark.parametrize(
    "raw",
    [
        "1,合肥谌恺农业,科技有限公司",
        f"9,{CODE[1:]}",
        f"{CODE[8:16]}-{CODE[16]}",
        "合肥諶愷農業科技有限公司",
        "1,合肥谌恺农",
    ],
)
def test_rows_that_name_a_firm(raw: str) -> None:
    assert why_named(UnreadEntries([unread_entry("甲", raw)]), {7: firm("合肥谌恺农业科技有限公司", CODE)})


def test_a_reason_names_some_rows_and_counts_the_others() -> None:
    entries = [unread_entry(f"甲 第 {n} 行", "张,伟") for n in range(5)]
    [why] = why_named(UnreadEntries(entries), {7: person("张伟")}).values()
    assert why.endswith("（甲 第 0 行、甲 第 1 行、甲 第 2 行 等 5 行）")


_PIECES = st.sampled_from(
    [
        "安徽",
        "安",
        "合肥谌恺农业科技有限公司",
        "合肥谌恺农业",
        "张",
        "伟",
        "强",
        ",",
        "\n",
        "3401",
        CODE,
        OTHER,
        NUMBER,
    ]
)
_LONG = "安徽省" + "高新技术产业开发" * 5 + "有限公司"


@given(rows=st.lists(st.lists(_PIECES | st.just(_LONG) | st.just(_LONG[:40])).map("".join), max_size=8))
def test_in_order_of_their_beginnings_the_same_rows_are_found(rows: list[str]) -> None:
    entries = [unread_entry(f"第 {n} 行", raw) for n, raw in enumerate(rows)]
    found = UnreadEntries(entries)
    asked = [
        person("张伟", NUMBER),
        person("张伟强"),
        firm("安徽"),
        firm("合肥谌恺农业科技有限公司", CODE),
        firm(_LONG),
        firm(_LONG[:39]),
    ]
    for subject in asked:
        one_by_one = [e.where for e in entries if any(names(e, wanted) for wanted in wanted_of(subject))]
        assert found.naming(subject) == one_by_one


def names(row: UnreadEntry, wanted: Wanted) -> bool:
    """At any of its pieces; where a row was cut off, two characters have to be there."""
    return any(row.text[s : s + 2] == wanted.text[:2] and row.names(wanted, s) for s in row.starts)


def test_the_night_names_whom_comparing_everybody_names(world: ListedWorld) -> None:
    damaged = [(*LISTABLE[n % 8], damage) for n, damage in enumerate(COMES_APART)]
    name, number = STRANGERS[0]
    damaged.append((name, number[:6] + number[8:17], "no name"))
    world.deliver(*(entry(f"(2016)皖01执{n}号", *row) for n, row in enumerate(damaged)))
    world.night()
    with world.engine.connect() as connection:
        unread = unread_entries(connection, states_of_lists(connection, world.settings, world.now).values())
        everybody = subjects_of(connection, list(connection.scalars(select(schema.applicant.c.id))))
        named = applicants_named(connection, unread, {})
        assert named == why_named(unread, everybody)
    assert len(named) == 7


def test_rows_that_are_kept_are_read_anew_when_others_are_in_quarantine(world: ListedWorld) -> None:
    known = KnownUnread()

    def named() -> set[int]:
        with world.engine.connect() as connection:
            states = states_of_lists(connection, world.settings, world.now).values()
            kept = known.of(connection, states)
            assert known.of(connection, states) is kept
        return {who for who, (name, number) in enumerate(LISTABLE[:2]) if kept.naming(person(name, number))}

    world.deliver(entry("(2016)皖01执1号", *LISTABLE[0], "comma in the name"))
    world.night()
    assert named() == {0}
    world.deliver(entry("(2016)皖01执1号", *LISTABLE[1], "comma in the name"))
    world.night(accept_shrink=True)
    assert named() == {1}
    world.deliver(entry("(2016)皖01执1号", *LISTABLE[0], "comma in the name"))
    world.night(accept_shrink=True)
    assert named() == {0}
    world.deliver()
    world.night(accept_shrink=True)
    assert named() == set()


def screened(world: ListedWorld) -> dict[str, tuple[str, str]]:
    a, s = schema.applicant, schema.screening
    joined = a.join(s, s.c.applicant_id == a.c.id)
    with world.engine.connect() as connection:
        rows = connection.execute(select(a.c.application, s.c.verdict, s.c.reason).select_from(joined))
        return {row.application: (row.verdict, row.reason) for row in rows}


def looked_up(world: ListedWorld, name: str, number: str) -> tuple[Verdict, str]:
    subject = subject_asked_for(name, "", number if person_like(number) else "", date(2026, 3, 4))
    with world.engine.connect() as connection:
        index = open_index(connection, world.folder / "index")
        found = look_up(connection, subject, ground(connection, world.settings, world.now, index))
    return found.verdict, found.reason


def person_like(number: str) -> bool:
    found = recognise(number, SubjectKind.PERSON)
    return found is not None and found.kind is IdentifierKind.CITIZEN_ID
