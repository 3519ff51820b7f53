"""Any workbook against the standard: its sheets, recognised by their titles, and their rows with what is wrong.

Streamed: a row is judged and forgotten, but for what the rules over several rows remember of it. XLSX, XLS and texts
with commas, tabs, semicolons or bars; also in .zip and .gz.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from pathlib import Path
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.publishing.cells import cell_text, is_blank, is_formula
from credit_sync.publishing.findings import sheet_finding
from credit_sync.publishing.recognition import HEADER_ROWS, Recognised, all_names, recognise
from credit_sync.publishing.sheet_judge import Placed, SheetJudge
from credit_sync.publishing.standard import Standard
from credit_sync.sources.formats import Unread, explained
from credit_sync.sources.formats.delimited import recognise as recognise_text
from credit_sync.sources.formats.delimited import records
from credit_sync.sources.formats.documents import Document, open_documents
from credit_sync.sources.formats.sheets import Sheet, is_workbook, open_sheets
from credit_sync.sources.mapping import Layout

SUFFIXES = frozenset([".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt"])
MOST_BYTES = 1 << 30
"""Of a file, unpacked."""


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One row of a sheet, whatever it is. `cells` is None for findings that are about the sheet."""

    number: int
    """As the sheet numbers it."""
    cells: Sequence[str] | None
    findings: Sequence[Placed] = ()
    is_data: bool = False


@dataclass(slots=True)
class _Tally:
    """What the sheets of a document have in common."""

    last: int = 0
    """Number of the last recognised sheet."""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class CheckedSheet:
    """One sheet. `rows` yields its rows in order, once, before the next sheet is taken."""

    file: str
    name: str
    recognised: Recognised | None
    reason: str
    """How the standard was recognised, or why not."""
    _source: Sheet = field(repr=False)
    _on: date = field(repr=False)
    _tally: _Tally = field(repr=False)
    _number: int = field(repr=False, default=0)

    def rows(self) -> Iterator[CheckedRow]:
        """Every row that is not blank, titles and notes among them. Raises SourceError."""
        if self.recognised is not None:
            with explained(self.file):
                yield from self._rows(self.recognised)

    def _rows(self, recognised: Recognised) -> Iterator[CheckedRow]:
        judge = SheetJudge(recognised, self._on, self._source.merged())
        formulas = self._source.formulas() or repeat(())
        data = 0
        for index, (cells, twins) in enumerate(zip(self._source.rows(), formulas, strict=False)):
            number = index + 1
            if isinstance(cells, Unread):
                data += 1
                yield CheckedRow(number, [cells.text], [judge.unreadable(cells)], True)
                continue
            texts = [cell_text(cell, recognised.standard.date_format) for cell in cells]
            if index <= recognised.header:
                yield CheckedRow(number, texts, judge.titles() if index == recognised.header else ())
            elif not is_blank(texts) or any(map(is_formula, twins, cells)):
                if not is_blank(texts) and judge.is_note(texts):
                    yield CheckedRow(number, texts)
                    continue
                data += 1
                found = judge.row(number, cells, texts, twins)
                if not self.name and not is_blank(texts[len(recognised.columns) :]):
                    # In a text every cell behind a delimiter too many stands under the wrong title.
                    found = [judge.unreadable(f"有 {len(texts)} 列，标题只有 {len(recognised.columns)} 列")]
                yield CheckedRow(number, texts, found, True)
        self._tally.rows += data
        yield from self._at_the_end(recognised, data)

    def _at_the_end(self, recognised: Recognised, data: int) -> Iterator[CheckedRow]:
        most = recognised.standard.max_rows
        if data > most:
            text = f"共 {data} 行，一次最多上传 {most} 行，请分成几个文件"
            yield CheckedRow(recognised.header + 1, None, [Placed(None, sheet_finding("too_many_rows", text))])
        if not self._tally.rows and self._number == self._tally.last:
            text = "标题下面没有一行数据，请至少填写一行"
            yield CheckedRow(recognised.header + 1, None, [Placed(None, sheet_finding("no_rows", text))])


def check_file(
    path: Path, standards: Sequence[Standard], on: date, *, told: bool = False
) -> Iterator[CheckedSheet]:
    """The sheets of a file, one after the other. `told`: the user named the standard. Raises SourceError."""
    names = all_names(standards)
    with explained(path.name):
        for document in open_documents(path, MOST_BYTES, SUFFIXES):
            if document.suffix not in SUFFIXES:
                known = "、".join(sorted(SUFFIXES))
                raise SourceError(f"{document.place} 的格式不认识（支持 {known}，可压成 .gz 或 .zip）")
            with _sheets(document, names) as sheets:
                yield from _checked(document, sheets, standards, on, told)


def _checked(
    document: Document, sheets: Sequence[Sheet], standards: Sequence[Standard], on: date, told: bool
) -> Iterator[CheckedSheet]:
    looks = [recognise(_cells(sheet), standards, told=told) for sheet in sheets if not sheet.hidden]
    recognised = iter(looks)
    tally = _Tally(last=max((n for n, look in enumerate(looks) if look.found), default=0))
    number = 0
    for sheet in sheets:
        if sheet.hidden:
            yield CheckedSheet(document.place, sheet.name, None, "隐藏的工作表", sheet, on, tally)
            continue
        look = next(recognised)
        yield CheckedSheet(document.place, sheet.name, look.found, look.reason, sheet, on, tally, number)
        number += 1


def _cells(sheet: Sheet) -> Iterator[Sequence[Any]]:
    """The rows in which titles are sought."""
    return (() if isinstance(cells, Unread) else cells for cells in sheet.rows())


@contextmanager
def _sheets(document: Document, names: frozenset[str]) -> Iterator[list[Sheet]]:
    if document.suffix in (".xlsx", ".xlsm", ".xls") and is_workbook(document):
        with open_sheets(document, with_merged=True) as sheets:
            yield sheets
    else:
        dialect, _ = recognise_text(document, names, Layout(header_rows=HEADER_ROWS))
        yield [Sheet("", False, lambda: (cells for _, cells in records(document, dialect)))]
