"""Which standard's table a sheet holds, found out from its titles: field codes or Chinese titles, in any order.

A title alone may mean different fields in different editions (行政相对人代码_2 is 组织机构代码 in 2016, 工商注册号 in 2018):
every table of every standard reads the whole header, and the one that knows most of it decides what each title means.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from credit_sync.publishing.field_table import PublishedField
from credit_sync.publishing.findings import shown
from credit_sync.publishing.standard import Standard
from credit_sync.records import RecordKind
from credit_sync.sources.header import SEARCHED_ROWS, Header, canonical, find_header, tidy

HEADER_ROWS = 2
"""An upper title over several lower ones, or titles over codes."""
LOOKED_AT = 200
"""Rows of a sheet within which the titles must be."""
_NUMBERED = re.compile(r"(.*代码_[0-9])\((.+)\)")
"""行政相对人代码_2(工商注册号): the name in brackets says more than the number."""
_REPEATED = re.compile(r"(.+)_[0-9]+")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A sheet's titles, as a table of a standard reads them."""

    standard: Standard
    kind: RecordKind
    header: int
    """Index of the last row of titles."""
    titles: tuple[str, ...]
    """As found, '' where a column has none."""
    columns: tuple[str, ...]
    """For each column the field's code, '' for columns that the table does not have."""
    repeated: frozenset[int]
    """Columns whose field an earlier one has already."""
    by_code: int
    """How many fields were known by their code."""
    by_alias: int
    """How many by another title than the table's own."""

    @property
    def title(self) -> str:
        """`双公示 2018 版·行政许可`."""
        return f"{self.standard.title}·{self.standard.table(self.kind).title}"

    @property
    def place(self) -> dict[str, int]:
        """Field code -> its first column."""
        return {code: n for n, code in reversed(list(enumerate(self.columns))) if code and n not in self.repeated}

    @property
    def missing(self) -> list[PublishedField]:
        """Fields without a column."""
        there = set(self.columns)
        return [f for f in self.standard.table(self.kind).fields if f.code not in there]

    @property
    def known(self) -> int:
        """How many fields have a column."""
        return len(set(self.columns) - {""})


@dataclass(frozen=True, slots=True)
class Recognition:
    """What came of looking at a sheet: the table, or None; and why, in Chinese."""

    found: Recognised | None
    reason: str


def recognise(rows: Iterable[Sequence[Any]], standards: Sequence[Standard], *, told: bool = False) -> Recognition:
    """The table that knows most of the titles in the first rows.

    `told`: the standard was named by the user, so that two titles will do; otherwise half of a table's required fields
    must be there.
    """
    head = list(islice(rows, LOOKED_AT))
    nearest: list[Recognised] = []
    for window, first in _windows(head):
        readings = sorted(_readings(window, first, standards), key=_rank, reverse=True)
        if readings and (readings[0].known >= 2 if told else _is_sure(readings[0])):
            return Recognition(readings[0], _why(readings))
        nearest += readings[:1]
    return Recognition(None, _why_not(max(nearest, key=_rank, default=None), head))


def all_names(standards: Sequence[Standard]) -> frozenset[str]:
    """Every title and code that any of the standards knows."""
    return frozenset(name for s in standards for kind in s.tables for name in _names(s, kind))


def _windows(head: list[Sequence[Any]]) -> Iterator[tuple[list[Sequence[Any]], int]]:
    """As many rows as titles are sought in, and where they begin."""
    step = SEARCHED_ROWS - HEADER_ROWS + 1
    for first in range(0, max(1, len(head) - HEADER_ROWS + 1), step):
        yield head[first : first + SEARCHED_ROWS], first


def _readings(window: list[Sequence[Any]], first: int, standards: Sequence[Standard]) -> Iterator[Recognised]:
    for standard in standards:
        for kind in standard.tables:
            names = _names(standard, kind)
            if header := _header(window, frozenset(names)):
                yield _reading(header, first, standard, kind, names)


def _header(rows: list[Sequence[Any]], names: frozenset[str]) -> Header | None:
    header = find_header(rows, names, HEADER_ROWS)
    if header is None or not header.row:
        return header
    if not names.isdisjoint(canonical([tidy(cell) for cell in rows[header.row]], names)):
        return header
    # Nothing below the titles is a title by itself: unless it completes merged ones, it is the first row of data.
    above = find_header(rows[: header.row], names, HEADER_ROWS)
    return above if above is not None and above.known >= header.known else header


