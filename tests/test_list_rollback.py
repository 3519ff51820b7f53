"""Versions of lists: back to an earlier one, what differs between two, a source given up; on both databases."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pull_world import FIRST_NIGHT, World, entry
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from credit_sync.errors import CreditSyncError
from credit_sync.pulling.leaving import give_up
from credit_sync.pulling.rollback import roll_back
from credit_sync.pulling.take_over import NOT_MADE_GOOD
from credit_sync.settings import Settings
from credit_sync.sources.lists import watched_lists
from credit_sync.store import ledger, schema
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.list_changes import ListChange, changes_of, moves
from credit_sync.store.list_history import Version, accepted_versions
from credit_sync.store.lists import Unwatched, list_states, unwatched
from credit_sync.store.orders import Order
from credit_sync.store.quarantine import list_quarantined
from credit_sync.store.versions import pull_in_force

ABOUT = {"id", "version", "first_seen", "changed_at", "changed_in", "removed_at", "place", "row", "source"}
"""Columns about a record; the rest, its digest among them, is what it says."""


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path / "world")


def live(world: World, source: str) -> dict[str, Mapping[str, Any]]:
    """What the live records of a source say, by key."""
    table = schema.listing
    query = table.select().where(table.c.source == source, table.c.removed_at.is_(None))
    with world.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return {row["key"]: {name: value for name, value in row.items() if name not in ABOUT} for row in rows}


def back(world: World, source: str, to: int) -> Counts:
    run = world.begin()
    taken = roll_back(world.engine, run, source, to, Order("tester", "名单有误"))
    ledger.finish(world.engine, run, "done")
    return taken.counts


def forget(world: World, run: Run, settings: Settings) -> int:
    with writing(world.engine) as connection:
        return give_up(connection, run, settings, "b", Order("tester", "改由省平台提供")).counts.removed


NUMBERS = st.integers(min_value=0, max_value=9)
ROWS = st.one_of(
    st.builds(
        entry,
        NUMBERS,
        st.sampled_from(["张三", "李四"]),
        发布日期=st.sampled_from(["2018-10-01", "2018-10-02", "2018-02-30"]),
        备注=st.sampled_from([1, {"b": 1.5, "a": [None, "x"]}, "\u4e00\U00020000"]),
    ),
    st.builds(lambda number: {"案号": number, "姓名": "张三", "状态": "删除"}, NUMBERS),
    st.just("{坏"),
)
STEPS = st.one_of(
    st.lists(ROWS, max_size=8).map(lambda rows: ("pull", rows)),
    st.lists(ROWS, max_size=8).map(lambda rows: ("guarded", rows)),
    st.integers(min_value=0, max_value=5).map(lambda back_by: ("back", back_by)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=2, max_size=7), name=st.sampled_from(["a", "b"]))
def test_a_rollback_gives_exactly_what_a_version_held(
    world: World, steps: list[tuple[str, Any]], name: str
) -> None:
    """Whatever pulls (whole and delta, taken over and refused) and rollbacks came before, to any accepted version."""
    for source in ("a", "b"):
        with world.engine.begin() as connection:
            for table in (schema.listing, schema.source_version, schema.record_history, schema.subject_key):
                connection.execute(table.delete())
        assert live(world, source) == {}
    held: dict[int, dict[str, Mapping[str, Any]]] = {}
    last: dict[int, list[Any]] = {}
    for step, what in steps:
        if step == "back":
            if len(held) < 2:
                continue
            to = sorted(held)[:-1][what % (len(held) - 1)]
            back(world, name, to)
            assert live(world, name) == held[to]
            last[accepted(world, name)] = last[to]
        else:
            result = world.pull(name, *what, accept_shrink=step == "pull")
            if result.state != "accepted":
                continue
            last[accepted(world, name)] = what
        held[accepted(world, name)] = live(world, name)
    check_changes(world, name, held)
    if name == "a" and held:
        current = max(held)
        again = world.pull("a", *last[current], accept_shrink=True)
        assert again.counts.news == 0
    check_keys_and_history(world)


def check_changes(world: World, source: str, held: dict[int, dict[str, Mapping[str, Any]]]) -> None:
    """Between any two versions came, went and changed exactly what their records say."""
    with world.engine.connect() as connection:
        versions = {v.number: v for v in accepted_versions(connection, source)}
        for older, newer in combinations(sorted(held), 2):
            then, now = held[older], held[newer]
            expected = dict.fromkeys(now.keys() - then.keys(), "came")
            expected |= dict.fromkeys(then.keys() - now.keys(), "went")
            expected |= {key: "changed" for key in then.keys() & now.keys() if then[key] != now[key]}
            assert {
                c.said["number"]: c.what for c in changes(connection, versions[older], versions[newer])
            } == expected


def changes(connection: Connection, older: Version, newer: Version) -> list[ListChange]:
    """What came, went and changed, which its history and what it said tell alike."""
    moved = list(moves(connection, older, newer))
    found = list(changes_of(connection, older, newer, [number for number, _ in moved]))
    assert [change.what for change in found] == [what for _, what in moved]
    return found


def accepted(world: World, source: str) -> int:
    with world.engine.connect() as connection:
        return accepted_versions(connection, source)[0].number


def check_keys_and_history(world: World) -> None:
    """History has no gap, and each record's last version is the record's."""
    versions = dict(world.rows(schema.listing, "id", "version"))
    seen: dict[int, int] = {}
    for record_id, version in world.rows(schema.record_history, "record_id", "version"):
        assert version == seen.get(record_id, 0) + 1
        seen[record_id] = version
    assert seen == versions


def test_a_rollback_is_a_version_on_record(world: World) -> None:
    world.pull("a", entry(1), entry(2), entry(3))
    world.pull("a", entry(1, "李四"), entry(2), entry(4))
    counts = back(world, "a", 1)
    assert counts == Counts(pulled=2, added=1, changed=1, removed=1, live=3)
    columns = ("version", "delivery", "state", "reason", "who", "back_to", "live")
    assert world.rows(schema.source_version, *columns)[-1] == (
        3,
        "rollback",
        "accepted",
        "名单有误",
        "tester",
        1,
        3,
    )
    touched = [key for key, version in world.rows(schema.listing, "key", "changed_in") if version == 3]
    assert sorted(touched) == ["1", "3", "4"]
    assert world.pull("a", entry(1), entry(2), entry(3)).counts.unchanged == 3


def test_a_rollback_makes_no_list_younger_and_the_next_delta_goes_on_from_there(world: World) -> None:
    for name in ("a", "b"):
        for number in range(3):
            world.pull(name, *(entry(n) for n in range(number + 1)))
    world.pull("a", entry(0))
    assert world.night == 7  # the last was refused: it lost two of three
    back(world, "b", 1)
    back(world, "a", 2)
    with world.engine.connect() as connection:
        assert pull_in_force(connection, "b") == FIRST_NIGHT + timedelta(days=3)
        assert pull_in_force(connection, "a") == FIRST_NIGHT + timedelta(days=1)
        state = list_states(connection, FIRST_NIGHT + timedelta(days=8.5), watched_lists(world.mappings()))[
            "debtors"
        ]
    assert (state.stale, state.live, dict(state.versions)) == (True, 3, {"a": 5, "b": 4})
    assert "数据源 a 上次成功取数是 2018-11-02 02:00" in state.reason
    back(world, "b", 3)
    with world.engine.connect() as connection:
        assert pull_in_force(connection, "b") == FIRST_NIGHT + timedelta(days=5)
    back(world, "b", 4)  # itself a rollback, to the first
    with world.engine.connect() as connection:
        assert pull_in_force(connection, "b") == FIRST_NIGHT + timedelta(days=3)


def test_a_rollback_makes_no_refusal_good(world: World) -> None:
    """What was refused may name others, and nobody has brought it since: the list clears nobody."""

    def reason() -> str:
        with world.engine.connect() as connection:
            now = FIRST_NIGHT + timedelta(days=world.night - 1)
            return list_states(connection, now, watched_lists(world.mappings()))["debtors"].reason

    for name in ("a", "b"):
        for number in (2, 3):
            world.pull(name, *(entry(n) for n in range(number)))
    assert world.pull("a", entry(9)).state == "refused"
    refused = reason()
    assert refused.startswith("数据源 a 最近一次取到的名单没有采用")
    back(world, "a", 1)
    assert reason() == refused
    world.pull("a", entry(0), entry(9))
    assert reason() == ""
    assert world.pull("b", *(entry(n, 状态="删除") for n in range(3)), entry(9)).state == "refused"
    refused = reason()
    back(world, "b", 1)
    assert reason() == refused
    world.pull("b", entry(4))
    assert reason() == f"{refused}{NOT_MADE_GOOD}"


def test_a_row_that_waited_at_a_version_waits_again_after_a_rollback(world: World) -> None:
    """Or it would be neither a record nor in quarantine."""
    unreadable = "1" * 300
    world.pull("b", entry(1), entry(2, 证件=unreadable))
    world.pull("b", entry(2), entry(3, 证件=unreadable))
    with world.engine.connect() as connection:
        assert [row.resolution for row in list_quarantined(connection, resolved=True)] == [
            "该记录后来已正常读入",
            "",
        ]
    back(world, "b", 1)
    assert sorted(live(world, "b")) == ["1"]
    with world.engine.connect() as connection:
        assert [row.resolution for row in list_quarantined(connection)] == ["", ""]


def test_only_earlier_accepted_versions_can_be_gone_back_to(world: World) -> None:
    world.pull("a", entry(1), entry(2), entry(3))
    world.pull("a")
    world.pull("a", entry(1), entry(2), entry(4))
    for to, message in (
        (2, "没有已采用的第 2 版（可以回退的版本：1）"),
        (3, "现在就是第 3 版"),
        (9, "没有已采用的第 9 版"),
    ):
        with pytest.raises(CreditSyncError, match=message):
            back(world, "a", to)
    with pytest.raises(CreditSyncError, match="没有名为 c 的名单数据源"):
        back(world, "c", 1)
    assert len(world.rows(schema.source_version, "version")) == 3
    with world.engine.begin() as connection:
        connection.execute(schema.source_version.update().values(delivery="query"))
    with pytest.raises(CreditSyncError, match="是逐个查询的，没有整份的版本可以回退"):
        back(world, "a", 1)


def test_a_rollback_without_its_audit_entry_is_none(world: World) -> None:
    world.pull("a", entry(1), entry(2))
    world.pull("a", entry(1))
    refuse = {
        "sqlite": "CREATE TRIGGER no_entry BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END",
        "postgresql": "ALTER TABLE audit ADD CONSTRAINT no_entry CHECK (action <> 'rollback')",
    }
    with world.engine.begin() as connection:
        connection.execute(text(refuse[connection.dialect.name]))
    with pytest.raises(DBAPIError):
        back(world, "a", 1)
    assert len(live(world, "a")) == 1
    with world.engine.connect() as connection:
        assert [version.number for version in accepted_versions(connection, "a")] == [2, 1]


def test_a_source_given_up_is_gone_and_begins_anew(world: World) -> None:
    world.pull("b", entry(1), entry(2))
    run = world.begin()
    kept = world.settings.sources
    without = world.settings.model_copy(update={"sources": {"a": kept["a"]}})
    with pytest.raises(CreditSyncError, match="还在配置中"):
        forget(world, run, world.settings)
    with world.engine.connect() as connection:
        assert unwatched(connection, {}) == [Unwatched("b", "debtors", 2)]
    assert forget(world, run, without) == 2
    ledger.finish(world.engine, run, "done")
    assert live(world, "b") == {}
    with world.engine.connect() as connection:
        assert pull_in_force(connection, "b") is None
        assert unwatched(connection, {}) == [], "who has no entries makes no list doubtful"
    with pytest.raises(CreditSyncError, match="没有留下在册的记录"):
        forget(world, world.begin(), without)
    assert "首次取数没有读到任何记录" in world.pull("b").problem
    assert world.pull("b", entry(1), entry(2)).counts.added == 2


def test_what_changed_between_two_versions(world: World) -> None:
    world.pull("a", entry(1), entry(2), entry(3), entry(4))
    world.pull("a", entry(1, "李四", 发布日期="2018-10-01"), entry(2), entry(3), entry(5))
    world.pull("a", entry(1), entry(2), entry(3), entry(5), entry(6))

    def between(older: int, newer: int) -> list[tuple[str, str, tuple[str, ...]]]:
        with world.engine.connect() as connection:
            versions = {v.number: v for v in accepted_versions(connection, "a")}
            found = changes(connection, versions[older], versions[newer])
            return [(c.what, c.said["number"], c.fields) for c in found]

    assert between(1, 2) == [
        ("changed", "1", ("subject_name", "published_on")),
        ("went", "4", ()),
        ("came", "5", ()),
    ]
    assert between(1, 3) == [("went", "4", ()), ("came", "5", ()), ("came", "6", ())]
    assert between(2, 3) == [("changed", "1", ("subject_name", "published_on")), ("came", "6", ())]
    assert [what for what, *_ in between(1, 2)] == ["changed", "went", "came"]
