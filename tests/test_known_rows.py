"""Rows that came before are not read again, and nobody can tell: every table is as if they had been."""

import json
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import contents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pull_world import FIRST_NIGHT, MAPPING, World, entry
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from credit_sync.errors import StoreError
from credit_sync.pulling.quarantine import retry
from credit_sync.pulling.rollback import roll_back
from credit_sync.pulling.take_over import Delivery, take_over
from credit_sync.records import RecordKind
from credit_sync.shipped import shipped
from credit_sync.sources import row_digests
from credit_sync.sources.mapping import load_mapping
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import END, TextRows
from credit_sync.sources.spool import Spool
from credit_sync.store import schema
from credit_sync.store.counts import Counts
from credit_sync.store.engine import connect, writing
from credit_sync.store.known_rows import forget_known_rows, load_known_rows
from credit_sync.store.migrate import upgrade
from credit_sync.store.orders import Order
from credit_sync.store.versions import PulledSource

NUMBER = "340100190001040017"
FAILING = "340100190001040018"


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path / "world")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The numbers of the rows that were read one by one; JSON with numbers in it is never read by the block."""
    rows: list[Any] = []
    real = Reader.read

    def remember(reader: Reader, row: Any) -> Any:
        rows.append(row.values["案号"])
        return real(reader, row)

    monkeypatch.setattr(Reader, "read", remember)
    yield rows
    rows.clear()


def known(world: World, source: str = "a") -> int:
    with world.engine.connect() as connection:
        return len(load_known_rows(connection, source, FIRST_NIGHT + timedelta(days=world.night)))


def test_only_what_is_new_is_read(world: World, read: list[Any]) -> None:
    world.pull("a", entry(1), entry(2), entry(3))
    assert read == [1, 2, 3]
    read.clear()
    result = world.pull("a", entry(3), entry(1, "李四"), entry(4), entry(2))
    assert read == [1, 4]
    assert result.counts == Counts(pulled=4, added=1, changed=1, unchanged=2, live=4)
    read.clear()
    assert world.pull("a", entry(3), entry(1, "李四"), entry(4)).counts == Counts(
        pulled=3, unchanged=3, removed=1, live=3
    )
    assert read == []
    assert known(world) == 3


def test_doubts_and_quarantine_are_read_every_night(world: World, read: list[Any]) -> None:
    rows = [entry(1, 证件=FAILING), entry(2, ""), entry(3)]
    world.pull("a", *rows)
    before = contents(world.engine)
    read.clear()
    world.pull("a", *rows)
    assert read == [1, 2]
    after = contents(world.engine)
    assert after["listing"] == before["listing"]
    assert len(after["quarantine"]) == 1
    assert known(world) == 1


def test_a_number_that_holds_a_birth_still_to_come_is_read_until_it_holds(world: World) -> None:
    """A row whose reading depends on the day is one with a doubt."""
    world.night = (date(1900, 1, 3) - FIRST_NIGHT.date()).days
    world.pull("a", entry(1, 证件=NUMBER))
    assert world.rows(schema.listing, "subject_identifiers") == [([["citizen_id", NUMBER, False]],)]
    assert world.pull("a", entry(1, 证件=NUMBER)).counts.changed == 1
    assert world.rows(schema.listing, "subject_identifiers") == [([["citizen_id", NUMBER, True]],)]


def test_a_clock_that_was_set_back_reads_everything(world: World, read: list[Any]) -> None:
    world.night = 5
    world.pull("a", entry(1))
    world.night = 2
    read.clear()
    world.pull("a", entry(1))
    assert read == [1]


def test_another_mapping_reads_everything(world: World, read: list[Any]) -> None:
    world.pull("a", entry(1, 原因="欠款"))
    world.map(MAPPING.replace('reason = "原因"', 'basis = "原因"'))
    read.clear()
    assert world.pull("a", entry(1, 原因="欠款")).counts.changed == 1
    assert read == [1]
    assert world.rows(schema.listing, "reason", "basis") == [("", "欠款")]


def test_rows_are_read_anew_by_other_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = row_digests._program()
    words = shutil.copy(shipped("mappings") / "words.toml", tmp_path)
    monkeypatch.setattr(row_digests, "shipped", lambda _: tmp_path)
    assert row_digests._program.__wrapped__() == before
    Path(words).write_text(Path(words).read_text(encoding="utf-8").replace('"暂缺", ', ""), encoding="utf-8")
    assert row_digests._program.__wrapped__() != before


def test_another_program_reads_everything(world: World, read: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    world.pull("a", entry(1))
    read.clear()
    monkeypatch.setattr(row_digests, "_program", lambda: b"another")
    assert world.pull("a", entry(1)).counts.unchanged == 1
    assert world.pull("a", entry(1)).counts.unchanged == 1
    assert read == [1]


def test_after_a_rollback_everything_is_read(world: World, read: list[Any]) -> None:
    world.pull("a", entry(1))
    world.pull("a", entry(1, "李四"))
    roll_back(world.engine, world.begin(), "a", 1, Order("tester", "试"))
    read.clear()
    assert world.pull("a", entry(1, "李四")).counts.changed == 1
    assert read == [1]


def test_a_refused_pull_leaves_what_is_known(world: World, read: list[Any]) -> None:
    world.pull("a", *(entry(n) for n in (1, 2, 3, 4)))
    assert world.pull("a", entry(5)).state == "refused"
    read.clear()
    assert world.pull("a", *(entry(n) for n in (1, 2, 3, 4))).counts.unchanged == 4
    assert read == []


def test_a_retry_of_the_quarantine_is_a_version_after_which_everything_is_read(
    world: World,
) -> None:
    world.pull("a", entry(1), entry(2, "", 名称="李四"))
    world.map(MAPPING.replace('name = "姓名"', 'name = ["姓名", "名称"]'))
    retry(world.engine, world.settings, world.begin())
    assert known(world) == 0


def test_rows_known_of_another_version_are_not_taken_over(world: World) -> None:
    world.pull("a", entry(1))
    with world.engine.connect() as connection:
        stale = load_known_rows(connection, "a", FIRST_NIGHT + timedelta(days=9))
    world.pull("a", entry(1, "李四"))
    source = PulledSource("a", RecordKind.LISTING, "debtors", "full")
    with Spool() as spool, pytest.raises(StoreError, match="另有改动"):
        take_over(world.engine, world.begin(), Delivery(source, world.mappings()["a"].guards, spool, True, stale))


def test_deltas_know_nothing(world: World) -> None:
    world.pull("b", entry(1))
    assert known(world, "b") == 0
    assert world.rows(schema.known_rows, "source") == []


@pytest.mark.parametrize(
    "other",
    [
        {"案号": "1", "姓名": "张三"},
        {"姓名": "张三", "案号": 1},
        {"案号": 1, "名称": "张三"},
        {"案号": 1, "姓名": "张三 "},
        {"案号": 1.0, "姓名": "张三"},
        {"案号": 1, "姓名": "张三", "注": None},
    ],
)
def test_another_row_has_another_digest(world: World, other: dict[str, Any]) -> None:
    digests = row_digests.RowDigests(world.mappings()["a"])
    assert digests.of(entry(1)) == digests.of(entry(1))
    assert digests.of(entry(1)) != digests.of(other)


@pytest.mark.parametrize("value", [Decimal("1.0"), "\ud800", 2**70, object()])
def test_what_is_no_plain_data_has_no_digest_and_is_read(world: World, value: object) -> None:
    assert row_digests.RowDigests(world.mappings()["a"]).of({"案号": value}) == b""


ROWS = st.builds(
    lambda number, name, more: entry(number, name) | more,
    st.integers(1, 6),
    st.sampled_from(["张三", " 张三", "李四", ""]),
    st.sampled_from(
        [{}, {"证件": NUMBER}, {"证件": FAILING}, {"发布日期": "昨天"}, {"状态": "删除"}, {"注": "x"}]
    ),
)
NIGHTS = st.lists(st.lists(ROWS, max_size=9), min_size=2, max_size=4)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    folder = tmp_path_factory.mktemp("two")
    worlds = []
    for name in ("knowing", "reading"):
        engine = connect(URL.create("sqlite", database=str(folder / f"{name}.db")))
        upgrade(engine)
        worlds.append(World(engine, folder / name))
    yield worlds[0], worlds[1]


def emptied(world: World) -> World:
    with writing(world.engine) as connection:
        for table in schema.metadata.sorted_tables:
            connection.execute(table.delete())
    world.night = 0
    return world


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS)
def test_every_table_is_as_if_all_had_been_read(
    stores: tuple[World, World], nights: list[list[dict[str, Any]]]
) -> None:
    knowing, reading = (emptied(world) for world in stores)
    for rows in nights:
        with writing(reading.engine) as connection:
            forget_known_rows(connection, "a")
        results = [world.pull("a", *rows, accept_shrink=True) for world in (knowing, reading)]
        assert results[0] == results[1]
        if results[0].state == "accepted":  # else what was known is still known, and forgotten is forgotten
            assert as_text(knowing) == as_text(reading)


NUMBERS = st.sampled_from(["1", "2", '"3"', '"4\n4"', "5\x1f"])
LINES = st.builds(
    lambda number, name, more: f"{number},{name}{more}",
    NUMBERS,
    st.sampled_from(["张三", '"张三"', " 张三", "李四", ""]),
    st.sampled_from(["", ",,", f",{NUMBER},", f",{FAILING},", ",,删除", f',{NUMBER},"x"', ",,,,", ",,,y"]),
) | st.sampled_from(["", ",,", '6,"李"四"'])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.tuples(st.lists(LINES, max_size=9), st.booleans()), min_size=2, max_size=4))
def test_every_table_is_as_if_all_lines_of_a_text_had_been_read(
    stores: tuple[World, World], nights: list[tuple[list[str], bool]]
) -> None:
    knowing, reading = (emptied(world) for world in stores)
    for lines, confirmed in nights:
        with writing(reading.engine) as connection:
            forget_known_rows(connection, "a")
        for world in (knowing, reading):
            world.write_text("a", "案号,姓名,证件,状态", *lines)
        results = [world.pull(None, accept_shrink=confirmed) for world in (knowing, reading)]
        assert results[0] == results[1]
        if results[0].state == "accepted":  # else what was known is still known, and forgotten is forgotten
            assert as_text(knowing) == as_text(reading)


@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(st.tuples(*[st.text("乙, \ud800", max_size=2)] * width), max_size=5)
    ),
    st.text("甲,", max_size=3),
)
def test_rows_that_come_many_at_once_have_the_same_digest_only_where_they_say_the_same(
    rows: list[tuple[str, ...]], title: str
) -> None:
    digests = row_digests.RowDigests(load_mapping(shipped("mappings"), "dishonest_debtors"))
    titles = tuple(f"{title}{n}" for n in range(len(rows[0]) if rows else 0))
    table = TextRows(titles, range(len(rows)), list(map(END.join, rows)))
    found = digests.of_texts(table)
    whole = not any("\ud800" in cell for row in rows for cell in row)
    assert all(found) if whole else not any(found)
    assert not whole or [[one == other for other in rows] for one in rows] == [
        [a == b for b in found] for a in found
    ]
    others = digests.of_texts(TextRows((*titles[1:], "乙"), table.numbers, table.texts))
    alone = [digests.of(values) for _, values in table.values()]
    assert not whole or not set(found) & {*others, *alone}


def as_text(world: World) -> str:
    return json.dumps(contents(world.engine), default=_written)


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)
