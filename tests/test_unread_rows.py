"""A whole delivery brings rows that do not say surely whose they are: no entry leaves the list that one of them may be."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from pull_world import MAPPING, World, entry
from sqlalchemy import Connection, Engine, create_engine

from credit_sync.settings import FileSource, Settings
from credit_sync.shipped import shipped
from credit_sync.sources.connect import open_rows
from credit_sync.sources.mapping import load_mapping
from credit_sync.sources.reading import OBSCURE, Reader
from credit_sync.sources.reading_pool import read_blocks
from credit_sync.sources.spool import Spool
from credit_sync.store import schema
from credit_sync.store.items import Like, Obscure, Uneven, keys_of
from credit_sync.store.quarantine import list_quarantined
from credit_sync.store.record_keys import join_key
from credit_sync.store.schema import source_version
from credit_sync.store.unread_rows import MOST_TEXTS, UnreadRows, folded

DEBTORS = shipped("mappings") / "sources" / "dishonest_debtors.toml"
LENIENT = DEBTORS.read_text(encoding="utf-8").replace("max_shrink = 0.2", "max_shrink = 1")
TITLES = ("案号", "被执行人姓名/名称", "身份证号码/组织机构代码", "具体情形")
QU = ("（2018）皖0100执1号", "屈怀瑾", "3401001900****0017", "有履行能力")
ZHANG = ("（2018）皖0303执2号", "张伟", "3403031900****1071", "")
LI = ("（2018）皖0100执3号", "李四", "3401001902****0010", "其他")
WANG = ("（2018）皖0100执4号", "王五", "3401001903****0013", "其他")
ALL = (QU, ZHANG, LI, WANG)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = World(engine, tmp_path / "world")
    made.map(LENIENT)
    return made


def line(cells: tuple[str, ...]) -> str:
    return ",".join(cells)


def night(world: World, *lines: str, confirmed: bool = False) -> set[str]:
    """One delivery as CSV; the names of those who are then listed."""
    world.write_text("a", line(TITLES), *lines)
    assert world.pull(None, accept_shrink=confirmed).state == "accepted"
    return listed(world)


def listed(world: World) -> set[str]:
    rows = world.rows(schema.listing, "subject_name", "removed_at")
    return {name for name, removed in rows if removed is None and name in {cells[1] for cells in ALL}}


def note(world: World) -> str:
    return str(world.rows(source_version, "reason")[-1][0])


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param("（2018）皖0100执1号,屈怀瑾,3401001900****0017,有履行,能力", id="comma in the last cell"),
        pytest.param("（2018）皖0100执1号,屈,怀瑾,3401001900****0017,有履行能力", id="comma in the name"),
        pytest.param("（2018）皖0100执1号,屈怀瑾,340100,1900****0017,", id="comma before an empty cell"),
        pytest.param("（2018）皖0100执1号屈怀瑾,3401001900****0017,有履行能力", id="no comma before the name"),
        pytest.param("（2018）皖0100执1号,屈怀瑾3401001900****0017,有履行能力", id="no comma behind the name"),
        pytest.param('"（2018）皖0100执1号"x,屈怀瑾,3401001900****0017,有履行能力', id="quotes"),
        pytest.param("（2018）皖0100执1", id="cut in the number"),
        pytest.param("（2018）皖0100执1号,屈怀", id="cut in the name"),
        pytest.param("（2018）皖0100执1号,屈怀\n瑾,3401001900****0017,有履行能力", id="two lines"),
        pytest.param(f"{line(QU)}（2018）皖0100执9号,钱七,3401001904****0011,其他", id="two rows in one"),
    ],
)
def test_a_debtor_is_not_cleared_by_a_row_that_came_apart(world: World, damaged: str) -> None:
    assert night(world, *map(line, ALL)) == {"屈怀瑾", "张伟", "李四", "王五"}
    # 李四 is in no row, whatever is wrong with the others
    assert night(world, damaged, line(ZHANG), line(WANG)) == {"屈怀瑾", "张伟", "王五"}
    assert "没有读到的记录中有 1 条可能就是这些行，照旧保留" in note(world)
    assert night(world, damaged, line(ZHANG), line(WANG)) == {"屈怀瑾", "张伟", "王五"}
    assert night(world, line(ZHANG), line(WANG)) == {"张伟", "王五"}
    assert note(world) == ""


def test_a_row_that_came_apart_and_has_damaged_bytes_may_be_anybody(world: World) -> None:
    def deliver(*rows: tuple[str, ...]) -> set[str]:
        long = "有履行能力而拒不履行" * 300  # so that half a character says nothing about the encoding
        world.write_text("a", line(TITLES), *(line((*cells[:3], long, *cells[4:])) for cells in rows))
        assert world.pull(None).state == "accepted"
        return listed(world)

    assert deliver(*ALL) == {"屈怀瑾", "张伟", "李四", "王五"}
    assert deliver((QU[0], "屈怀\udce7", QU[2], ""), ZHANG) == {"屈怀瑾", "张伟"}
    assert deliver(*ALL) == {"屈怀瑾", "张伟", "李四", "王五"}
    assert deliver((f"{QU[0]}屈怀\udce7", QU[2]), ZHANG) == {
        "屈怀瑾",
        "张伟",
        "李四",
        "王五",
    }


def test_where_rows_have_fewer_cells_as_a_rule_they_hold_nobody(world: World) -> None:
    others = [f"（2018）皖0100执{number}号,李四,3401001902****0010" for number in range(10, 16)]
    assert night(world, line(LI), line(QU), *others) == {"李四", "屈怀瑾"}
    night(world, line(QU), *others)
    assert [
        removed for number, removed in world.rows(schema.listing, "number", "removed_at") if number == LI[0]
    ] != [None]


JSON = {"案号": "（2018）皖0100执1号", "姓名": "屈怀瑾", "证件号码": "3401001900****0017"}
GONE = {"案号": "（2018）皖0100执3号", "姓名": "李四"}
STAYS = {"案号": "（2018）皖0100执4号", "姓名": "王五"}


@pytest.mark.parametrize(
    ("damaged", "left"),
    [
        (json.dumps(JSON, ensure_ascii=False).replace('",', '""', 1), {"屈怀瑾", "王五"}),
        (json.dumps(JSON).replace('",', '""', 1), {"屈怀瑾", "王五"}),
        (json.dumps(JSON, ensure_ascii=False)[:20], {"屈怀瑾", "李四", "王五"}),
        (json.dumps(JSON, ensure_ascii=False)[-20:], {"屈怀瑾", "李四", "王五"}),
        ('{"x" "屈怀"}', {"屈怀瑾", "李四", "王五"}),
        ('"屈怀瑾"', {"屈怀瑾", "李四", "王五"}),
        ('{"性别": "男"}', {"屈怀瑾", "李四", "王五"}),
    ],
    ids=[
        "no comma",
        "escaped",
        "end cut off",
        "beginning cut off",
        "hardly anything",
        "no object",
        "nothing but a sex",
    ],
)
def test_a_json_line_that_cannot_be_read_holds_whom_it_names_or_everybody(
    world: World, damaged: str, left: set[str]
) -> None:
    world.pull("a", JSON, GONE, STAYS)
    pulled = world.pull("a", damaged, STAYS)
    assert (pulled.state, listed(world)) == ("accepted", left)
    held = f"有 1 行未能读取（其中 1 行看不出是哪条记录），没有读到的记录中有 {len(left) - 1} 条可能就是这些行，照旧保留"
    assert note(world) == held
    with world.engine.connect() as connection:
        (bad,) = list_quarantined(connection)
    assert bad.reason.endswith(f"{OBSCURE}；{held}")
    world.pull("a", STAYS)
    assert (listed(world), note(world)) == ({"王五"}, "")


def test_a_person_who_says_that_the_missing_are_gone_lets_them_go(world: World) -> None:
    world.pull("a", JSON, GONE, STAYS)
    world.pull("a", '{"案号": "（2018', '{"案号": 1 "被执行人姓名" "屈怀瑾"}', STAYS)
    assert listed(world) == {"屈怀瑾", "李四", "王五"}
    world.pull("a", '{"案号": "（2018', '{"案号": 1 "被执行人姓名" "屈怀瑾"}', STAYS, accept_shrink=True)
    assert listed(world) == {"屈怀瑾", "王五"}


def test_a_row_of_a_workbook_that_names_nobody_holds_everybody(world: World) -> None:
    def deliver(*rows: tuple[str, ...]) -> set[str]:
        with xlsxwriter.Workbook(str(world.folder / "a" / "rows.xlsx")) as book:
            sheet = book.add_worksheet("名单")
            for place, cells in enumerate((TITLES, *rows)):
                sheet.write_row(place, 0, cells)
        world.pull(None)
        return listed(world)

    assert deliver(*ALL) == {"屈怀瑾", "张伟", "李四", "王五"}
    assert deliver(("#N/A", "#N/A", "#N/A", "其他"), ZHANG) == {"屈怀瑾", "张伟", "李四", "王五"}
    assert deliver(ZHANG) == {"张伟"}


def test_an_element_that_names_nobody_holds_everybody(world: World) -> None:
    def deliver(*rows: str) -> set[str]:
        text = "".join(f"<rows>{row}</rows>" for row in rows)
        (world.folder / "a" / "rows.xml").write_text(f"<名单><data>{text}</data></名单>", encoding="utf-8")
        assert world.pull(None).problem == ""
        return listed(world)

    qu, li = (f"<案号>{cells[0]}</案号><姓名>{cells[1]}</姓名>" for cells in (QU, LI))
    assert deliver(qu, li) == {"屈怀瑾", "李四"}
    assert deliver(li, "<性别>男</性别>") == {"屈怀瑾", "李四"}
    assert deliver(li, "<备注><被执行人>屈怀瑾</被执行人></备注>") == {"屈怀瑾", "李四"}
    assert deliver(li) == {"李四"}


def test_notes_that_a_mapping_skips_hold_nobody(world: World) -> None:
    skip = next(text for text in LENIENT.splitlines() if text.startswith("skip ="))
    world.map(LENIENT.replace(skip, 'skip = "注"'))
    night(world, *map(line, ALL))
    assert night(world, line(QU), "注：共,有,四,条,记录", "注：以上") == {"屈怀瑾"}


def test_held_entries_count_as_lost(world: World) -> None:
    world.map(DEBTORS.read_text(encoding="utf-8"))
    world.pull("a", JSON, GONE, STAYS)
    pulled = world.pull("a", '{"案号": "（2018', STAYS)
    assert pulled.state == "refused"
    assert "本次少了 2 条（其中 2 条可能送来了但无法读取）" in pulled.problem


def test_a_removal_is_a_removal_whatever_else_cannot_be_read(world: World) -> None:
    world.map(MAPPING.replace("max_shrink = 0.5", "max_shrink = 1"))
    world.pull("b", entry("甲1"), entry("乙2"))
    pulled = world.pull("b", entry("甲1", 状态="删除"), '{"案号": "乙')
    assert (pulled.counts.removed, pulled.counts.quarantined, pulled.counts.live) == (1, 1, 1)
    world.pull("a", entry("甲1"), entry("乙2"), entry("丙3"))
    pulled = world.pull("a", entry("甲1", 移出日期="2018-10-01"), entry("丙3"), '{"案号": "乙')
    assert (pulled.counts.changed, pulled.counts.removed, pulled.counts.live) == (1, 0, 3)
    pulled = world.pull("a", entry("甲1", 状态="删除"), entry("丙3"), '{"案号": "乙')
    assert (pulled.counts.removed, pulled.counts.skipped, pulled.counts.live) == (1, 1, 2)


LICENCE = """
title = "许可"
record = "licence"
key = ["document_number"]
[fields]
name = "名称"
document_number = "文号"
decided_on = "日期"
[guards]
max_shrink = 1
"""


def test_a_licence_is_not_gone_whose_row_cannot_be_read(world: World) -> None:
    world.map(LICENCE)

    def licence(number: str, name: str) -> dict[str, str]:
        return {"文号": number, "名称": name, "日期": "2018-10-01"}

    first, second, third = licence("皖1号", "合肥甲厂"), licence("皖2号", "合肥乙厂"), licence("皖3号", "合肥丙厂")
    world.pull("a", first, second, third)
    world.pull("a", '{"文号": "皖1号" "名称": "合肥甲厂", "日期": "2018-10-01"}', third)
    assert [gone is None for (gone,) in world.rows(schema.licence, "removed_at")] == [True, False, True]


@pytest.fixture(scope="module")
def listings() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    schema.listing.create(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def insert(connection: Connection, cells: dict[str, str]) -> str:
    """The one listing in the store; returns its key."""
    connection.execute(schema.listing.delete())
    key = join_key([folded(cells["案号"]), cells["姓名"]])
    columns = {c.name: "" for c in schema.listing.c if not c.nullable}
    columns |= {"id": 1, "version": 1, "row": 1, "changed_in": 1, "digest": b"", "key": key, "source": "a"}
    at = datetime(2018, 11, 1)
    columns |= {"first_seen": at, "changed_at": at, "warnings": [], "extra": {}, "subject_former_names": []}
    columns |= {"subject_name": cells["姓名"], "number": cells["案号"]}
    columns |= {"subject_identifiers": [["citizen_id", cells["证件"], True]]}
    connection.execute(schema.listing.insert().values(**columns))
    return key


CELLS = {
    "案号": "（2018）皖0100执1号",
    "姓名": "屈怀瑾",
    "证件": "3401001900****0017",
    "原因": "有履行能力而拒不履行",
}
NEXT = "（2018）皖0100执7号,赵六,3401001905****0018,其他"


def damages(text: str) -> Iterator[str]:
    """The row with a comma too many or too few, cut off, on two lines, and on one line with the next."""
    yield text + NEXT
    for place in range(1, len(text)):
        yield f"{text[:place]},{text[place:]}"
        yield text[:place]
        yield f"{text[:place]}\n{text[place:]}"
        if text[place] == ",":
            yield text[:place] + text[place + 1 :]


@given(data=st.data(), titles=st.permutations(list(CELLS)), empty=st.booleans())
def test_no_entry_leaves_whose_row_came_apart(
    listings: Connection,
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    titles: list[str],
    empty: bool,
) -> None:
    cells = CELLS | ({"原因": ""} if empty else {})
    text = data.draw(st.sampled_from(list(damages(",".join(cells[title] for title in titles)))))
    lines = text.split("\n")
    if lines[0].count(",") == len(titles) - 1:
        return  # in order as far as anybody can see: then it is another entry's row
    if not folded(lines[0]):
        return  # nothing is left of it
    folder = tmp_path_factory.mktemp("rows")
    (folder / "sources").mkdir()
    mapping = MAPPING.replace('key = ["number"]', 'key = ["number", "name"]')
    (folder / "sources" / "debtors.toml").write_text(mapping, encoding="utf-8")
    (folder / "rows.csv").write_text("\n".join((",".join(titles), text, "")), encoding="utf-8")
    insert(listings, cells)
    assert stays(listings, folder)


def stays(listings: Connection, folder: Path) -> bool:
    """Whether the entry in the store comes with a delivery, or may be one of its rows."""
    found = load_mapping(folder, "debtors")
    source = {"kind": "file", "mapping": "debtors", "folder": ".", "pattern": "rows.csv"}
    file = Settings.model_validate({"sources": {"a": source}}).sources["a"]
    assert isinstance(file, FileSource)
    rows = open_rows("a", file, found, base=folder, since=None, pulled_at=datetime(2018, 11, 2))
    unread, keys = UnreadRows(), set[str]()
    with Spool() as spool:
        for block in read_blocks(Reader(found), rows):
            spool.add_block(block)
        for items, _ in spool.batches():
            for item in items:
                keys.update(keys_of(item))
                if isinstance(item, Like | Obscure | Uneven):
                    unread.add(item)
        unread.came(spool.outcomes)
    own = join_key(["(2018)皖0100执1号", "屈怀瑾"])
    return own in keys or list(unread.among(listings, schema.listing, [1], confirmed=False)) == [1]


def test_more_rows_than_are_looked_through_may_be_anybody(listings: Connection) -> None:
    insert(listings, CELLS)
    unread = UnreadRows()
    for _ in range(MOST_TEXTS):
        unread.add(Obscure("某行"))
    assert list(unread.among(listings, schema.listing, [1], confirmed=False)) == []
    unread.add(Obscure("某行"))
    assert list(unread.among(listings, schema.listing, [1], confirmed=False)) == [1]


def test_licences_no_row_of_which_can_be_read_are_not_all_gone_whoever_confirms_it(world: World) -> None:
    """As when the source has renamed its columns; each would be withdrawn from the platform."""
    world.map(LICENCE)
    rows = [{"文号": f"皖{n}号", "名称": f"合肥第{n}厂", "日期": "2018-10-01"} for n in range(3)]
    assert world.pull("a", {"号": "皖9号"}, accept_shrink=True).state == "accepted", (
        "there is nothing yet to be lost"
    )
    assert world.pull("a", *rows).state == "accepted"
    refused = world.pull("a", {"号": "皖1号"}, {"号": "皖2号"}, accept_shrink=True)
    assert "本次送来的 2 行都未能读取，原因见隔离区，而上次有 3 条：不知道现有哪些" in refused.problem
    assert world.rows(schema.licence, "removed_at") == [(None,)] * 3
    assert world.pull("a", accept_shrink=True).state == "accepted", "what is really empty still is"
