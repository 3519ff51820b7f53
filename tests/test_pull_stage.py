"""The pull stage: history, counts, guards, failures, list ages and the quarantine's life, on both databases."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pull_world import FIRST_NIGHT, MAPPING, World, entry
from sqlalchemy import Engine, create_engine, text

from credit_sync.errors import CreditSyncError, SettingsError
from credit_sync.pulling.pull import Pulled, pull
from credit_sync.pulling.quarantine import retry
from credit_sync.pulling.take_over import NOT_MADE_GOOD
from credit_sync.settings import Settings
from credit_sync.sources.connect import Source, asks_since
from credit_sync.sources.lists import watched_lists
from credit_sync.sources.mapping import load_mappings
from credit_sync.store import ledger, schema
from credit_sync.store.counts import Counts
from credit_sync.store.doubts import count_doubtful, doubtful
from credit_sync.store.engine import writing
from credit_sync.store.lists import ListState, list_states
from credit_sync.store.quarantine import list_quarantined, waiting
from credit_sync.store.record_changes import BATCH
from credit_sync.store.versions import pull_in_force

MASKED = "3401001900****0017"
UNREADABLE = "1" * 300
"""No identity number; whoever has it is not to be found by it, so the row goes to quarantine."""


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path / "world")


def adds_up(pulled: Pulled, *, delta: bool) -> None:
    c = pulled.counts
    taken = c.added + c.changed + c.unchanged + c.duplicates + c.quarantined + c.skipped
    assert c.pulled == taken + (c.removed if delta else 0)


def test_a_row_with_a_damaged_cell_leaves_its_record_as_it_was(world: World) -> None:
    """Whoever is listed is not cleared because another cell of his row shows an error, or half a character."""
    titles = ["案号", "姓名", "原因"]
    rows = [[f"{number}号", "张三", "逾期"] for number in range(3)]
    for night, shown in enumerate(["逾期", "#N/A"]):
        with xlsxwriter.Workbook(str(world.folder / "a" / "rows.xlsx")) as book:
            sheet = book.add_worksheet("名单")
            for place, cells in enumerate([titles, *rows[:2], [*rows[2][:2], shown]]):
                sheet.write_row(place, 0, cells)
        pulled = world.pull(None)
        assert (pulled.counts.removed, pulled.counts.quarantined, pulled.counts.live) == (0, night, 3)
    lines = [f"{number}号,张三,{'注' * 4000}" for number in range(200)]
    world.pull_text("a", ",".join(titles), *lines)
    pulled = world.pull_text("a", ",".join(titles), *lines[:199], "199号,张三,逾\udcff")
    assert (pulled.counts.removed, pulled.counts.quarantined, pulled.counts.live) == (0, 1, 200)
    with world.engine.connect() as connection:
        assert [row.reason for row in list_quarantined(connection)] == ["含有无法识别的字节（编码损坏）"]


def test_a_long_text_that_is_damaged_late_is_read_anew_and_loses_the_damaged_row_alone(world: World) -> None:
    rows = [f"{number},张三,{'注' * 4000}" for number in range(200)]
    told: list[int] = []
    assert world.pull_text("a", "案号,姓名,注", *rows).counts == Counts(pulled=200, added=200, live=200)
    run = world.begin()
    world.write_text("a", "案号,姓名,注", *rows, "200,李\udcff四,", "201,王五,")
    result = pull(world.engine, world.settings, run, only_source="a", progress=lambda _, done: told.append(done))
    assert result[0].counts == Counts(pulled=202, added=1, unchanged=200, quarantined=1, live=201)
    assert told == [202]
    assert world.rows(schema.quarantine, "row", "reason") == [(202, "含有无法识别的字节（编码损坏）")]


def history(world: World) -> list[tuple[object, ...]]:
    return world.rows(schema.record_history, "record_id", "version", "change", "run_id")


def test_a_whole_list_night_by_night(world: World) -> None:
    first = world.pull("a", entry(1), entry(2), entry(3), entry(3), entry(4, ""))
    assert first.counts == Counts(pulled=5, added=3, duplicates=1, quarantined=1, live=3)
    again = world.pull("a", entry(1), entry(2), entry(3))
    assert again.counts == Counts(pulled=3, unchanged=3, live=3)
    changed = world.pull("a", entry(1, "张四"), entry(3))
    assert changed.counts == Counts(pulled=2, changed=1, unchanged=1, removed=1, live=2)
    restored = world.pull("a", entry(2), entry(1, "张四"), entry(3), entry(5))
    assert restored.counts == Counts(pulled=4, added=2, unchanged=2, live=4)

    assert history(world) == [
        *((1, 1, "added", 1), (1, 2, "changed", 3), (2, 1, "added", 1), (2, 2, "removed", 3)),
        *((2, 3, "restored", 4), (3, 1, "added", 1), (4, 1, "added", 4)),
    ]
    before = {(i, v): b for i, v, b in world.rows(schema.record_history, "record_id", "version", "before")}
    assert before[1, 2]["subject_name"] == "张三"
    assert before[1, 1] == {}
    nights = [FIRST_NIGHT + timedelta(days=n) for n in range(4)]
    assert world.rows(schema.listing, "id", "key", "version", "first_seen", "changed_at", "removed_at") == [
        (1, "1", 2, nights[0], nights[2], None),
        (2, "2", 3, nights[0], nights[3], None),
        (3, "3", 1, nights[0], nights[0], None),
        (4, "5", 1, nights[3], nights[3], None),
    ]
    versions = world.rows(schema.source_version, "source", "version", "state", "live", "removed")
    assert versions == [("a", n + 1, "accepted", live, n == 2) for n, live in enumerate((3, 3, 2, 4))]


def test_a_delta_removes_only_what_it_says(world: World) -> None:
    world.pull("b", entry(1), entry(2), entry(3))
    second = world.pull("b", entry(2, "李四"), {"案号": 3, "状态": "删除"}, {"案号": 9, "状态": "删除"})
    assert second.counts == Counts(pulled=3, changed=1, removed=1, unchanged=1, live=2)
    there_again = world.pull("b", {"案号": 1, "状态": "删除"}, entry(1), entry(3), entry(3))
    assert there_again.counts == Counts(pulled=4, removed=1, added=2, duplicates=1, live=3)
    assert [row[2] for row in history(world) if row[0] == 1] == ["added", "removed", "restored"]
    adds_up(there_again, delta=True)


def test_what_a_delta_says_of_one_record_is_taken_in_its_order(world: World) -> None:
    """New and gone, changed and gone, gone and there again, gone twice: each step is in the history, one version each."""
    world.pull("b", *map(entry, "12345678"))
    gone = {"状态": "删除"}
    pulled = world.pull(
        "b",
        *(entry("1", name="李四"), entry("1", **gone)),
        *(entry("2", **gone), entry("2")),
        *(entry("3", **gone), entry("3", **gone)),
        *(entry("9"), entry("9", **gone)),
    )
    assert pulled.counts == Counts(pulled=8, added=2, changed=1, unchanged=1, removed=4, live=6)
    live = [key for key, gone_at in world.rows(schema.listing, "key", "removed_at") if gone_at is None]
    assert live == ["2", "4", "5", "6", "7", "8"]
    assert [row[1:3] for row in history(world) if row[0] in (1, 2, 3, 9)] == [
        *((1, "added"), (2, "changed"), (3, "removed")),
        *((1, "added"), (2, "removed"), (3, "restored")),
        *((1, "added"), (2, "removed")),
        *((1, "added"), (2, "removed")),
    ]


def test_a_delta_that_removes_too_much_is_refused(world: World) -> None:
    world.pull("b", entry(1), entry(2), entry(3))
    refused = world.pull("b", entry(1, 状态="删除"), entry(2, 状态="删除"))
    assert (refused.state, refused.counts.live) == ("refused", 3)
    assert "少了 2 条" in refused.problem
    accepted = world.pull("b", entry(1, 状态="删除"), entry(2, 状态="删除"), accept_shrink=True)
    assert (accepted.state, accepted.counts.live) == ("accepted", 1)


def test_rows_marked_as_gone_in_a_whole_list_are_missing(world: World) -> None:
    world.pull("a", entry(1), entry(2), entry(3))
    second = world.pull("a", entry(1), entry(2), entry(3, 状态="删除"))
    assert second.counts == Counts(pulled=3, unchanged=2, skipped=1, removed=1, live=2)


def test_the_same_key_with_other_content_goes_to_quarantine(world: World) -> None:
    result = world.pull("a", entry(1), entry(1, "李四"), entry(1))
    assert result.counts == Counts(pulled=3, added=1, duplicates=1, quarantined=1, live=1)
    with world.engine.connect() as connection:
        (row,) = list_quarantined(connection)
    assert row.reason == "同一主键在一次取数中出现两次且内容不同"
    assert world.rows(schema.listing, "subject_name") == [("张三",)]


def test_key_across_batches(world: World) -> None:
    rows = [entry(n, f"张{n}") for n in range(BATCH + 500)]
    result = world.pull("a", *rows, rows[0], entry(1, "另一个"))
    assert result.counts == Counts(
        pulled=BATCH + 502, added=BATCH + 500, duplicates=1, quarantined=1, live=BATCH + 500
    )
    assert world.pull("a", *reversed(rows)).counts == Counts(
        pulled=BATCH + 500, unchanged=BATCH + 500, live=BATCH + 500
    )


def test_listings_store_no_keys(world: World) -> None:
    """They are found through the index file of screening."""
    world.pull("a", entry(1, 证件=MASKED), entry(2, "合肥甲科技有限公司"))
    assert world.rows(schema.subject_key, "key") == []


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ((), "没有读到任何记录，而上次有 4 条"),
        ((entry(1),), "原有 4 条记录，本次少了 3 条，超过允许的 50%"),
        ((entry(1), entry(2, ""), entry(3, ""), entry(4, "")), "本次少了 3 条（其中 3 条可能送来了但无法读取）"),
        (("{坏", entry(1, "")), "本次送来的 2 行都未能读取，原因见隔离区，而上次有 4 条"),
    ],
)
def test_a_list_that_shrinks_too_much_is_refused(
    world: World, rows: tuple[dict[str, object] | str, ...], reason: str
) -> None:
    world.pull("a", *(entry(n) for n in (1, 2, 3, 4)))
    refused = world.pull("a", *rows)
    assert refused.state == "refused"
    assert reason in refused.problem
    assert world.rows(schema.listing, "removed_at") == [(None,)] * 4
    assert len(history(world)) == 4
    assert world.rows(schema.source_version, "version", "state", "live") == [(1, "accepted", 4), (2, "refused", 4)]
    assert world.rows(schema.stage, "status") == [("done",), ("failed",)]
    confirmed = world.pull("a", *rows, accept_shrink=True)
    assert confirmed.state == ("refused" if "都未能读取" in reason else "accepted")


def test_a_list_whose_rows_are_suddenly_all_marked_as_removed_is_refused(world: World) -> None:
    world.pull("a", *(entry(n) for n in (1, 2, 3, 4)))
    gone = [entry(n, 移出日期="2018-10-01") for n in (1, 2, 3)]
    refused = world.pull("a", *gone, entry(4))
    assert refused.state == "refused"
    assert "原有 4 条有效条目，本次有 3 条被标为已移出，超过允许的 50%" in refused.problem
    assert world.rows(schema.listing, "removed_on") == [(None,)] * 4
    assert world.pull("a", *gone, entry(4), accept_shrink=True).state == "accepted"
    assert world.pull("a", *gone, entry(4)).state == "accepted"


def test_a_row_that_cannot_be_read_keeps_its_record(world: World) -> None:
    world.pull("a", entry(1), entry(2), entry(3))
    second = world.pull("a", entry(1), entry(2), entry(3, 证件=UNREADABLE))
    assert second.counts == Counts(pulled=3, unchanged=2, quarantined=1, live=3)


def test_a_list_whose_fields_are_suddenly_unreadable_is_refused(world: World) -> None:
    """Each row by itself would be kept without the field; all of them mean that the layout has changed."""
    world.pull("a", *(entry(n, 移出日期="2018-10-01") for n in range(4)))
    refused = world.pull("a", *(entry(n, 移出日期="一日十月") for n in range(4)))
    assert "本次有 4 条记录的字段无法读取而未使用，超过在册 4 条的 50%" in refused.problem
    assert [day for (day,) in world.rows(schema.listing, "removed_on") if day is None] == []


def test_a_first_pull_must_not_be_empty_for_a_list(world: World) -> None:
    for name in ("a", "b"):
        refused = world.pull(name)
        assert refused.state == "refused"
        assert "首次取数没有读到任何记录：空名单" in refused.problem
    assert world.pull("a", accept_shrink=True).state == "accepted"
    assert world.pull("a").state == "accepted", "somebody has said that there is nobody on it"


@pytest.mark.parametrize(
    ("name", "before"),
    [
        pytest.param("a", [], id="first"),
        pytest.param("b", [], id="first delta"),
        pytest.param("a", [entry(1), entry(2)], id="later"),
    ],
)
def test_a_list_of_which_no_row_could_be_read_clears_nobody_whoever_confirms_it(
    world: World, name: str, before: list[dict[str, object]]
) -> None:
    """Taken over as empty, it would be as fresh as can be, and nobody would be on it."""
    if before:
        assert world.pull(name, *before).state == "accepted"
    refused = world.pull(name, entry(3, ""), entry(4, ""), '{"x": 1}', accept_shrink=True)
    assert refused.state == "refused"
    assert "本次送来的 3 行都未能读取" in refused.problem
    assert "--accept-shrink 也不采用" in refused.problem
    assert len(world.rows(schema.quarantine, "reason")) == 3
    assert [removed for (removed,) in world.rows(schema.listing, "removed_at")] == [None] * len(before)
    assert list_of(world).stale
    (again,) = retry(world.engine, world.settings, world.begin(), only_source=name)
    assert (again.read_again, again.still_bad) == (0, 3)
    assert list_of(world).stale
    assert world.pull(name, accept_shrink=True).state == "accepted", "what is really empty still is"


def test_a_list_that_was_empty_and_now_cannot_be_read_is_refused(world: World) -> None:
    assert world.pull("a", accept_shrink=True).state == "accepted"
    assert world.pull("a", entry(3, ""), entry(4, "")).state == "refused"
    assert list_of(world).stale


def list_of(world: World) -> ListState:
    """As far as one of its two sources has come."""
    only = {name: found for name, found in watched_lists(world.mappings()).items() if has_come(world, name)}
    with world.engine.connect() as connection:
        return list_states(connection, FIRST_NIGHT + timedelta(days=world.night), only)["debtors"]


def has_come(world: World, name: str) -> bool:
    return (name,) in world.rows(schema.source_version, "source")


def test_a_source_that_fails_leaves_no_trace_and_does_not_stop_the_others(world: World) -> None:
    world.pull("a", entry(1))
    (world.folder / "a" / "rows.jsonl").unlink()
    (world.folder / "a").rmdir()
    world.deliver("b", entry(2))
    run = world.begin()
    results = pull(world.engine, world.settings, run)
    assert [(r.source, r.state) for r in results] == [("a", "failed"), ("b", "accepted")]
    assert world.rows(schema.listing, "source", "removed_at") == [("a", None), ("b", None)]
    stages = world.rows(schema.stage, "run_id", "part", "status", "problem")[1:]
    assert [s[:3] for s in stages] == [(2, "a", "failed"), (2, "b", "done")]
    assert stages[0][3] == results[0].problem != ""
    assert world.rows(schema.source_version, "source", "run_id") == [("a", 1), ("b", 2)]


def test_finished_sources_are_not_pulled_again_in_the_same_run(world: World) -> None:
    world.deliver("a", entry(1))
    world.deliver("b")
    run = world.begin()
    first = pull(world.engine, world.settings, run)
    assert [r.state for r in first] == ["accepted", "refused"]
    world.deliver("a", entry(1, "李四"))
    second = pull(world.engine, world.settings, run)
    assert [r.state for r in second] == ["finished_before", "refused"]
    assert world.rows(schema.source_version, "source", "version") == [("a", 1), ("b", 1)]
    world.deliver("b", entry(2))
    assert [r.state for r in pull(world.engine, world.settings, run)] == ["finished_before", "accepted"]
    assert world.rows(schema.source_version, "source", "reason") == [("a", ""), ("b", "")], (
        "what it brought is all"
    )


def test_wrong_names_and_mappings_end_before_anything_is_pulled(world: World) -> None:
    run = world.begin()
    with pytest.raises(CreditSyncError, match="没有名为 c 的数据源"):
        pull(world.engine, world.settings, run, only_source="c")
    world.map(MAPPING.replace('name = "姓名"', 'nmae = "姓名"'))
    with pytest.raises(SettingsError, match="nmae"):
        pull(world.engine, world.settings, run)
    assert world.rows(schema.stage, "part") == []


def test_progress_is_told(world: World) -> None:
    told: list[tuple[str, int]] = []
    world.deliver("a", *(entry(n) for n in range(1100)))
    run = world.begin()
    pull(
        world.engine,
        world.settings,
        run,
        only_source="a",
        progress=lambda source, done: told.append((source, done)),
    )
    assert told == [("a", 500), ("a", 1000), ("a", 1100)]


def test_the_age_of_lists(world: World) -> None:
    as_of = FIRST_NIGHT + timedelta(days=8)

    def state() -> tuple[bool, str, dict[str, int], int]:
        with world.engine.connect() as connection:
            found = list_states(connection, as_of, watched_lists(world.mappings()))["debtors"]
        return found.stale, found.reason, dict(found.versions), found.live

    assert state() == (True, "数据源 a 从未成功取数；数据源 b 从未成功取数", {}, 0)
    world.pull("a", entry(1), entry(2))
    world.pull("b", entry(3))
    stale, reason, versions, live = state()
    assert (stale, versions, live) == (True, {"a": 1, "b": 1}, 3)
    assert reason == "数据源 a 上次成功取数是 2018-11-01 02:00，已超过 7 天"
    world.pull("a")
    refused = "数据源 a 最近一次取到的名单没有采用：本次取数没有读到任何记录，而上次有 2 条"
    assert state()[1].startswith(f"{reason}；{refused}")
    assert state()[::2] == (stale, versions), "what was in force stays"
    world.pull("a", entry(1))
    assert state() == (False, "", {"a": 3, "b": 1}, 2)
    with world.engine.connect() as connection:
        assert pull_in_force(connection, "b") == FIRST_NIGHT + timedelta(days=1)
        assert pull_in_force(connection, "c") is None


def test_a_refused_delta_is_not_made_good_by_the_next(world: World) -> None:
    """Nobody sends its rows again by himself: the list clears nobody until somebody has."""

    def reason() -> str:
        with world.engine.connect() as connection:
            watched = {"b": watched_lists(world.mappings())["b"]}
            return list_states(connection, FIRST_NIGHT + timedelta(days=world.night), watched)["debtors"].reason

    gone = [entry(n, 状态="删除") for n in (1, 2, 3)]
    world.pull("b", *(entry(n) for n in range(1, 5)))
    assert world.pull("b", *gone).state == "refused"
    refused = reason()
    assert "原有 4 条记录，本次少了 3 条" in refused
    for number in (5, 6):
        assert world.pull("b", entry(number)).state == "accepted"
        assert reason() == f"{refused}{NOT_MADE_GOOD}"
    assert world.pull("b", *gone, accept_shrink=True).state == "accepted"
    assert reason() == ""
    world.pull("b", entry(7))
    assert reason() == ""


def test_a_delta_since_the_last_accepted_pull_brings_what_was_refused(tmp_path: Path) -> None:
    http = {"kind": "http", "mapping": "m", "url": "http://127.0.0.1/", "delivery": "delta"}
    database = {"kind": "database", "mapping": "m", "url": "sqlite:///x.db", "delivery": "delta"}
    given = {
        "a": http | {"since_parameter": "since"},
        "b": http,
        "c": database | {"query": "SELECT * FROM t WHERE changed > :since"},
        "d": database | {"query": "SELECT * FROM t"},
        "e": {"kind": "file", "mapping": "m", "folder": str(tmp_path), "delivery": "delta"},
    }
    sources = Settings.model_validate({"sources": given}).sources
    assert {name for name, source in sources.items() if asks_since(cast("Source", source))} == {"a", "c"}


class Changing:
    """A database that is asked for what has changed; each entry says when, by the database's clock."""

    def __init__(self, world: World) -> None:
        self.world, self.url = world, f"sqlite:///{world.folder / 'list.db'}"
        self._do("CREATE TABLE list (案号 TEXT, 姓名 TEXT, changed TEXT)")

    def add(self, number: int, changed: datetime) -> None:
        self._do("INSERT INTO list VALUES (:number, '张三', :changed)", number=f"{number}", changed=f"{changed}")

    def pull(self, at: datetime) -> list[str]:
        """A night by our clock; the entries that are in force after it."""
        query = "SELECT 案号, 姓名 FROM list WHERE changed >= :since"
        delta = {"kind": "database", "mapping": "debtors", "delivery": "delta", "url": self.url, "query": query}
        site = Settings.model_validate({"sources": {"c": delta}}).model_copy(update={"base": self.world.folder})
        run = ledger.begin(self.world.engine, at, {})
        assert pull(self.world.engine, site, run)[0].problem == ""
        ledger.finish(self.world.engine, run, "done")
        return [str(number) for (number,) in self.world.rows(schema.listing, "number")]

    def _do(self, statement: str, **values: str) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text(statement), values)
        engine.dispose()


