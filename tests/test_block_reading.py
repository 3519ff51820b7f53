"""Blocks read to the very bytes that single rows read to, in one process or in several."""

import marshal
import os
import pickle
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sync.errors import SourceError
from credit_sync.processes import Helper
from credit_sync.sources import remembered
from credit_sync.sources.block_reading import BLOCK, BlockReader
from credit_sync.sources.mapping import FieldMapping, SourceMapping, load_mapping
from credit_sync.sources.reading import Reader
from credit_sync.sources.reading_pool import read_blocks
from credit_sync.sources.row_columns import in_one_block, unpacked
from credit_sync.sources.rows import BrokenRow, Origin, RawRow, Row
from credit_sync.sources.spool import Block
from credit_sync.sources.values import text_of, texts_of
from credit_sync.store.read_records import ReadRecords
from credit_sync.store.record_keys import join_key, join_keys, key_part, key_parts

MAPPINGS = Path(__file__).parents[1] / "mappings"
DEBTORS = load_mapping(MAPPINGS, "dishonest_debtors")
LISTS = ("dishonest_debtors", "abnormal_operations", "serious_violations")
PULLED = datetime(2018, 12, 1, 3, 0)
TITLES = (
    "iname", "sexy", "age", "cardNum", "businessEntity", "areaName", "caseCode", "courtName", "regDate", "duty", "partyTypeName",
)  # fmt: skip
PERSON = (
    "张三",
    "男",
    "95",
    "3401001900****0017",
    "",
    "安徽",
    "(2018)皖0104执1号",
    "合肥市蜀山区人民法院",
    "2018年04月19日",
    "还款",
    "0",
)
COMPANY = (
    "合肥甲科技有限公司",
    "",
    "0",
    "00298607-X",
    "李四",
    "安徽",
    "(2018)皖0104执2号",
    "合肥市蜀山区人民法院",
    "20180420",
    "无",
    "1",
)
WHOLE = ("张三", "男", "118", "340100190001040017", *PERSON[4:])
CELLS = (
    "", " ", "无", "张三", "張 三", "合肥甲有限公司（原名合肥乙厂）", "男", "1", "0", "95", "200", "340100190001040017",
    "340100190001040018", "3401001900****001X", "11340000002986079G", "34010019000104001Ｘ", "A|B\\", "2018年04月19日", "2018-13-45",
    "长期", "说明：无", "合计",
    "a\0b", "a\x1fb", '"甲"', "100%", "&#183;", "x\u200by", "三\n四", "是", "多个12345678、87654321", "=1+1", "😀", "字" * 600,
)  # fmt: skip


def raw(number: int, values: dict[str, Any]) -> RawRow:
    return RawRow(Origin("a", "a.csv", number, PULLED), values)


def by_block(reader: BlockReader, rows: list[Row]) -> Block:
    return reader.read_columns(in_one_block(rows).columns())


def row_by_row(mapping: SourceMapping, rows: list[Row]) -> Block:
    reader, block = Reader(mapping), Block()
    for row in rows:
        block.add(reader.read(row))
    return block


def block_items(block: Block) -> list[Any]:
    """Each record by itself, however many of them stand together."""
    items: list[Any] = []
    for what, *parts in marshal.loads(block.pack()) if block.pack() else ():
        items += ReadRecords(*parts).apart() if what == "records" else [(what, *parts)]
    return items


def everything(block: Block) -> tuple[object, ...]:
    return block_items(block), block.rows, block.outcomes, block.rejected, block.skipped


@pytest.mark.parametrize("cells", [PERSON, COMPANY, WHOLE, ("张三", "", "", *WHOLE[3:])])
def test_ordinary_rows_are_read_by_the_block(cells: tuple[str, ...]) -> None:
    rows: list[Row] = [raw(1, dict(zip(TITLES, cells, strict=True)))]
    assert list(BlockReader(Reader(DEBTORS))._records(in_one_block(rows).columns())[1]) == [0]
    assert everything(by_block(BlockReader(Reader(DEBTORS)), rows)) == everything(row_by_row(DEBTORS, rows))


def test_what_a_mapping_says_of_all_rows_and_for_a_code_is_read_alike() -> None:
    fields = DEBTORS.fields | {"region": FieldMapping.model_validate({"from": ["areaName"], "values": "places"})}
    told = {
        "fields": fields,
        "values": {"places": {"安徽": "安\n徽", "江苏": '"苏"'}},
        "constants": {"reason": '100%\n"甲"'},
    }
    mapping = DEBTORS.model_copy(update=told)
    rows: list[Row] = [
        raw(n, dict(zip(TITLES, (*PERSON[:5], place, *PERSON[6:]), strict=True)))
        for n, place in enumerate(("安徽", "江苏", "", "浙江", "江苏"))
    ]
    assert everything(by_block(BlockReader(Reader(mapping)), rows)) == everything(row_by_row(mapping, rows))


