"""Spreadsheets as departments keep them, written so that the same content gives the same bytes."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
import xlwt

Cell = str | int | float | date | None

_EPOCH = datetime(2018, 11, 30, 9, 0)


@dataclass(frozen=True)
class Sheet:
    """Titles above, one or two rows of column titles, rows, notes below."""

    name: str
    above: Sequence[str]
    titles: Sequence[str]
    """`有效期/自` and `有效期/至` stand under a common title 有效期."""
    rows: Sequence[Sequence[Cell]]
    below: Sequence[str] = ()

    @property
    def two_rows(self) -> bool:
        """Whether some titles stand under a common one."""
        return any("/" in title for title in self.titles)


def write_xlsx(path: Path, sheet: Sheet) -> None:
    """An XLSX workbook with merged titles; dates are real dates, which XLSX keeps as serial numbers."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy/m/d"})
    book.set_properties({"created": _EPOCH, "author": "示例"})
    page = book.add_worksheet(sheet.name)
    middle = book.add_format({"align": "center", "bold": True})
    last = len(sheet.titles) - 1
    row = 0
    for text in sheet.above:
        page.merge_range(row, 0, row, last, text, middle)
        row += 1
    row = _write_titles(page, sheet, row, middle)
    for cells in sheet.rows:
        for column, cell in enumerate(cells):
            if cell is not None:
                page.write(row, column, cell)
        row += 1
    for text in sheet.below:
        page.merge_range(row, 0, row, last, text)
        row += 1
    book.close()
    _store(path)


def _write_titles(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, row: int, style: object) -> int:
    if not sheet.two_rows:
        page.write_row(row, 0, sheet.titles, style)
        return row + 1
    for column, title in enumerate(sheet.titles):
        upper, _, lower = title.partition("/")
        if not lower:
            page.merge_range(row, column, row + 1, column, upper, style)
            continue
        same = [c for c, other in enumerate(sheet.titles) if other.startswith(f"{upper}/")]
        if column == same[0]:
            page.merge_range(row, same[0], row, same[-1], upper, style)
        page.write(row + 1, column, lower, style)
    return row + 2


def _store(path: Path) -> None:
    """Rewrites the package without compression, whose bytes depend on the machine's zlib."""
    with zipfile.ZipFile(path) as package:
        members = [(info.filename, package.read(info)) for info in package.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as package:
        for name, content in members:
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def write_xls(path: Path, sheet: Sheet) -> None:
    """An XLS workbook, as older machines still save it."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet.name)
    days = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    row = 0
    for text in sheet.above:
        page.write_merge(row, row, 0, len(sheet.titles) - 1, text)
        row += 1
    for column, title in enumerate(sheet.titles):
        page.write(row, column, title)
    for cells in sheet.rows:
        row += 1
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                page.write(row, column, cell, days)
            elif cell is not None:
                page.write(row, column, cell)
    for text in sheet.below:
        row += 1
        page.write(row, 0, text)
    book.save(str(path))


def write_csv(path: Path, sheet: Sheet, encoding: str) -> None:
    """A CSV file with the same rows above and below, as a spreadsheet program saves them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    width = len(sheet.titles)
    for line in sheet.above:
        writer.writerow([line, *[""] * (width - 1)])
    writer.writerow(sheet.titles)
    for cells in sheet.rows:
        writer.writerow(["" if cell is None else cell for cell in cells])
    for line in sheet.below:
        writer.writerow([line, *[""] * (width - 1)])
    path.write_bytes(text.getvalue().encode(encoding))