def test_what_changed_before_a_clock_that_was_ahead_was_set_right_is_asked_for(world: World) -> None:
    """Nothing has changed since a time that has not come; and when it has come, what came before is not forgotten."""
    source, day = Changing(world), timedelta(days=1)
    source.add(1, FIRST_NIGHT - day)
    assert source.pull(FIRST_NIGHT) == ["1"]
    assert source.pull(FIRST_NIGHT + 9 * day) == ["1"], "a day later, in truth"
    source.add(2, FIRST_NIGHT + day + timedelta(hours=8))
    assert source.pull(FIRST_NIGHT + 2 * day) == ["1", "2"]
    source.add(3, FIRST_NIGHT + 2 * day + timedelta(hours=8))
    assert source.pull(FIRST_NIGHT + 3 * day) == ["1", "2", "3"]


def test_what_a_clock_that_was_ahead_has_hidden_is_asked_for_after_nights_without_answer(world: World) -> None:
    source, day = Changing(world), timedelta(days=1)
    source.add(0, FIRST_NIGHT - day)
    source.pull(FIRST_NIGHT)
    source.pull(FIRST_NIGHT + 3 * day)
    source.add(1, FIRST_NIGHT + day + timedelta(hours=8))
    ledger.finish(world.engine, ledger.begin(world.engine, FIRST_NIGHT + 2 * day, {}), "failed")
    assert source.pull(FIRST_NIGHT + 4 * day) == ["0", "1"]