def _reading(
    header: Header, first: int, standard: Standard, kind: RecordKind, names: dict[str, str]
) -> Recognised:
    columns: list[str] = []
    repeated: set[int] = set()
    for number, title in enumerate(header.titles):
        code = _code(title, names)
        if code and code in columns:
            repeated.add(number)
        columns.append(code)
    table = standard.table(kind)
    shown = dict(zip(columns, header.titles, strict=True))
    by_code = sum(1 for code, title in shown.items() if code and title == code)
    own = {_plain(field.title): field.code for field in table.fields}
    by_title = sum(1 for code, title in shown.items() if code and own.get(title) == code)
    known = len(set(columns) - {""})
    return Recognised(
        standard,
        kind,
        first + header.row,
        header.titles,
        tuple(columns),
        frozenset(repeated),
        by_code,
        known - by_code - by_title,
    )


def _code(title: str, names: dict[str, str]) -> str:
    if title in names:
        return names[title]
    if numbered := _NUMBERED.fullmatch(title):
        return names.get(numbered[2], "")
    repeated = _REPEATED.fullmatch(title)
    return names.get(repeated[1], "") if repeated else ""


@lru_cache(maxsize=64)
def _names(standard: Standard, kind: RecordKind) -> dict[str, str]:
    """Titles and codes of a table, tidied -> field code; where two claim the same, codes and whole titles win."""
    fields = standard.table(kind).fields
    names = {field.code: field.code for field in fields} | {_plain(field.title): field.code for field in fields}
    for field in fields:
        numbered = _NUMBERED.fullmatch(_plain(field.title))
        for name in (*field.aliases, *(numbered.groups() if numbered else ())):
            names.setdefault(_plain(name), field.code)
    return names


def _plain(title: str) -> str:
    return tidy(title)


def _rank(reading: Recognised) -> tuple[int, int, int, int]:
    """More fields known, by their own names, fewer left over, titles further up."""
    return reading.known, -reading.by_alias, -len(reading.missing), -reading.header


def _is_sure(reading: Recognised) -> bool:
    required = [field.code for field in reading.standard.table(reading.kind).fields if field.required]
    return 2 * sum(1 for code in required if code in reading.columns) >= len(required)


def _why(readings: Sequence[Recognised]) -> str:
    best = readings[0]
    fields = len(best.standard.table(best.kind).fields)
    how = [f"按字段代码 {best.by_code} 个"] if best.by_code else []
    how += [f"按标题 {best.known - best.by_code} 个"] if best.known > best.by_code else []
    text = f"标题在第 {best.header + 1} 行，标准的 {fields} 个字段认出 {best.known} 个（{'、'.join(how)}）"
    other = next((r for r in readings if r.standard is not best.standard and r.kind is best.kind), None)
    if other is not None:
        same = "也" if other.known == best.known else "只"
        text += f"；{other.standard.title}{same}认出 {other.known} 个"
    numbers = [title for title in best.titles if re.fullmatch(r".*代码_[0-9]", title)]
    meanings = [
        f"“{title}”按该版是{found[2]}"
        for title in numbers
        if (code := _code(title, _names(best.standard, best.kind)))
        and (found := _NUMBERED.fullmatch(_plain(best.standard.table(best.kind).field(code).title)))
    ]
    return "；".join([text, *meanings])


def _why_not(nearest: Recognised | None, head: Sequence[Sequence[Any]]) -> str:
    if nearest is None or nearest.known < 2:
        fullest = max(head, key=lambda row: sum(1 for cell in row if tidy(cell)), default=())
        found = "、".join(shown(tidy(cell))[:20] for cell in fullest if tidy(cell))[:120] or "无"
        return f"前 {LOOKED_AT} 行里没有标准的标题，找到的是：{found}"
    required = [f for f in nearest.standard.table(nearest.kind).fields if f.required]
    missing = "、".join(f.title for f in required if f.code not in nearest.columns)
    return f"最接近{nearest.title}，但只认出 {nearest.known} 个字段，缺少：{missing[:160]}"
