from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sync.sources.header import canonical, complete, find_header, tidy

NAMES = frozenset(["单位名称", "许可证号", "有效期自", "有效期至", "法定代表人（负责人）", "Case No"])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("单位名称", "单位名称"),
        (" 单 位 名　称\n", "单位名称"),
        ("单位名称*", "单位名称"),
        ("＊单位名称", "单位名称"),
        ("单位名称（必填）", "单位名称"),
        ("单位名称（必填）*：", "单位名称"),
        ("\ufeff单位\u200b名称", "单位名称"),
        ("法定代表人(负责人)", "法定代表人（负责人）"),
        ("法定代表人\r\n（负责人）", "法定代表人（负责人）"),
        ("ＣＡＳＥ　ｎｏ", "Case No"),
        ("caseno", "Case No"),
    ],
)
def test_known_titles_are_given_as_the_mapping_writes_them(written: str, expected: str) -> None:
    header = find_header([[written, "许可证号"]], NAMES)
    assert header is not None
    assert header.titles == (expected, "许可证号")


def test_unknown_titles_are_tidied() -> None:
    header = find_header([["单位名称", "许可证号", "备 注*", "备注", None, "金额（万元）", "Some  Title"]], NAMES)
    assert header is not None
    assert header.titles == ("单位名称", "许可证号", "备注", "备注_2", "", "金额(万元)", "Some Title")
    assert complete(header.titles, 8)[4] == "列5"
    assert complete(header.titles, 8)[7] == "列8"


WANTED = ["单位名称", "许可证号"]
LAYOUTS: dict[str, tuple[list[list[Any]], int, int]] = {
    "first row": ([WANTED, ["甲", "1"]], 1, 0),
    "title, remark and blank above": (
        [["许可台账", None], ["填报人：某", "2018年"], [], WANTED, ["甲", "1"]],
        1,
        3,
    ),
    "best of several": ([["单位名称", "x"], [*WANTED, "有效期自"], WANTED], 1, 1),
    "first of equals": ([WANTED, WANTED], 1, 0),
    "twentieth row": ([*([[]] * 19), WANTED], 1, 19),
    "numbers and dates among them": ([[2018, 1.5], WANTED], 1, 1),
    "one row where two are allowed": ([["台账", None], WANTED, ["甲", "1"]], 2, 1),
    "one row, then a row with gaps": ([[*WANTED, "有效期自"], ["甲", "", ""]], 2, 0),
}


@pytest.mark.parametrize(("rows", "header_rows", "expected"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_header_row(rows: list[list[Any]], header_rows: int, expected: int) -> None:
    header = find_header(rows, NAMES, header_rows)
    assert header is not None
    assert header.row == expected
    assert header.sure


@pytest.mark.parametrize(
    ("rows", "titles"),
    [
        (
            [["许可证号", "单位名称", "有效期", None], [None, None, "自", "至"]],
            ("许可证号", "单位名称", "有效期自", "有效期至"),
        ),
        (
            [["台账", None, None, None], ["许可证号", "单位名称", "有 效 期", ""], ["", "", "自", "至*"]],
            ("许可证号", "单位名称", "有效期自", "有效期至"),
        ),
        (
            [["基本信息", None, "证照", None], ["单位名称", "电话", "许可证号", "有效期自"]],
            ("单位名称", "基本信息电话", "许可证号", "有效期自"),
        ),
        (
            [["单位名称", "许可证号", "有效期", None, None], [None, None, "自", "至", "备注"]],
            ("单位名称", "许可证号", "有效期自", "有效期至", "有效期备注"),
        ),
        (
            [["台账", None, None], ["单位名称", "许可证号", "起止"], [None, None, "自"]],
            ("单位名称", "许可证号", "起止自"),
        ),
    ],
)
def test_titles_of_two_rows(rows: list[list[Any]], titles: tuple[str, ...]) -> None:
    data = ["乙", "甲", "2018", "2019"]
    header = find_header([*rows, data, data], NAMES, 2)
    assert header is not None
    assert header.titles == titles
    assert header.row == len(rows) - 1


def test_no_header() -> None:
    assert find_header([], NAMES) is None
    assert find_header([["甲", "乙"], []], NAMES) is None
    assert find_header([*([[]] * 20), WANTED], NAMES) is None


@pytest.mark.parametrize(
    ("row", "sure"),
    [
        (["单位名称"], True),
        (["单位名称", None], True),
        (["单位名称", "电话"], False),
        (["许可证号", "单位名称", "x"], True),
    ],
)
def test_one_known_title_is_not_sure(row: list[Any], sure: bool) -> None:
    header = find_header([row], NAMES)
    assert header is not None
    assert header.sure is sure


def test_without_known_names_the_first_filled_row_counts() -> None:
    header = find_header([[], [None, ""], ["a", "b"], ["c", "d", "e"]], frozenset())
    assert header is not None
    assert (header.row, header.titles) == (2, ("a", "b"))


def test_columns_of_a_query() -> None:
    assert canonical(["CASE_NO", "case no", "X"], NAMES) == ("CASE_NO", "Case No", "X")


cells = st.none() | st.text(max_size=8) | st.sampled_from(sorted(NAMES)) | st.integers() | st.floats() | st.dates()


@given(st.lists(st.lists(cells, max_size=6), max_size=25), st.integers(1, 4))
def test_any_rows(rows: list[list[Any]], header_rows: int) -> None:
    header = find_header(rows, NAMES, header_rows)
    if header is None:
        spelt = {tidy(name) for name in NAMES}
        assert not any(tidy(cell) in spelt for row in rows[:20] for cell in row)
        return
    filled = [title for title in header.titles if title]
    assert header.row < min(len(rows), 20)
    assert 0 < header.known == len(NAMES.intersection(filled))
    assert all(title == title.strip() for title in filled)