def test_what_changed_by_a_clock_that_is_some_minutes_behind_ours_is_asked_for(world: World) -> None:
    source = Changing(world)
    source.add(0, FIRST_NIGHT - timedelta(days=1))
    source.pull(FIRST_NIGHT)
    source.add(1, FIRST_NIGHT - timedelta(minutes=4))
    assert source.pull(FIRST_NIGHT + timedelta(days=1)) == ["0", "1"]


def test_a_refused_delta_since_the_last_accepted_pull_is_made_good_by_the_next(world: World) -> None:
    """A view of a database gives once more what was refused: the list is whole again when it has been taken over."""
    path = world.folder / "b.sqlite"
    query = "SELECT 案号, 姓名, 状态 FROM entries WHERE changed > :since"
    source = {"kind": "database", "mapping": "debtors", "url": f"sqlite:///{path}", "query": query}
    given = Settings.model_validate({"sources": {"b": source | {"delivery": "delta"}}})
    given = given.model_copy(update={"base": world.folder})

    def night(*statements: str) -> tuple[str, str]:
        with closing(sqlite3.connect(path)) as database, database:
            for statement in statements:
                database.execute(statement)
        run = world.begin()
        (pulled,) = pull(world.engine, given, run)
        ledger.finish(world.engine, run, "done")
        with world.engine.connect() as connection:
            return pulled.state, list_states(connection, run.as_of, watched_lists(load_mappings(given)))[
                "debtors"
            ].reason

    entries = ", ".join(f"('{number}', '张三', '', '2018-10-01 00:00:00')" for number in range(4))
    table = "CREATE TABLE entries (案号, 姓名, 状态, changed)"
    assert night(table, f"INSERT INTO entries VALUES {entries}") == ("accepted", "")
    gone = "UPDATE entries SET 状态 = '删除', changed = '2018-11-01 12:00:00' WHERE 案号 < '3'"
    state, reason = night(gone)
    assert (state, "原有 4 条记录，本次少了 3 条" in reason) == ("refused", True)
    assert night("UPDATE entries SET 状态 = '' WHERE 案号 < '3'") == ("accepted", "")


