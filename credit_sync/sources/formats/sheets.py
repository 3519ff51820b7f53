"""The sheets of an Excel workbook: XLSX (streamed) and XLS. Which of the two a file is shows in its first bytes, not in
its name. Macros are never run, formulas never calculated: a cell is what Excel last showed in it.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

import openpyxl
import xlrd
import xlrd.sheet
from openpyxl.utils import range_boundaries

from credit_sync.errors import SourceError
from credit_sync.sources.formats.documents import Document

warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")  # about styles, which nobody reads here

Cells = Sequence[Any]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MOST_ROWS = 1_048_576
"""Rows a sheet can have; a damaged row number may claim more."""
_CHUNK, _OVERLAP = 1 << 20, 200
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell [^>]*ref=\"([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})\"")


@dataclass(frozen=True, slots=True)
class Merged:
    """Cells made one: first and last row and column, counted from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `rows` begins anew each time; blank rows are in it, so that the n-th is the sheet's row n + 1."""

    name: str
    hidden: bool
    rows: Callable[[], Iterator[Cells]]
    formulas: Callable[[], Iterator[Cells] | None] = lambda: None
    """The same rows with formulas in place of what they come to; None where there are none, or none are known (XLS)."""
    merged: Callable[[], list[Merged]] = list


def is_workbook(document: Document) -> bool:
    """Whether it is XLSX or XLS; a text under an Excel name is none. Raises SourceError for a web page."""
    with document.open() as stream:
        start = stream.read(1024)
    if start.startswith((_ZIP, _OLE)):
        return True
    if b"<html" in start.lower() or b"<table" in start.lower():
        raise SourceError(f"{document.place} 不是 Excel 文件，而是网页", remedy="用 Excel 打开后另存为 xlsx")
    return False


@contextmanager
def open_sheets(document: Document, *, with_merged: bool = False) -> Iterator[list[Sheet]]:
    """The sheets of a workbook in their order. Raises SourceError for what is encrypted or too large.

    `with_merged`: of an XLS, merged cells are only known when all of its formatting is read.
    """
    with document.open() as stream:
        start = stream.read(8)
    if start.startswith(_ZIP):
        with document.seekable() as stream, _open_xlsx(stream, document) as sheets:
            yield sheets
    else:
        with _open_xls(document, with_merged) as sheets:
            yield sheets


@contextmanager
def _open_xlsx(stream: BinaryIO, document: Document) -> Iterator[list[Sheet]]:
    with zipfile.ZipFile(stream) as package:
        if sum(info.file_size for info in package.infolist()) > document.max_bytes:
            limit = f"{document.max_bytes / 2**20:g} MB"
            raise SourceError(f"{document.place} 解压后超过 {limit}", remedy="确需读取时调大 max_megabytes")
    with closing(openpyxl.load_workbook(stream, read_only=True, data_only=True)) as book:
        yield [_xlsx_sheet(sheet, stream) for sheet in book.worksheets]


def _xlsx_sheet(sheet: Any, stream: BinaryIO) -> Sheet:
    sheet.reset_dimensions()  # some programs write a wrong size
    part: str = sheet._worksheet_path

    def formulas() -> Iterator[Cells] | None:
        if not _matches(stream, part, _FORMULA, first=True):
            return None
        book = openpyxl.load_workbook(stream, read_only=True, data_only=False)
        twin: Any = book[sheet.title]
        twin.reset_dimensions()
        rows: Iterator[Cells] = twin.iter_rows(max_row=_MOST_ROWS, values_only=True)
        return rows

    def merged() -> list[Merged]:
        ranges: list[Any] = [range_boundaries(ref.decode()) for ref in set(_matches(stream, part, _MERGED))]
        return [Merged(top - 1, bottom - 1, left - 1, right - 1) for left, top, right, bottom in ranges]

    return Sheet(
        sheet.title,
        sheet.sheet_state != "visible",
        lambda: sheet.iter_rows(max_row=_MOST_ROWS, values_only=True),
        formulas,
        merged,
    )


def _matches(stream: BinaryIO, part: str, pattern: re.Pattern[bytes], *, first: bool = False) -> list[bytes]:
    """What is found in the XML of a sheet, read in pieces."""
    found: list[bytes] = []
    rest = b""
    with zipfile.ZipFile(stream) as package, package.open(part) as xml:
        while chunk := xml.read(_CHUNK):
            text = rest + chunk
            found.extend(match[match.lastindex or 0] for match in pattern.finditer(text))
            if first and found:
                break
            rest = text[-_OVERLAP:]
    return found


@contextmanager
def _open_xls(document: Document, with_merged: bool) -> Iterator[list[Sheet]]:
    content = document.read()
    if _ENCRYPTED_PACKAGE in content:
        raise SourceError(f"{document.place} 已加密", remedy="请提供没有密码的文件")
    book = None
    if with_merged:
        with suppress(Exception):  # formatting that xlrd does not understand is no reason not to read the rows
            book = _load_xls(content, document.place, with_formatting=True)
    book = book or _load_xls(content, document.place, with_formatting=False)
    with book:
        yield [_xls_sheet(book, number) for number in range(book.nsheets)]


def _load_xls(content: bytes, place: str, *, with_formatting: bool) -> Any:
    try:
        return xlrd.open_workbook(
            file_contents=content, logfile=io.StringIO(), on_demand=True, formatting_info=with_formatting
        )
    except xlrd.XLRDError as error:
        if "encrypt" in str(error).lower():
            raise SourceError(f"{place} 已加密", remedy="请提供没有密码的文件") from None
        raise


def _xls_sheet(book: Any, number: int) -> Sheet:
    sheet = book.sheet_by_index(number)

    def rows() -> Iterator[Cells]:
        for row in range(sheet.nrows):
            yield [_xls_value(cell, book.datemode) for cell in sheet.row(row)]

    def merged() -> list[Merged]:
        return [Merged(top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells]

    return Sheet(sheet.name, sheet.visibility != 0, rows, merged=merged)


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