def test_what_a_number_tells_is_no_part_of_a_key() -> None:
    mapping = DEBTORS.model_copy(update={"key": ("name", "sex", "birth_year")})
    rows: list[Row] = [raw(1, dict(zip(TITLES, ("张三", "", "", *WHOLE[3:]), strict=True)))]
    assert everything(by_block(BlockReader(Reader(mapping)), rows)) == everything(row_by_row(mapping, rows))


@pytest.mark.parametrize(
    "numbers",
    [
        {"cardNum": "3401001900****0017", "sfzhm": "3401001900****0017"},
        {"cardNum": "3401001900****0017", "sfzhm": "340100190001040017", "zzjgdm": "00298607-X"},
        {"cardNum": 'a"b', "zzjgdm": ""},
        {"qysler": "3401001900****0017"},
    ],
)
def test_numbers_in_several_fields_are_read_alike(numbers: dict[str, str]) -> None:
    rows: list[Row] = [
        raw(1, {"iname": "张三", "caseCode": "1"} | numbers),
        raw(2, {"iname": "张三", "caseCode": "2"} | dict.fromkeys(numbers, "")),
    ]
    assert everything(by_block(BlockReader(Reader(DEBTORS)), rows)) == everything(row_by_row(DEBTORS, rows))


def test_what_is_taken_out_of_a_list_is_read_alike() -> None:
    item = {"where": "是", "is": ["法人"], "take": "名"}
    field = FieldMapping.model_validate({"from": ["people", "businessEntity"], "item": item})
    mapping = DEBTORS.model_copy(update={"fields": DEBTORS.fields | {"legal_representative": field}})
    people = ('[{"是":"法人","名":"李四"}]', '[{"是":"股东","名":"王五"}]', "赵六", "")
    rows: list[Row] = [
        raw(n, {"iname": "合肥甲有限公司", "caseCode": "1", "people": text, "businessEntity": "钱七"})
        for n, text in enumerate(people)
    ]
    assert everything(by_block(BlockReader(Reader(mapping)), rows)) == everything(row_by_row(mapping, rows))


def test_a_number_that_a_pattern_takes_out_of_a_text_is_read_alike() -> None:
    field = FieldMapping.model_validate({"from": ["cardNum"], "pattern": "[0-9*X]{18}"})
    mapping = DEBTORS.model_copy(update={"fields": DEBTORS.fields | {"identifier": field}})
    rows: list[Row] = [raw(1, {"iname": "张三", "caseCode": "1", "cardNum": "证3401001900****0017号"})]
    assert everything(by_block(BlockReader(Reader(mapping)), rows)) == everything(row_by_row(mapping, rows))


def test_what_was_forgotten_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST", 2)
    days = ("20180420", "20180421", "2018-13-45", "20180422", "20180420", "20180423")
    rows: list[Row] = [
        raw(n, dict(zip(TITLES, (*PERSON[:2], f"{90 + n}", *PERSON[3:8], day, *PERSON[9:]), strict=True)))
        for n, day in enumerate(days)
    ]
    assert everything(by_block(BlockReader(Reader(DEBTORS)), rows)) == everything(row_by_row(DEBTORS, rows))


def odd_rows(mapping: SourceMapping) -> st.SearchStrategy[list[Row]]:
    """Blocks of ordinary rows in which some cells, titles or rows are not."""
    known = sorted(mapping.source_names())
    cell = st.sampled_from((*PERSON, *COMPANY, *CELLS)) | st.none() | st.integers(-1, 99)
    titles = st.lists(st.sampled_from((*known, "gistUnit", "a.b")), min_size=1, max_size=8, unique=True)
    as_known = titles.flatmap(
        lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, cell)), min_size=1, max_size=6)
    )
    changed = st.builds(
        lambda base, place, value: dict(zip(TITLES, (*base[:place], value, *base[place + 1 :]), strict=True)),
        st.sampled_from([PERSON, COMPANY, WHOLE]),
        st.integers(0, len(TITLES) - 1),
        cell,
    )
    broken = st.just(BrokenRow(Origin("a", "a.csv", 0, PULLED), "x", "坏"))
    rows = as_known | st.lists(changed, min_size=1, max_size=6)
    numbered = rows.map(lambda found: [raw(number, values) for number, values in enumerate(found, 1)])
    return st.builds(lambda found, bad: [*found[:1], *bad, *found[1:]], numbered, st.lists(broken, max_size=1))


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_block_reads_as_its_rows_do(name: str, data: st.DataObject) -> None:
    mapping = load_mapping(MAPPINGS, name)
    reader = BlockReader(Reader(mapping))
    for _ in range(2):  # what is remembered changes nothing
        rows = data.draw(odd_rows(mapping))
        assert everything(by_block(reader, rows)) == everything(row_by_row(mapping, rows))


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Zs", "Zl", "Zp"], include_characters=" ´（）")), max_size=5
    )
)
def test_columns_of_texts_read_as_each_text_does(column: list[str]) -> None:
    assert texts_of(column, "".join(column)) == [text_of(text) for text in column]
    assert key_parts(column) == [key_part(text) for text in column]


