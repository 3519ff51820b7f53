"""A whole list brings rows that name their record only in part: whatever record they may be stays on the list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from pull_world import MAPPING, World, entry
from sqlalchemy import Engine

from credit_sync.sources.mapping import load_mapping
from credit_sync.sources.outcomes import Rejected
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import BrokenRow, Origin, RawRow, Row
from credit_sync.store import schema
from credit_sync.store.quarantine import waiting
from credit_sync.store.record_keys import LONGEST_KEY, join_key, parts_of
from credit_sync.store.resembling import Resembling

MAPPINGS = Path(__file__).parents[1] / "mappings"
DEBTORS = (MAPPINGS / "sources" / "dishonest_debtors.toml").read_text(encoding="utf-8")
LENIENT = DEBTORS.replace("max_shrink = 0.2", "max_shrink = 1")
ORIGIN = Origin("a", "rows.csv", 2, datetime(2018, 11, 1, 2, 0))
TITLES = ("案号", "被执行人姓名/名称", "身份证号码/组织机构代码", "具体情形")
REASON = "有履行能力而拒不履行" * 200
"""So long that half a character says nothing about the encoding of the whole."""
Cells = tuple[object, ...]
QU = ("（2018）皖0100执1号", "屈怀瑾", "3401001900****0017", REASON)
ZHANG = ("（2018）皖0303执2号", "张伟", "3403031900****1071", REASON)
OTHER_ZHANG = (*ZHANG[:2], "3403031901****1098", REASON)
LI = ("（2018）皖0100执3号", "李四", "3401001902****0010", REASON)
WANG = ("（2018）皖0100执4号", "王五", "3401001903****0013", REASON)
ALL = (QU, ZHANG, OTHER_ZHANG, LI, WANG)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = World(engine, tmp_path / "world")
    made.map(LENIENT)
    return made


def _write_workbook(world: World, rows: Sequence[Cells]) -> None:
    with xlsxwriter.Workbook(str(world.folder / "a" / "rows.xlsx")) as book:
        sheet = book.add_worksheet("名单")
        for place, cells in enumerate((TITLES, *rows)):
            sheet.write_row(place, 0, cells)


def _write_csv(world: World, rows: Sequence[Cells]) -> None:
    world.write_text("a", *(",".join(map(str, cells)) for cells in (TITLES, *rows)))


WORKBOOK: tuple[Callable[[World, Sequence[Cells]], None], object] = (_write_workbook, 3.4010019000104e17)
"""A number that has lost its last digits."""
CSV: tuple[Callable[[World, Sequence[Cells]], None], object] = (_write_csv, "34010019\udcff0017")


@pytest.mark.parametrize(("write", "damaged"), [WORKBOOK, CSV], ids=["xlsx", "csv"])
def test_a_debtor_is_not_cleared_by_a_damaged_number(
    world: World, write: Callable[[World, Sequence[Cells]], None], damaged: object
) -> None:
    def night(*rows: Cells) -> tuple[int, ...]:
        write(world, rows)
        c = world.pull(None).counts
        return c.added, c.changed, c.unchanged, c.removed, c.quarantined, c.live

    def number_damaged(cells: Cells) -> Cells:
        return (*cells[:2], damaged, cells[3])

    assert night(*ALL) == (5, 0, 0, 0, 0, 5)
    # 李四 is gone indeed; one damaged row may be either 张伟
    assert night(number_damaged(QU), number_damaged(ZHANG), WANG) == (0, 0, 1, 1, 2, 4)
    assert night(QU, ZHANG, OTHER_ZHANG, WANG) == (0, 0, 4, 0, 0, 4)
    # whoever comes in good order is not the damaged row's, and the others of that name are
    assert night(QU, ZHANG, number_damaged(OTHER_ZHANG), WANG) == (0, 0, 3, 0, 1, 4)
    assert night(QU, number_damaged(LI), WANG) == (0, 0, 2, 2, 1, 2)
    with world.engine.connect() as connection:
        assert waiting(connection) == {"a": 1}
    assert night(QU, LI, (*WANG[:3], "其他")) == (1, 1, 1, 0, 0, 3)
    with world.engine.connect() as connection:
        assert waiting(connection) == {}
    versions = world.rows(schema.listing, "subject_name", "version")
    assert versions == [("屈怀瑾", 1), ("张伟", 2), ("张伟", 2), ("李四", 3), ("王五", 2)]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("", *QU[1:]), id="no case number"),
        pytest.param((QU[0], "", *QU[2:]), id="no name"),
        pytest.param((*QU[:2], "1" * 300, REASON), id="no number"),
        pytest.param(("#N/A", "#N/A", *QU[2:]), id="number alone"),
        pytest.param((QU[0], "#N/A", "#N/A", REASON), id="case number alone"),
        pytest.param(("#N/A", QU[1], "#N/A", REASON), id="name alone"),
    ],
)
def test_any_sure_part_of_the_key_holds_the_record(world: World, row: Cells) -> None:
    world.map(LENIENT.replace("[layout]", 'required = ["number"]\n\n[layout]', 1))
    _write_workbook(world, ALL)
    world.pull(None)
    _write_workbook(world, [row, WANG, LI])
    counts = world.pull(None).counts
    assert (counts.quarantined, counts.removed, counts.live) == (1, 2, 3)
    assert [name for name, gone in world.rows(schema.listing, "subject_name", "removed_at") if not gone] == [
        *("屈怀瑾", "李四", "王五"),
    ]


def test_held_records_count_as_lost(world: World) -> None:
    world.map(DEBTORS)
    _write_workbook(world, ALL)
    world.pull(None)
    _write_workbook(world, [(*ZHANG[:2], "#N/A", REASON), QU, LI, WANG])
    pulled = world.pull(None)
    assert (pulled.state, pulled.counts.live) == ("refused", 5)
    assert "本次少了 2 条（其中 2 条可能送来了但无法读取）" in pulled.problem


def test_a_row_that_says_it_is_gone_holds_nothing(world: World) -> None:
    world.map(MAPPING.replace('key = ["number"]', 'key = ["number", "identifier"]'))
    world.pull("a", entry(1, 证件="1" * 10), entry(2))
    pulled = world.pull("a", entry(1, 证件="1" * 300, 状态="删除"), entry(2))
    assert (pulled.counts.removed, pulled.counts.quarantined, pulled.counts.live) == (1, 1, 1)


def test_a_delta_needs_to_hold_nothing(world: World) -> None:
    world.map(MAPPING)
    world.pull("b", entry(1), entry(2))
    pulled = world.pull("b", entry(1, 证件="1" * 300))
    assert (pulled.counts.removed, pulled.counts.quarantined, pulled.counts.live) == (0, 1, 2)


def _like(name: str, row: Row) -> list[str]:
    found = Reader(load_mapping(MAPPINGS, name)).read(row)
    return sorted({key for outcome in found if isinstance(outcome, Rejected) for key in outcome.like})


def test_what_would_fit_anybody_names_nobody() -> None:
    day = {"列入日期": "2018-01-01"}
    assert _like("abnormal_operations", BrokenRow(ORIGIN, "", "坏", day)) == []
    found = _like("abnormal_operations", BrokenRow(ORIGIN, "", "坏", day | {"企业名称": "合肥甲公司"}))
    assert found == ["|合肥甲公司|||2018-01-01"]
    assert _like("abnormal_operations", BrokenRow(ORIGIN, "", "坏")) == []


def test_a_damaged_row_may_be_any_of_its_parts() -> None:
    found = _like("science_management_applicants", BrokenRow(ORIGIN, "", "坏", {"项目编号": "18-1"}))
    assert found == ["18-1|legal_representative||||", "18-1|||||"]


def test_a_number_is_sure_however_it_reads() -> None:
    """Whose it is may be what is damaged: this one is a person's old number, and a firm's registration."""
    row = RawRow(ORIGIN, {"案号": "1号", "姓名": "", "证件号码": "340100000104008"})
    assert _like("dishonest_debtors", row) == ["1号||340100000104008|||", "1号||340100190001040084|||"]


KEY_PARTS = st.sampled_from(["", "a", "b|", "c\\", "\\|", "长" * 300, "|" * 240])


@given(st.lists(KEY_PARTS, min_size=1, max_size=4))
def test_a_key_comes_apart_again(parts: list[str]) -> None:
    key = join_key(parts)
    found = parts_of(key)
    assert len(found) == len(parts) or len(key) == LONGEST_KEY
    escaped = [part.replace("\\", "\\\\").replace("|", "\\|") for part in parts]
    assert found == (escaped if "\\" in key else parts)[: len(found)]


@given(st.lists(KEY_PARTS, min_size=4, max_size=4), st.sets(st.integers(0, 3)))
def test_a_record_resembles_what_is_sure_of_its_key(parts: list[str], unsure: set[int]) -> None:
    sure = [part if n not in unsure else "" for n, part in enumerate(parts)]
    asked = Resembling()
    asked.add(join_key(sure))
    says_something = any(parts_of(join_key(sure)))
    assert asked.may_be(join_key(parts)) is says_something
    other = next((n for n, part in enumerate(parts_of(join_key(sure))) if part), None)
    if other is not None:
        assert not asked.may_be(join_key([*("x" if n == other else "" for n in range(4))]))