def test_quarantine_opens_resolves_and_opens_again(world: World) -> None:
    bad = entry(9, 证件=UNREADABLE)

    def shown() -> list[tuple[str, str]]:
        with world.engine.connect() as connection:
            return [(row.reason, row.resolution) for row in list_quarantined(connection, resolved=True)]

    world.pull("a", entry(1), bad, "{坏")
    assert shown()[0][0] == "证件号码过长，不是证件号码"
    world.pull("a", entry(1), bad, "{坏")
    assert [r for _, r in shown()] == ["", ""]
    world.pull("a", entry(1))
    assert [r for _, r in shown()] == ["源数据中已不再出现"] * 2
    world.pull("a", entry(1), bad)
    assert [r for _, r in shown()] == ["", "源数据中已不再出现"]
    with world.engine.connect() as connection:
        assert waiting(connection) == {"a": 1}
        assert [row.first_seen for row in list_quarantined(connection)] == [FIRST_NIGHT]


def test_a_delta_resolves_what_came_again_in_good_order(world: World) -> None:
    world.pull("b", entry(1, 证件=UNREADABLE), entry(2, 证件=UNREADABLE), entry(3))
    world.pull("b", entry(1, 证件=MASKED))
    with world.engine.connect() as connection:
        rows = [(row.row, row.resolution) for row in list_quarantined(connection, resolved=True)]
    assert [resolution for _, resolution in rows] == ["该记录后来已正常读入", ""]


