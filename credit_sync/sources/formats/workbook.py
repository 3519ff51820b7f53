"""Excel workbooks: XLSX (streamed) and XLS. Which of the two a file is shows in its first bytes, not in its name.

Every visible sheet that has the expected titles is read, or the one that the layout names.
"""

import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO

import openpyxl
import xlrd
import xlrd.sheet

from credit_sync.errors import SourceError
from credit_sync.sources.formats import delimited
from credit_sync.sources.formats.documents import Document
from credit_sync.sources.formats.rows import Found, Unread
from credit_sync.sources.formats.titles import no_titles
from credit_sync.sources.header import SEARCHED_ROWS, Header, complete, find_header
from credit_sync.sources.mapping import Layout

warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")  # about styles, which nobody reads here

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MOST_ROWS = 1_048_576
"""Rows a sheet can have; a damaged row number may claim more."""
_ERRORS = frozenset(["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"])
_EXACT = 10**15
"""Excel keeps fifteen digits of a number and puts zeros in place of the rest."""

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    hidden: bool
    rows: Callable[[], Iterator[Cells]]


def read(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Found]:
    """The rows of a workbook; the row number is the sheet's. A text under an Excel name is read as text."""
    with document.open() as stream:
        start = stream.read(1024)
    if start.startswith(_ZIP):
        with document.seekable() as stream:
            yield from _read_xlsx(stream, document, names, layout)
    elif start.startswith(_OLE):
        yield from _read_xls(document, names, layout)
    elif b"<html" in start.lower() or b"<table" in start.lower():
        raise SourceError(f"{document.place} 不是 Excel 文件，而是网页", remedy="用 Excel 打开后另存为 xlsx")
    else:
        yield from delimited.read(document, names, layout)


def _read_xlsx(stream: BinaryIO, document: Document, names: frozenset[str], layout: Layout) -> Iterator[Found]:
    with zipfile.ZipFile(stream) as package:
        if sum(info.file_size for info in package.infolist()) > document.max_bytes:
            limit = f"{document.max_bytes / 2**20:g} MB"
            raise SourceError(f"{document.place} 解压后超过 {limit}", remedy="确需读取时调大 max_megabytes")
    with closing(openpyxl.load_workbook(stream, read_only=True, data_only=True)) as book:
        sheets = []
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write a wrong size
            rows = _rows_of_xlsx(sheet)
            sheets.append(_Sheet(sheet.title, sheet.sheet_state != "visible", rows))
        yield from _read_sheets(sheets, document.place, names, layout)


def _rows_of_xlsx(sheet: Any) -> Callable[[], Iterator[Cells]]:
    return lambda: sheet.iter_rows(max_row=_MOST_ROWS, values_only=True)


def _read_xls(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Found]:
    content = document.read()
    if _ENCRYPTED_PACKAGE in content:
        raise SourceError(f"{document.place} 已加密", remedy="请提供没有密码的文件")
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True)
    except xlrd.XLRDError as error:
        if "encrypt" in str(error).lower():
            raise SourceError(f"{document.place} 已加密", remedy="请提供没有密码的文件") from None
        raise
    with book:
        sheets = [_xls_sheet(book, number) for number in range(book.nsheets)]
        yield from _read_sheets(sheets, document.place, names, layout)


def _xls_sheet(book: Any, number: int) -> _Sheet:
    sheet = book.sheet_by_index(number)

    def rows() -> Iterator[Cells]:
        for row in range(sheet.nrows):
            yield [_xls_value(cell, book.datemode) for cell in sheet.row(row)]

    return _Sheet(sheet.name, sheet.visibility != 0, rows)


def _xls_value(cell: Any, datemode: int) -> Any:
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#N/A")
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment = xlrd.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError):
            return "#VALUE!"
        return moment.time() if cell.value < 1 else moment
    return cell.value


def _read_sheets(sheets: list[_Sheet], place: str, names: frozenset[str], layout: Layout) -> Iterator[Found]:
    chosen = [s for s in sheets if (s.name.strip() == layout.sheet.strip() if layout.sheet else not s.hidden)]
    if not chosen:
        there = "、".join(sheet.name for sheet in sheets)
        raise SourceError(f"{place} 里没有工作表“{layout.sheet or '（可见的）'}”，现有：{there}")
    headers = []
    heads: list[Cells] = []
    for sheet in chosen:
        head = list(islice(sheet.rows(), SEARCHED_ROWS))
        heads.extend(head)
        if header := find_header(head, names, layout.header_rows):
            headers.append((sheet, header))
    # A sheet with a single known title may be a list of codes: it counts only when there is nothing better.
    readable = [pair for pair in headers if pair[1].sure and pair[1].known > 1] or headers[:1]
    if not readable:
        raise no_titles(place, heads, names)
    for sheet, header in readable:
        yield from _rows(f"{place}#{sheet.name}", sheet.rows(), header, names)


def _rows(place: str, rows: Iterator[Cells], header: Header, names: frozenset[str]) -> Iterator[Found]:
    titles = header.titles
    for number, cells in enumerate(islice(rows, header.row + 1, None), header.row + 2):
        if len(cells) > len(titles):
            titles = complete(titles, len(cells))
        values: dict[str, Any] = {}
        reason = ""
        for column, (title, cell) in enumerate(zip(titles, cells, strict=False), 1):
            if cell is None or cell == "":
                continue
            value = _plain(cell)
            if title in names and (defect := _defect(value)):
                reason = reason or f"{title}：{defect}"
            values[title or f"列{column}"] = value
        if reason:
            yield place, number, Unread(reason, "\t".join(f"{t}={v}" for t, v in values.items()))
        elif any(not isinstance(v, str) or not v.isspace() for v in values.values()):
            yield place, number, values


def _plain(value: Any) -> Any:
    """Whole numbers as int, times of day and durations as text."""
    if isinstance(value, float) and value.is_integer():
        return int(value) if abs(value) < _EXACT else value
    if isinstance(value, time | timedelta) and not isinstance(value, datetime):
        return str(value)
    return value


def _defect(value: Any) -> str:
    """Why a cell's value is not what somebody wrote into it; '' when it is."""
    if isinstance(value, str):
        return f"单元格是公式错误 {value}" if value in _ERRORS else ""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) < _EXACT:
        return ""
    digits = len(str(abs(value))) if isinstance(value, int) else 0
    if isinstance(value, float) or value % 10 ** (digits - 15) == 0:
        return "长编号被存成了数字，15 位以后的数字已经丢失；请把该列设为文本格式后重新填写"
    return ""
