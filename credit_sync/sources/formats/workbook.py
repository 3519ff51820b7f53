"""The rows of Excel workbooks by their titles. Every visible sheet that has the expected titles is read, or the one
that the layout names.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.sources.formats import delimited
from credit_sync.sources.formats.documents import Document
from credit_sync.sources.formats.rows import Found, Some, Unread
from credit_sync.sources.formats.sheets import Cells, Sheet, is_workbook, open_sheets
from credit_sync.sources.formats.titles import no_titles
from credit_sync.sources.header import SEARCHED_ROWS, Header, complete, find_header
from credit_sync.sources.mapping import Layout

_ERRORS = frozenset(["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"])
_EXACT = 10**15
"""Excel keeps fifteen digits of a number and puts zeros in place of the rest."""


def read(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Some]:
    """The rows of a workbook; the row number is the sheet's. A text under an Excel name is read as text."""
    if not is_workbook(document):
        yield from delimited.read(document, names, layout)
        return
    with open_sheets(document) as sheets:
        yield from _read_sheets(sheets, document.place, names, layout)


def _read_sheets(sheets: list[Sheet], place: str, names: frozenset[str], layout: Layout) -> Iterator[Found]:
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
        defects: dict[str, str] = {}
        for column, (title, cell) in enumerate(zip(titles, cells, strict=False), 1):
            if cell is None or cell == "":
                continue
            value = _plain(cell)
            if title in names and (defect := _defect(value)):
                defects[title] = defect
            values[title or f"列{column}"] = value
        if defects:
            title, defect = next(iter(defects.items()))
            text = "\t".join(f"{t}={v}" for t, v in values.items())
            sure = {t: v for t, v in values.items() if t not in defects}
            yield place, number, Unread(f"{title}：{defect}", text, sure)
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
