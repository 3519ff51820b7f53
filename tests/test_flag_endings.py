"""Flags and the cases they hang on: many cases of one subject, cases that leave their list, in whatever way."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pull_world import FIRST_NIGHT, World, entry
from sqlalchemy import Engine, select

from credit_sync.pulling.leaving import give_up
from credit_sync.pulling.rollback import roll_back
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.screen import ScreenCounts, screen
from credit_sync.settings import Settings
from credit_sync.shipped import shipped
from credit_sync.sources.lists import states_of_lists
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.orders import Order
from credit_sync.store.schema import flag, match, screening
from credit_sync.subjects.identifiers import SubjectKind, recognise
from credit_sync.subjects.subject import Subject

USCC = "91340321MA2U7G6H7D"
CODE = "MA2U7G6H-7"
MAN = "340100190001040017"
COMPANY = "安徽谌恺农业科技股份有限公司"
APPLICANTS = """
title = "申报主体"
record = "applicant"
key = ["application", "name"]
constants = { system = "kj" }
fields = { application = "编号", name = "名称", identifier = "证件", role = "角色" }
"""


class Nights(World):
    """The lists `a` and `b`, and one company and one person who apply."""

    def __post_init__(self) -> None:
        super().__post_init__()
        (self.folder / "mappings" / "sources" / "applicants.toml").write_text(APPLICANTS, encoding="utf-8")
        for name in ("measures.toml", "screening"):
            copy = shutil.copytree if (shipped("mappings") / name).is_dir() else shutil.copy
            copy(shipped("mappings") / name, self.folder / "mappings" / name)  # type: ignore[operator]
        (self.folder / "p").mkdir()
        self.pull(
            "p",
            {"编号": "1", "名称": COMPANY, "证件": USCC, "角色": "申报单位"},
            {"编号": "1", "名称": "屈怀瑾", "证件": MAN, "角色": "项目负责人"},
        )

    @property
    def settings(self) -> Settings:
        lists = super().settings
        source = {"kind": "file", "mapping": "applicants", "folder": "p", "pattern": "*.jsonl"}
        people = Settings.model_validate({"sources": {"p": source}}).sources
        return lists.model_copy(update={"sources": lists.sources | people})

    def without(self, name: str) -> Settings:
        kept = {source: found for source, found in self.settings.sources.items() if source != name}
        return self.settings.model_copy(update={"sources": kept})

    def screen(self, settings: Settings | None = None) -> ScreenCounts:
        run = self.begin()
        counts = screen(self.engine, settings or self.settings, run)
        ledger.finish(self.engine, run, "done")
        return counts

    def flags(self) -> list[tuple[bool, str, int]]:
        """Each flag: open or not, why it closed, how many cases it has."""
        cases = select(match.c.flag_id).where(match.c.closed_at.is_(None))
        with self.engine.connect() as connection:
            open_cases = list(connection.scalars(cases))
            rows = connection.execute(select(flag).order_by(flag.c.id)).all()
        return [(row.closed_at is None, row.close_reason, open_cases.count(row.id)) for row in rows]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Nights:
    return Nights(engine, tmp_path / "world")


def case(number: object, name: str = COMPANY, code: str = USCC, **more: Any) -> dict[str, Any]:
    return entry(number, name, 证件=code, **more)


def pull_both(world: Nights, *rows: dict[str, Any]) -> None:
    world.pull("a", *rows)
    world.pull("b", case("别人", "合肥别的有限公司", "91340100MA2U7G6H0X"))


def test_thirty_cases_of_one_company_are_one_flag_with_thirty_cases(world: Nights) -> None:
    spellings = [
        COMPANY,
        "安徽谌恺农业科技股份有限公司 ",
        "安徽諶愷農業科技股份有限公司",
        "谌恺农业科技股份有限公司",
    ]
    numbers = [USCC, CODE, CODE.replace("-", ""), "９１３４０３２１ＭＡ２Ｕ７Ｇ６Ｈ７Ｄ"]
    rows = [case(f"(2018)皖01执{n}号", spellings[n % 4], numbers[n // 4 % 4]) for n in range(30)]
    pull_both(world, *rows, entry("x1", "屈怀瑾", 证件=MAN), entry("x2", "屈 怀瑾", 证件=MAN))
    counts = world.screen()
    assert counts.flags.opened == 2
    assert sorted(world.flags()) == [(True, "", 2), (True, "", 30)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((COMPANY, USCC), ("安徽谌凯农业公司", CODE), True),
        ((COMPANY, USCC), (COMPANY, ""), False),
        ((COMPANY, ""), (f" {COMPANY}", ""), True),
        ((COMPANY, "91340321MA2U7G****"), (COMPANY, "91340321MA2U7G****"), True),
        ((COMPANY, "913403210000000000"), ("别的公司", "913403210000000000"), False),
        (("甲经营部", MAN), ("乙经营部", MAN), False),
    ],
)
def test_a_full_valid_number_decides_alone(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    def digest(name: str, number: str) -> str:
        found = recognise(number, SubjectKind.ORGANISATION)
        return listed_subject(
            Subject(kind=SubjectKind.ORGANISATION, name=name, identifiers=(found,) if found else ())
        )

    assert (digest(*one) == digest(*other)) is same


def test_what_says_nothing_of_its_own_number_stays_as_it_was() -> None:
    """A digest that changed would close every flag and open it again."""
    nameless = Subject(kind=SubjectKind.PERSON, name="屈·怀瑾")
    assert listed_subject(nameless) == "5a01870a8a0725509ee5c0d3cb67d1cc"
    assert listed_subject(replace(nameless, kind=SubjectKind.ORGANISATION)) != listed_subject(nameless)


def test_a_case_that_is_missing_from_a_whole_list_closes_its_flag_and_says_which(world: Nights) -> None:
    pull_both(world, case(1), *(entry(n) for n in (2, 3, 4)))
    world.screen()
    world.pull("a", *(entry(n) for n in (2, 3, 4)))
    assert world.screen().flags.closed == 1
    assert world.flags() == [(False, "名单条目 1 已不在 2018-11-05 取得的名单（第 2 版）中", 0)]
    world.pull("a", case(1), *(entry(n) for n in (2, 3, 4)))
    assert world.screen().flags.opened == 1
    assert world.flags() == [(True, "", 1)]


def test_a_case_removed_by_a_delta_closes_its_flag(world: Nights) -> None:
    world.pull("a", entry(1))
    world.pull("b", case(7), case(8), *(entry(n) for n in (2, 3, 4)))
    world.screen()
    world.pull("b", case(7, 状态="删除"), case(8, 状态="删除"))
    world.screen()
    gone = "已由来源于 2018-11-05 移出名单"
    assert world.flags() == [(False, f"名单条目 7 {gone}；名单条目 8 {gone}", 0)]


def test_the_day_of_removal_closes_the_flag_without_any_pull(world: Nights) -> None:
    pull_both(world, case(1, 移出日期="2018-11-05", 移出原因="已履行"), entry(2))
    world.screen()
    assert world.flags() == [(True, "", 1)]
    world.screen()
    assert world.flags() == [(False, "名单条目 1 已于 2018-11-05 移出名单", 0)]


def test_a_case_that_has_left_keeps_its_day_and_its_reason(world: Nights) -> None:
    """However often its applicant is judged anew: when and why it left is what the history tells."""

    def left() -> list[Any]:
        columns = (match.c.listing_id, match.c.closed_at, match.c.changed_at, match.c.close_reason)
        with world.engine.connect() as connection:
            return list(connection.execute(select(*columns).where(match.c.closed_at.is_not(None))).all())

    pull_both(world, case(1), case(2), entry(3))
    world.screen()
    world.pull("a", case(2), entry(3))
    world.screen()
    first = left()
    assert [row.close_reason for row in first] == ["名单条目 1 已不在 2018-11-05 取得的名单（第 2 版）中"]
    world.pull("a", case(2, "安徽谌恺农业科技有限公司"), entry(3))
    assert world.screen().judged
    assert left() == first


def test_cases_that_stay_keep_the_flag_which_tells_what_left(world: Nights) -> None:
    pull_both(world, case(1), case(2), entry(3))
    first = world.screen()
    assert (first.flags.opened, first.flags.changed) == (1, 0)
    assert world.screen().flags.changed == 0
    world.pull("a", case(2), entry(3))
    left = world.screen()
    assert (left.flags.opened, left.flags.changed, left.flags.closed) == (0, 1, 0)
    assert world.flags() == [(True, "", 1)]
    closed = [reason for reason in world.rows(match, "close_reason") if reason != ("",)]
    assert closed == [("名单条目 1 已不在 2018-11-06 取得的名单（第 2 版）中",)]
    world.pull("a", case(2), entry(3), case(4))
    assert world.screen().flags.changed == 1
    assert world.flags() == [(True, "", 2)]


def test_a_rollback_closes_and_opens_flags(world: Nights) -> None:
    pull_both(world, case(1), entry(2), entry(3))
    world.pull("a", case(1), case(4), entry("x", "屈怀瑾", 证件=MAN), entry(2), entry(3))
    world.screen()
    assert sorted(world.flags()) == [(True, "", 1), (True, "", 2)]
    run = world.begin()
    roll_back(world.engine, run, "a", 1, Order("tester", "平台送错了名单"))
    ledger.finish(world.engine, run, "done")
    counts = world.screen()
    assert (counts.flags.changed, counts.flags.closed) == (1, 1)
    assert sorted(world.flags()) == [
        (False, "名单条目 x 已随名单回退到第 1 版而移出（平台送错了名单）", 0),
        (True, "", 1),
    ]


def test_history_is_no_hit_whatever_agrees(world: Nights) -> None:
    pull_both(world, case(1, 移出日期="2018-10-31"), entry("x", "屈怀瑾", 证件=MAN, 移出日期="2018-11-01"))
    counts = world.screen()
    assert (counts.flags.opened, counts.verdicts["clear"]) == (0, 2)
    assert world.rows(match, "listing_id") == []


def test_a_source_taken_out_of_the_configuration_neither_hits_nor_clears_in_silence(world: Nights) -> None:
    world.pull("a", entry(2))
    world.pull("b", case(1))
    settings = world.without("b")
    assert world.screen().verdicts["clear"] == 1
    assert world.screen(settings).verdicts == {**dict.fromkeys(("clear", "possible", "probable"), 0)} | {
        "unverifiable": 1,
        "confirmed": 1,
    }
    with world.engine.connect() as connection:
        state = states_of_lists(connection, settings, FIRST_NIGHT + timedelta(days=3))["debtors"]
        why = dict(connection.execute(select(screening.c.verdict, screening.c.reason)).all())  # type: ignore[arg-type]
    assert (state.stale, state.live) == (True, 2)
    assert state.reason == why["unverifiable"] == "数据源 b 已不在配置中，其 1 条名单条目不再更新"
    run = world.begin()
    with writing(world.engine) as connection:
        give_up(connection, run, settings, "b", Order("tester", "改由 a 提供"))
    ledger.finish(world.engine, run, "done")
    assert world.screen(settings).verdicts["clear"] == 2
    assert world.flags() == [(False, "名单条目 1 已随数据源 b 停用而移出（改由 a 提供）", 0)]


def test_a_corrected_number_moves_the_case_to_another_flag(world: Nights) -> None:
    pull_both(world, case(1, code=""), entry(2))
    world.screen()
    world.pull("a", case(1), entry(2))
    world.screen()
    moved = "名单条目的主体信息已更正，相关条目转到同一申报主体的另一条预警"
    assert sorted(world.flags()) == [(False, moved, 0), (True, "", 1)]