def test_a_delta_resolves_what_contradicted_a_record_that_came_again(world: World) -> None:
    world.pull("b", entry(1), entry(1, "李四"), entry(2))
    with world.engine.connect() as connection:
        assert waiting(connection) == {"b": 1}
    world.pull("b", entry(2))
    with world.engine.connect() as connection:
        assert waiting(connection) == {"b": 1}, "of another record"
    world.pull("b", entry(1))
    with world.engine.connect() as connection:
        assert waiting(connection) == {}


def test_what_the_database_refuses_is_the_sources_failure(world: World) -> None:
    """A source whose rows cannot be written is rolled back and recorded, and the others go on."""
    with writing(world.engine) as connection:
        values = {"id": 1, "source": "x", "key": "x", "version": 1, "digest": b"x", "first_seen": FIRST_NIGHT}
        filled = {c.name: values.get(c.name, "x") for c in schema.record_history.columns}
        filled |= {"record": "listing", "record_id": 1, "version": 1, "run_id": 1, "at": FIRST_NIGHT}
        connection.execute(schema.record_history.insert().values(**filled))
    world.deliver("a", entry(1))
    world.deliver("b", {"案号": 1, "状态": "删除"})
    run = ledger.begin(world.engine, FIRST_NIGHT, {})
    first, second = pull(world.engine, world.settings, run, accept_shrink=True)
    assert (first.state, second.state) == ("failed", "accepted")
    assert "写入数据库失败" in first.problem
    assert world.rows(schema.listing, "id") == []


