"""Reports as workbooks: every cell text unless it counts something.

Names and numbers from outside are written as strings, so no spreadsheet takes them for formulas, links, numbers
or dates. The bytes depend on nothing but what is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from credit_sync.reporting.shown import shortened

_LONGEST_CELL = 32_000
"""Characters; the format ends at 32,767."""
_PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}

Cell = str | int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its titles with the widths of the columns in characters, and its rows."""

    name: str
    columns: tuple[tuple[str, int], ...]
    rows: Sequence[Sequence[Cell]]
    choices: Mapping[str, Sequence[str] | str] = field(default_factory=dict)
    """What people may fill in, by the column's title: a list of texts, or a formula of the cells that hold them."""
    hidden: frozenset[str] = frozenset()
    """Titles of columns that only the program reads."""


@dataclass(frozen=True, slots=True)
class _Formats:
    head: Format
    text: Format
    count: Format


def workbook(title: str, *, company: str, created: datetime, sheets: Iterable[Sheet], footer: str) -> bytes:
    """The sheets as XLSX; `footer` stands below every printed page, before the sheet's name."""
    target = BytesIO()
    book = Workbook(target, _PLAIN)
    book.set_properties({"title": title, "author": "credit-sync", "company": company, "created": created})
    formats = _Formats(
        head=book.add_format(
            {"bold": True, "bg_color": "#1C4A78", "font_color": "#FFFFFF", "valign": "vcenter", "text_wrap": True}
        ),
        text=book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"}),
        count=book.add_format({"valign": "top", "num_format": "#,##0"}),
    )
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        _write(page, sheet, formats)
        _offer(page, sheet)
        _prepare_for_print(page, f"{footer} {sheet.name}")
    book.close()
    return target.getvalue()


def _write(page: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    for column, (title, width) in enumerate(sheet.columns):
        page.set_column(column, column, width, None, {"hidden": title in sheet.hidden})
        page.write_string(0, column, title, formats.head)
    page.set_row(0, 24)
    for row, cells in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                page.write_number(row, column, cell, formats.count)
            elif cell:
                page.write_string(row, column, shortened(cell, _LONGEST_CELL), formats.text)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)


def _offer(page: Worksheet, sheet: Sheet) -> None:
    """Drop-down lists in the columns that people fill in."""
    last = max(len(sheet.rows), 1)
    for column, (title, _) in enumerate(sheet.columns):
        if title in sheet.choices:
            rule = {"validate": "list", "source": sheet.choices[title]}
            rule |= {"error_title": title, "error_message": "请从列表中选"}
            page.data_validation(1, column, last, column, rule)


def _prepare_for_print(page: Worksheet, title: str) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer(f"&L{title}&C内部资料，请勿外传&R第 &P 页，共 &N 页")
