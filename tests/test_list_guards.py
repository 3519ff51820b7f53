"""Guards on what a list may come as, one by one, with the numbers they say; and that facts are kept with versions."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pull_world import FIRST_NIGHT, MAPPING, World, entry
from sqlalchemy import Engine

from credit_sync.errors import SettingsError
from credit_sync.pulling.guards import Observed, Prospect, refused_for_counts, refused_for_facts
from credit_sync.pulling.pull import Pulled
from credit_sync.records import RecordKind
from credit_sync.sources.mapping import Guards
from credit_sync.store import schema
from credit_sync.store.engine import writing
from credit_sync.store.facts import Facts

BEIJING, ANHUI = "北京市", "合肥市蜀山区人民法院"


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path / "world")


def guard(world: World, line: str) -> None:
    mapping = MAPPING.replace('reason = "原因"', 'reason = "原因"\nregion = "省份"\norgan = "法院"')
    world.map(mapping.replace("max_shrink = 0.5", f"max_shrink = 0.9\n{line}"))


def many(first: int, last: int, **more: Any) -> list[dict[str, Any]]:
    return [entry(n, **more) for n in range(first, last)]


def refused(pulled: Pulled, reason: str) -> None:
    assert (pulled.state, pulled.problem.partition("；未采用")[0]) == ("refused", reason)
    assert "确认无误后可用 --accept-shrink 采用" in pulled.problem


def test_a_list_that_grows_too_much(world: World) -> None:
    guard(world, "max_growth = 0.5")
    world.pull("a", *many(0, 100))
    refused(world.pull("a", *many(0, 151)), "原有 100 条记录，本次新增 51 条，超过允许的 50%")
    assert world.pull("a", *many(0, 150)).state == "accepted"
    assert world.pull("a", *many(0, 300), accept_shrink=True).state == "accepted"


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_list_most_of_which_cannot_be_read_is_refused(world: World, name: str) -> None:
    """Whoever is in the rest would be cleared: also by the first, which has nothing that it could have lost."""
    unread = [entry(n, name="") for n in range(100, 160)]
    reason = "本次 100 行中有 60 行未能读取，超过允许的 50%，原因见隔离区"
    refused(world.pull(name, *many(0, 40), *unread), reason)
    assert world.pull(name, *many(0, 40), *unread, accept_shrink=True).state == "accepted"
    assert world.pull(name, *many(0, 60), *unread).state == "accepted"
    refused(world.pull(name, *many(0, 40), *unread), reason)


def test_a_few_rows_that_cannot_be_read_are_in_quarantine_alone(world: World) -> None:
    unread = [entry(n, name="") for n in range(100, 119)]
    assert world.pull("a", *many(0, 1), *unread).state == "accepted"


def test_a_few_more_are_no_growth(world: World) -> None:
    guard(world, "max_growth = 0.5")
    world.pull("b", *many(0, 2))
    assert world.pull("b", *many(2, 21)).state == "accepted"
    refused(world.pull("b", *many(21, 61)), "原有 21 条记录，本次新增 40 条，超过允许的 50%")


def test_what_comes_without_its_numbers(world: World) -> None:
    guard(world, "min_fill = { identifier = 0.5, published_on = 0.9, citizen_id = 0.1 }")
    full = {"证件": "340100190001040017", "发布日期": "2018-10-01"}
    refused(
        world.pull("a", *many(0, 80), *many(80, 100, **full)),
        "本次新增和变更的 100 条记录中，填写率不足的有：证件号码（20.0%，要求 50%）、发布日期（20.0%，要求 90%）",
    )
    assert world.pull("a", *many(0, 1000, **full)).state == "accepted"
    later = world.pull("a", *many(0, 970, **full), *many(970, 1000, 发布日期="2018-10-01"))
    refused(
        later,
        "本次新增和变更的 30 条记录中，填写率不足的有：证件号码（0.0%，要求 50%）、身份证号码（0.0%，要求 10%）",
    )
    assert world.pull("b", *many(0, 30, **full)).state == "accepted"
    assert world.pull("b", *many(30, 60)).state == "refused"


def test_a_list_that_repeats_itself(world: World) -> None:
    guard(world, "max_duplicates = 0.2")
    rows = many(0, 80)
    refused(world.pull("a", *rows, *rows[:15], *many(0, 10, 姓名2="x", 原因="另")), REPEATED)
    assert world.pull("a", *rows, *rows[:20]).state == "accepted"


REPEATED = "本次 105 行中有 25 行与前面的行主键重复，超过允许的 20%"


def test_a_list_that_comes_by_halves(world: World) -> None:
    guard(world, "max_region_shift = 0.2")
    assert world.pull("a", *many(0, 50, 省份=BEIJING), *many(50, 100, 法院=ANHUI)).state == "accepted"
    refused(
        world.pull("a", *many(0, 50, 省份=BEIJING)),
        "北京市的条目占比由 50.0% 变为 100.0%，变动超过允许的 20%，可能只送来了一部分",
    )
    assert world.pull("a", *many(0, 50, 省份=BEIJING), *many(50, 85, 法院=ANHUI)).state == "accepted"
    refused(
        world.pull("a", *many(0, 50), *many(50, 85, 法院=ANHUI)),
        "未写明省份的条目占比由 0.0% 变为 58.8%，变动超过允许的 20%，可能只送来了一部分",
    )


def test_old_news(world: World) -> None:
    guard(world, "max_published_age_days = 30")
    assert world.pull("a", entry(1, 发布日期="2018-10-02"), entry(2, 发布日期="2099-01-01")).state == "accepted"
    refused(
        world.pull("a", entry(1, 发布日期="2018-10-02"), entry(2, 发布日期="2099-01-01")),
        "最新的发布日期是 2018-10-02，距今 31 天，超过允许的 30 天，来源可能已停止更新",
    )
    assert world.pull("b", entry(1)).state == "accepted"


def test_every_reason_is_told(world: World) -> None:
    guard(world, "max_published_age_days = 1\nmin_fill = { identifier = 1 }")
    problem = world.pull("a", *many(0, 30, 发布日期="2018-01-01")).problem
    assert "填写率不足的有：证件号码" in problem
    assert "最新的发布日期是 2018-01-01" in problem


def test_facts_are_kept_with_the_version_and_follow_its_changes(world: World) -> None:
    guard(world, "min_fill = { published_on = 0 }")
    world.pull(
        "a", entry(1, 省份="340000", 发布日期="2018-10-01"), entry(2, 省份="某地"), entry(3, 发布日期="昨天")
    )
    world.pull(
        "a", entry(1, 省份="340000", 发布日期="2018-10-01"), entry(2, 省份="某地"), entry(3, 发布日期="昨天")
    )
    world.pull("a", entry(1, 省份="340000", 发布日期="2018-10-02"), entry(2, 省份="某地"))
    (first,), (same,), (third,) = world.rows(schema.source_version, "facts")
    held = {"rows": 3, "filled": {"identifier": 0, "published_on": 1}, "provinces": {"": 2, "安徽省": 1}}
    none = {"identifier": 0, "published_on": 0}
    assert first == held | {"newest": "2018-10-01", "touched": 3, "unused": 1, "touched_filled": held["filled"]}
    assert same == held | {"newest": "2018-10-01", "touched": 0, "unused": 0, "touched_filled": none}
    assert third == {
        "rows": 2,
        "touched": 1,
        "unused": 0,
        "filled": {"identifier": 0, "published_on": 1},
        "touched_filled": {"identifier": 0, "published_on": 1},
        "provinces": {"": 1, "安徽省": 1},
        "newest": "2018-10-02",
    }


PULL = Observed(
    record=RecordKind.LISTING,
    whole=True,
    first=False,
    pulled=100,
    read=100,
    rejected=0,
    repeated=0,
    added=0,
    before=100,
    lost=0,
    held=0,
    in_force_before=100,
    newly_ended=0,
)


@pytest.mark.parametrize(
    ("guards", "at_the_bound", "beyond"),
    [
        ({"max_shrink": 0.3}, {"lost": 30}, {"lost": 31}),
        ({"max_shrink": 0}, {"lost": 0}, {"lost": 1}),
        ({"max_shrink": 0.3}, {"newly_ended": 30}, {"newly_ended": 31}),
        ({"max_shrink": 0.3}, {"newly_ended": -5}, {"newly_ended": 2, "in_force_before": 6}),
        ({"max_growth": 0.5}, {"added": 50}, {"added": 51}),
        (
            {"max_growth": 0.5},
            {"before": 4, "added": 19},
            {"before": 4, "added": 20},
        ),  # few tell nothing of shares
        ({"max_growth": 0.5}, {"before": 0, "added": 5000}, {"before": 1, "added": 5000}),
        ({"max_duplicates": 0.3}, {"repeated": 30}, {"repeated": 31}),
        ({"max_duplicates": 0}, {"repeated": 19}, {"repeated": 20}),
        ({}, {"read": 0, "before": 0}, {"read": 0, "before": 1}),
        (
            {},
            {"read": 0, "whole": False},
            {"read": 0, "whole": False, "first": True},
        ),  # a delta may say nothing new
        ({}, {"read": 0, "before": 0, "first": True, "record": RecordKind.PENALTY}, {"read": 0, "first": True}),
        ({}, {"read": 1, "before": 0, "first": True}, {"read": 0, "before": 0, "first": True}),
    ],
)
def test_counts_at_the_bound_of_a_guard_pass_and_beyond_it_do_not(
    guards: dict[str, Any], at_the_bound: dict[str, Any], beyond: dict[str, Any]
) -> None:
    assert refused_for_counts(Guards(**guards), replace(PULL, **at_the_bound)) == []
    assert len(refused_for_counts(Guards(**guards), replace(PULL, **beyond))) == 1


THEN = Facts(rows=20, provinces={"安徽省": 10, "": 10})
FILL = {"min_fill": {"identifier": 0.5}}
SHIFT = {"max_region_shift": 0.25}
AGE = {"max_published_age_days": 30}


@pytest.mark.parametrize(
    ("guards", "at_the_bound", "beyond"),
    [
        ({"max_shrink": 0.5}, Facts(rows=4, unused=2), Facts(rows=4, unused=3)),
        (FILL, Facts(touched=20, touched_filled={"identifier": 10}), Facts(touched=20, touched_filled={"identifier": 9})),
        (FILL, Facts(touched=19, touched_filled={}), Facts(touched=20, touched_filled={})),
        (SHIFT, Facts(rows=20, provinces={"安徽省": 15, "": 5}), Facts(rows=20, provinces={"安徽省": 16, "": 4})),
        (SHIFT, Facts(rows=19, provinces={"安徽省": 19}), Facts(rows=20, provinces={"安徽省": 20})),
        (SHIFT, Facts(rows=20, provinces={"安徽省": 10, "": 5, "河南省": 5}), Facts(rows=20, provinces={"安徽省": 10, "河南省": 10})),
        (AGE, Facts(newest="2018-10-02"), Facts(newest="2018-10-01")),
        (AGE, Facts(newest=""), Facts(newest="1999-01-01")),
    ],
)  # fmt: skip
def test_facts_at_the_bound_of_a_guard_pass_and_beyond_it_do_not(
    guards: dict[str, Any], at_the_bound: Facts, beyond: Facts
) -> None:
    def refused_with(facts: Facts, *, before: int = 20, last: Facts | None = THEN) -> int:
        prospect = Prospect(RecordKind.LISTING, before, FIRST_NIGHT.date(), facts, last)
        return len(refused_for_facts(Guards(**guards), prospect))

    assert refused_with(at_the_bound) == 0
    assert refused_with(beyond) == 1
    compared = guards is SHIFT or "max_shrink" in guards
    assert refused_with(beyond, before=0) == (0 if compared else 1), "where nothing was, nothing has changed"
    assert refused_with(beyond, last=None) == (0 if guards is SHIFT else 1)
    assert refused_with(beyond, last=Facts(rows=19, provinces={"": 19})) == (0 if guards is SHIFT else 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("min_fill = { birth_date = 0.5 }", "birth_date 不是可以统计的 listing 字段"),
        ("min_fill = { nmae = 0.5 }", "nmae 不是可以统计的"),
        ("min_fill = { name = 2 }", "min_fill"),
        ("max_region_shift = 0", "max_region_shift"),
    ],
)
def test_guards_that_cannot_be_used_are_wrong_settings(world: World, line: str, message: str) -> None:
    guard(world, line)
    with pytest.raises(SettingsError, match=message):
        world.mappings()


NIGHTS = st.lists(
    st.lists(
        st.builds(
            lambda number, more: entry(number, **more),
            st.integers(0, 5),
            st.sampled_from(
                [
                    {},
                    {"移出日期": "2018-10-01"},
                    {"移出日期": "2038-10-01"},
                    {"原因": "x"},
                    {"状态": "删除"},
                    {"证件": "1" * 300},
                ]
            ),
        ),
        min_size=1,
        max_size=9,
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS, name=st.sampled_from(["a", "b"]))
def test_entries_that_end_are_counted_as_the_tables_say(
    world: World, nights: list[list[dict[str, Any]]], name: str
) -> None:
    world.map(MAPPING.replace("max_shrink = 0.5", "max_shrink = 0"))
    with writing(world.engine) as connection:
        for table in schema.metadata.sorted_tables:
            connection.execute(table.delete())
    for rows in nights:
        before = in_force(world, name, world.night + 1)
        strict = world.pull(name, *rows)
        if strict.state == "refused":
            world.pull(name, *rows, accept_shrink=True)
        after = in_force(world, name, world.night)
        told = re.search("原有 ([0-9]+) 条有效条目，本次有 ([0-9]+) 条被标为已移出", strict.problem)
        numbers = (before, before - after) if before > after else None
        assert (told and tuple(map(int, told.groups()))) == numbers, strict.problem


def in_force(world: World, name: str, number: int) -> int:
    """Entries older than a night; what a whole list leaves out in it is lost, which is another guard's."""
    night = FIRST_NIGHT + timedelta(days=number - 1)
    rows = world.rows(schema.listing, "source", "first_seen", "removed_at", "removed_on")
    return sum(
        source == name
        and first_seen < night
        and (removed_at is None or (name == "a" and removed_at == night))
        and (removed_on is None or removed_on > night.date())
        for source, first_seen, removed_at, removed_on in rows
    )
