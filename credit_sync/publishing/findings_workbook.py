"""The findings workbook: somebody's sheets as they are, wrong cells coloured and commented, and the findings as a list.

It is read beside the original, not uploaded: identity numbers of persons are hidden in it like in every report. Every
cell is text and stays text, so that nothing in it is ever run as a formula. Rows keep the numbers they have.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.utility import xl_rowcol_to_cell

from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.publishing.file_check import CheckedRow, CheckedSheet
from credit_sync.publishing.findings import hide_in_cell
from credit_sync.publishing.recognition import Recognised
from credit_sync.publishing.rules import Severity, rules
from credit_sync.publishing.sheet_judge import Placed
from credit_sync.subjects.identifiers import hide

LIST = "校验结果"
MOST_COMMENTS = 10_000
"""Comments and links beyond make a workbook that no spreadsheet opens; the list of findings has all of them."""
_LONGEST_CELL = 32_767
_LONGEST_NAME = 31
_LAST_ROW = 1_048_575
_COLUMNS = (
    ("工作表", 16),
    ("行", 8),
    ("单元格", 10),
    ("字段代码", 18),
    ("字段", 28),
    ("级别", 8),
    ("规则", 20),
    ("怎样改", 80),
)
_LEVELS = {Severity.ERROR: "错误", Severity.WARNING: "提示"}
_UNWRITABLE = dict.fromkeys((*range(55296, 57344), 65534, 65535), "�")
"""What no XML may hold."""


class FindingsWorkbook:
    """Written while a file is checked, a row at a time; it is there under its name only once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.unfinished")
        self._comments = 0
        self._listed = 0

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._part.touch()
        except OSError as error:
            raise _unwritable(self._path, error) from None
        options = {"constant_memory": True, "tmpdir": str(self._path.parent)}
        self._book = xlsxwriter.Workbook(str(self._part), options)
        self._book.set_properties({"created": datetime(2000, 1, 1)})
        plain = {"num_format": "@", "valign": "top"}
        self._plain = self._book.add_format(plain)
        self._bold = self._book.add_format(plain | {"bold": True, "bg_color": "#DDEBF7"})
        colours = {Severity.ERROR: "#FFC7CE", Severity.WARNING: "#FFEB9C"}
        self._marked = {level: self._book.add_format(plain | {"bg_color": c}) for level, c in colours.items()}
        self._list: Any = None
        self._names: set[str] = {LIST.lower()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._list is None:
                self._add_list()
            self._book.close()
            if kind is None:
                self._part.replace(self._path)
        except (OSError, XlsxWriterException) as wrong:
            raise _unwritable(self._path, wrong) from None
        finally:
            self._part.unlink(missing_ok=True)

    def begin(self, sheet: CheckedSheet) -> None:
        """The sheet to which the rows that follow belong."""
        self._sheet_name = self._free_name(sheet.name or Path(sheet.file).stem)
        self._sheet = self._book.add_worksheet(self._sheet_name)
        self._recognised: Recognised | None = sheet.recognised
        self._hidden = _columns_of_persons(sheet.recognised) if sheet.recognised else frozenset[int]()
        if sheet.recognised:
            self._sheet.freeze_panes(sheet.recognised.header + 1, 0)
            self._sheet.set_column(0, len(sheet.recognised.titles), 18)
        if self._list is None:
            self._add_list()

    def add(self, row: CheckedRow) -> None:
        """A row of the sheet, and what is wrong with it."""
        if row.cells is not None:
            self._write_row(row, row.cells)
        for placed in row.findings:
            self._write_finding(row.number, placed)

    def _write_row(self, row: CheckedRow, cells: Sequence[str]) -> None:
        by_column: dict[int, list[Placed]] = {}
        for placed in row.findings:
            if placed.column is not None:
                by_column.setdefault(placed.column, []).append(placed)
        width = max(len(cells), max(by_column, default=-1) + 1)
        for column in range(width):
            text = self._shown(column, cells[column]) if column < len(cells) else ""
            placed_here = by_column.get(column, [])
            cell_format = self._marked[_worst(placed_here)] if placed_here else self._plain
            self._sheet.write_string(row.number - 1, column, text, cell_format)
            if placed_here and self._comments < MOST_COMMENTS:
                self._comments += 1
                comment = "\n".join(found.finding.message for found in placed_here)
                self._sheet.write_comment(row.number - 1, column, _clean(comment), {"x_scale": 2.5})

    def _write_finding(self, number: int, placed: Placed) -> None:
        found = placed.finding
        self._listed += 1
        if self._listed > _LAST_ROW:
            return
        title = ""
        if found.field and self._recognised is not None:
            title = self._recognised.standard.table(self._recognised.kind).field(found.field).title
        cell = "" if placed.column is None else xl_rowcol_to_cell(number - 1, placed.column)
        rule = rules()[found.rule].title
        row = (
            self._sheet_name,
            str(number),
            cell,
            found.field,
            title,
            _LEVELS[found.severity],
            rule,
            found.message,
        )
        for column, text in enumerate(row):
            cell_format = self._marked[found.severity] if column == 5 else self._plain
            self._list.write_string(self._listed, column, _clean(text), cell_format)
        if cell and self._listed <= MOST_COMMENTS:
            target = f"internal:'{self._sheet_name.replace(chr(39), chr(39) * 2)}'!{cell}"
            self._list.write_url(self._listed, 2, target, self._plain, cell)

    def _shown(self, column: int, text: str) -> str:
        return _clean(hide(text.strip()) if column in self._hidden and text.strip() else hide_in_cell(text))

    def _add_list(self) -> None:
        self._list = self._book.add_worksheet(LIST)
        self._list.freeze_panes(1, 0)
        for column, (title, width) in enumerate(_COLUMNS):
            self._list.set_column(column, column, width)
            self._list.write_string(0, column, title, self._bold)

    def _free_name(self, wanted: str) -> str:
        name = "".join("_" if c in "[]:*?/\\" or not c.isprintable() else c for c in hide_in_cell(wanted)).strip(
            "'"
        )
        name = name[:_LONGEST_NAME] or "数据"
        number = 2
        while name.lower() in self._names:
            name = f"{name[: _LONGEST_NAME - 4]}_{number}"
            number += 1
        self._names.add(name.lower())
        return name


def _columns_of_persons(recognised: Recognised) -> frozenset[int]:
    """Columns of identity numbers of persons: hidden whatever stands there."""
    table = recognised.standard.table(recognised.kind)
    codes = {field.code for field in table.fields if field.check == "citizen_id"} | set(table.id_type_fields)
    return frozenset(number for number, code in enumerate(recognised.columns) if code in codes)


def _worst(placed: Sequence[Placed]) -> Severity:
    levels = [found.finding.severity for found in placed]
    return Severity.ERROR if Severity.ERROR in levels else Severity.WARNING


def _clean(text: str) -> str:
    return text.translate(_UNWRITABLE)[:_LONGEST_CELL]


def _unwritable(path: Path, error: Exception) -> CreditSyncError:
    return CreditSyncError(f"写不了 {path}：{reason_of(error)}", remedy="请检查文件夹的权限和磁盘空间")