NUMBERS = st.integers(min_value=0, max_value=12)
ROWS = st.one_of(
    st.builds(entry, NUMBERS, st.sampled_from(["张三", "李四"])),
    st.builds(entry, NUMBERS, st.just("")),
    st.builds(lambda number: {"案号": number, "状态": "删除"}, NUMBERS),
    st.just("{坏"),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.lists(ROWS, max_size=12), min_size=1, max_size=4), name=st.sampled_from(["a", "b"]))
def test_counts_add_up_and_agree_with_the_tables(
    world: World, nights: list[list[dict[str, object] | str]], name: str
) -> None:
    for rows in nights:
        if rows and all(isinstance(row, str) for row in rows):
            rows.append(entry(0))
        result = world.pull(name, *rows, accept_shrink=True)
        none_read = result.counts.quarantined == result.counts.pulled - result.counts.skipped > 0
        assert (result.state == "refused") <= none_read
        assert result.counts.pulled == len(rows)
        adds_up(result, delta=name == "b")
        live = [key for source, key, at in world.rows(schema.listing, "source", "key", "removed_at") if at is None]
        assert result.counts.live == len(
            [1 for s, at in world.rows(schema.listing, "source", "removed_at") if s == name and at is None]
        )
        assert len(set(live)) <= 26
    versions = dict(world.rows(schema.listing, "id", "version"))
    last: dict[int, int] = {}
    for record_id, version, _, _ in history(world):
        assert version == last.get(record_id, 0) + 1  # type: ignore[call-overload]
        last[record_id] = version  # type: ignore[index, assignment]
    assert last == versions


def test_records_read_with_a_doubt_are_counted_by_source_and_told(world: World) -> None:
    world.pull("a", entry(1, 证件="340100190001040018"), entry(2, 证件=MASKED))
    with world.engine.connect() as connection:
        assert count_doubtful(connection) == {"a": 1}
        [found] = doubtful(connection, "a", 5)
    assert "校验不通过" in found.warnings[0]
    assert "340100190001040018" not in found.warnings[0]