KEY_PARTS = st.sampled_from(["", "a", "b|", "c\\", "长" * 300])


@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.tuples(*[KEY_PARTS] * width), min_size=1, max_size=4)))
def test_keys_are_joined_by_column_as_by_row(rows: list[tuple[str, ...]]) -> None:
    assert join_keys(list(zip(*rows, strict=True))) == [join_key(row) if any(row) else "" for row in rows]


@given(st.lists(st.sampled_from([*CELLS, None, 3]).map(lambda cell: raw(1, {"a": cell, "b": "x"})), max_size=6))
def test_rows_by_column_come_to_a_helper_as_they_are(rows: list[Row]) -> None:
    packed = in_one_block(rows).packed()
    assert packed is not None
    here, there = in_one_block(rows).columns(), unpacked(pickle.loads(packed))
    assert [there.row(number) for number in range(len(there))] == [rows[place] for place in here.at]
    assert there.others == {place: row for place, row in enumerate(rows) if place not in here.at}


def many(count: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(1, count + 1):
        values: dict[str, Any] = dict(zip(TITLES, PERSON if number % 7 else COMPANY, strict=True)) | {
            "caseCode": f"案{number}"
        }
        if number % 97 == 0:
            values["regDate"] = "2018-13-45"
        if number % 89 == 0:
            values["duty"] = "还款\x1f付息"
        rows.append(
            raw(number, values) if number % 101 else BrokenRow(Origin("a", "a.csv", number, PULLED), "x", "坏")
        )
    return rows


def test_helpers_answer_in_the_order_of_the_rows() -> None:
    rows = many(9 * BLOCK + 17)
    blocks = list(read_blocks(Reader(DEBTORS), iter(rows), alone=BLOCK))
    assert [block.rows for block in blocks] == [BLOCK] * 9 + [17]
    assert [item for block in blocks for item in block_items(block)] == everything(row_by_row(DEBTORS, rows))[0]


def test_large_blocks_do_not_end_with_both_sides_waiting() -> None:
    rows: list[Row] = [
        raw(n, {"iname": "张三", "caseCode": str(n), "duty": "长" * 9000}) for n in range(4 * BLOCK)
    ]
    assert sum(block.outcomes for block in read_blocks(Reader(DEBTORS), iter(rows), alone=0)) == len(rows)


def test_values_that_cannot_leave_the_process_are_read_in_it() -> None:
    rows = many(4 * BLOCK)
    rows[BLOCK + 3] = raw(BLOCK + 4, {"iname": "张三", "caseCode": "1", "duty": memoryview(b"abc")})
    blocks = list(read_blocks(Reader(DEBTORS), iter(rows), alone=0))
    assert [item for block in blocks for item in block_items(block)] == everything(row_by_row(DEBTORS, rows))[0]


def test_a_source_that_breaks_off_breaks_off_the_reading() -> None:
    def rows() -> Iterator[Row]:
        yield from many(3 * BLOCK)
        raise SourceError("断了")

    with pytest.raises(SourceError, match="断了"):
        list(read_blocks(Reader(DEBTORS), rows(), alone=0))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: no helpers")
def test_a_helper_that_dies_is_an_error_and_no_short_list(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    start = Helper.__init__

    def remember(helper: Any, *arguments: Any) -> None:
        start(helper, *arguments)
        started.append(helper)

    monkeypatch.setattr(Helper, "__init__", remember)
    blocks = read_blocks(Reader(DEBTORS), iter(many(20 * BLOCK)), alone=0)
    assert next(blocks).rows == BLOCK
    os.kill(started[0]._process.pid, signal.SIGKILL)
    with pytest.raises(SourceError, match="意外退出"):
        list(blocks)
    assert all(helper._process.poll() is not None for helper in started)
