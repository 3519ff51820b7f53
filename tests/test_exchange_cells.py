"""Texts as values of columns: typed, or refused with a sentence, whatever the text."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, types
from sqlalchemy.dialects import mysql, postgresql

from credit_sync.interfaces.cells import Cells, UnfitError, unwritable

TYPES = [
    types.String(5),
    types.Text(),
    types.Date(),
    types.DateTime(),
    types.Numeric(18, 6),
    types.Integer(),
    types.Uuid(),
    types.REAL(),
]


def cells(kind: types.TypeEngine[Any], charset: str = "", *, nullable: bool = True) -> Cells:
    return Cells(Column("XK_NR", kind, nullable=nullable), charset, "%Y/%m/%d")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (types.String(10), "2018/11/30", "2018/11/30"),
        (types.Date(), "2018/11/30", date(2018, 11, 30)),
        (types.DateTime(), "2099/12/31", datetime(2099, 12, 31)),
        (types.Numeric(18, 6), "0.200000", Decimal("0.2")),
        (types.Numeric(18, 2), "0.200000", Decimal("0.2")),
        (types.Integer(), "2", 2),
        (mysql.FLOAT(), "1234.500000", Decimal("1234.5")),
        (mysql.DOUBLE(), "12345.670000", Decimal("12345.67")),
        (postgresql.DOUBLE_PRECISION(53), "12345.67", Decimal("12345.67")),
        (types.String(2), "", None),
    ],
)
def test_a_text_becomes_what_the_column_holds(kind: types.TypeEngine[Any], text: str, value: Any) -> None:
    assert cells(kind).of_text(text, "许可内容") == value


def test_nothing_is_an_empty_text_where_null_is_not_allowed() -> None:
    assert cells(types.String(2), nullable=False).of_text("", "许可内容") == ""
    assert cells(types.Date(), nullable=False).of_text("", "许可决定日期") is None


@pytest.mark.parametrize(
    ("kind", "charset", "text", "sentence"),
    [
        (types.String(2), "", "三个字", "许可内容有 3 个字，对方数据库的列只容 2 个"),
        (types.Date(), "", "2018-11-30", "许可内容写不进对方数据库：列的类型是 DATE"),
        (types.Numeric(18, 6), "", "两千元", "许可内容写不进对方数据库：列的类型是 NUMERIC"),
        (types.Numeric(18, 2), "", "0.012300", "许可内容 0.0123 的小数位数超过对方数据库的列（2 位）"),
        (types.REAL(), "", "12345.67", "许可内容 12345.67 对方数据库的列（REAL）只能准确存 6 位数字"),
        (mysql.FLOAT(), "", "12345.67", "许可内容 12345.67 对方数据库的列（FLOAT）只能准确存 6 位数字"),
        (
            types.Double(),
            "",
            "1234567890123.456",
            "许可内容 1234567890123.456 对方数据库的列（DOUBLE）只能准确存 15 位数字",
        ),
        (types.Text(), "gbk", "屏障𠮷", "许可内容里的“𠮷”（U+20BB7）对方数据库的字符集 gbk 写不出"),
        (types.Text(), "utf8mb3", "𠮷", "许可内容里的“𠮷”"),
    ],
)
def test_what_does_not_fit_is_named(kind: types.TypeEngine[Any], charset: str, text: str, sentence: str) -> None:
    with pytest.raises(UnfitError) as error:
        cells(kind, charset).of_text(text, "许可内容")
    assert str(error.value).startswith(sentence)


def test_times_are_written_as_the_column_wants_them() -> None:
    at = datetime(2018, 11, 30, 2)
    assert cells(types.DateTime()).of_time(at, "") == at
    assert cells(types.Date()).of_time(at, "") == at.date()
    assert cells(types.String(14)).of_time(at, "%Y%m%d%H%M%S") == "20181130020000"
    assert cells(types.String(30)).of_time(at, "") == "2018-11-30 02:00:00"


@given(
    text=st.text(st.characters(codec=None)),
    kind=st.sampled_from(TYPES),
    charset=st.sampled_from(["", "gbk", "gb2312"]),
)
def test_any_text_is_a_value_or_refused(text: str, kind: types.TypeEngine[Any], charset: str) -> None:
    try:
        value = cells(kind, charset).of_text(text, "许可内容")
    except UnfitError as reason:
        assert str(reason).startswith("许可内容")
    else:
        assert value is None or not isinstance(value, str) or (value == text and not unwritable(value, charset))
