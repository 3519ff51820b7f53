"""The flagged-applicants report as a workbook: one sheet per part, every cell text unless it counts something.

Names and numbers from outside are written as strings, so no spreadsheet takes them for formulas, links, numbers
or dates. The bytes depend on nothing but the report.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from credit_sync.reporting import labels
from credit_sync.reporting.flagged_sheets import CONCLUSION, REASON, REASONS_SHEET, TOKEN, Sheet, flagged_sheets
from credit_sync.reporting.flagged_views import FlaggedReport
from credit_sync.reporting.shown import shortened

_LONGEST_CELL = 32_000
"""Characters; the format ends at 32,767."""
_PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}


@dataclass(frozen=True, slots=True)
class _Formats:
    head: Format
    text: Format
    count: Format


def flagged_workbook(report: FlaggedReport) -> bytes:
    """The report as XLSX."""
    target = BytesIO()
    book = Workbook(target, _PLAIN)
    book.set_properties(
        {
            "title": f"申报主体信用预警报告 {report.as_of:%Y-%m-%d}",
            "author": "credit-sync",
            "company": report.department,
            "created": report.as_of,
        }
    )
    formats = _Formats(
        head=book.add_format(
            {"bold": True, "bg_color": "#1C4A78", "font_color": "#FFFFFF", "valign": "vcenter", "text_wrap": True}
        ),
        text=book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"}),
        count=book.add_format({"valign": "top", "num_format": "#,##0"}),
    )
    for sheet in flagged_sheets(report):
        page = book.add_worksheet(sheet.name)
        _write(page, sheet, formats)
        _prepare_for_print(page, f"{report.as_of:%Y-%m-%d} {sheet.name}")
        _offer(page, sheet, len(report.reasons))
    book.close()
    return target.getvalue()


def _write(page: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    for column, (title, width) in enumerate(sheet.columns):
        page.set_column(column, column, width)
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


def _prepare_for_print(page: Worksheet, title: str) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer(f"&L{title}&C内部资料，请勿外传&R第 &P 页，共 &N 页")


def _offer(page: Worksheet, sheet: Sheet, reasons: int) -> None:
    """Drop-down lists in the columns that officers fill in; what the program knows a row by is hidden."""
    last = max(len(sheet.rows), 1)
    choices: dict[str, Any] = {
        CONCLUSION: list(labels.CONCLUSIONS.values()),
        REASON: f"='{REASONS_SHEET}'!$B$2:$B${reasons + 1}",
    }
    for column, (title, width) in enumerate(sheet.columns):
        if title in choices:
            rule = {
                "validate": "list",
                "source": choices[title],
                "error_title": title,
                "error_message": "请从列表中选",
            }
            page.data_validation(1, column, last, column, rule)
        elif title == TOKEN:
            page.set_column(column, column, width, None, {"hidden": True})
