"""Rows by the block: most of a list has one layout and nothing but text.

So few objects stand for many rows: a text for each row while they are told apart and handed to a helper, a column for
each title when they are read.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress
from typing import Any

from credit_sync.processes import packed
from credit_sync.sources.rows import END, Origin, RawRow, RawRows, Row, Rows, as_text
from credit_sync.store.items import Again

_NOWHERE = Origin("", "", 0, datetime.min)


@dataclass(frozen=True, slots=True)
class RowColumns:
    """The rows of a block: those that are alike by column, the others as they came, each with its place in the block."""

    source: str
    pulled_at: datetime
    titles: tuple[str, ...]
    cells: Sequence[Sequence[str]]
    """A column for each title."""
    at: Sequence[int]
    places: Sequence[str]
    numbers: Sequence[int]
    digests: Sequence[bytes]
    """Of each row in the columns: where it stands in the block, and what its origin and digest say."""
    others: dict[int, Row | Again]

    def __len__(self) -> int:
        return len(self.at)

    def row(self, number: int) -> RawRow:
        """A row of the columns as it came."""
        origin = Origin(self.source, self.places[number], self.numbers[number], self.pulled_at)
        values = {title: column[number] for title, column in zip(self.titles, self.cells, strict=True)}
        return RawRow(origin, values, self.digests[number])

    def without(self, odd: Set[int]) -> "RowColumns":
        """The columns without some of their rows."""
        if not odd:
            return self
        kept = _kept(odd, len(self))
        cells = [list(compress(column, kept)) for column in self.cells]
        at, numbers = list(compress(self.at, kept)), list(compress(self.numbers, kept))
        places, digests = list(compress(self.places, kept)), list(compress(self.digests, kept))
        return replace(self, cells=cells, at=at, places=places, numbers=numbers, digests=digests)


def without(odd: Set[int], columns: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
    """Columns without some of their rows."""
    if not odd or not columns:
        return columns
    kept = _kept(odd, len(next(iter(columns.values()))))
    return {name: list(compress(column, kept)) for name, column in columns.items()}


def _kept(odd: Set[int], count: int) -> list[bool]:
    return [row not in odd for row in range(count)]


@dataclass(slots=True)
class RowBlock:
    """The same rows before they are taken apart: those that are alike as texts (`as_text`)."""

    source: str
    pulled_at: datetime
    titles: tuple[str, ...]
    texts: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    others: dict[int, Row | Again] = field(default_factory=dict)

    def add(self, row: RawRow) -> None:
        """The next row."""
        place = len(self.at) + len(self.others)
        text = as_text(row.values.values()) if tuple(row.values) == self.titles else None
        if text is None:
            self.others[place] = row
        else:
            self.at.append(place)
            self.places.append(row.origin.place)
            self.numbers.append(row.origin.row)
            self.texts.append(text)
            self.digests.append(row.digest)

    def add_many(self, rows: RawRows) -> None:
        """The next rows."""
        table, place = rows.table, len(self.at) + len(self.others)
        if table.titles == self.titles:
            self.at += range(place, place + len(table))
            self.places += [rows.origin.place] * len(table)
            self.numbers += table.numbers
            self.texts += table.texts
            self.digests += rows.digests
        else:
            for row in rows.rows():
                self.add(row)

    def columns(self) -> RowColumns:
        """To be read."""
        return unpacked(self._task())

    def packed(self) -> bytes | None:
        """As bytes for another process; None where a value cannot leave this one (a database's handle, say)."""
        try:
            return packed(self._task())
        except Exception:  # pickling foreign objects may fail in any way
            return None

    def _task(self) -> tuple[Any, ...]:
        of_rows = (self.at, self.places, self.numbers, self.digests, self.others)
        return self.source, self.pulled_at, self.titles, END.join(self.texts), *of_rows


def unpacked(task: tuple[Any, ...]) -> RowColumns:
    """What was packed, to be read."""
    source, pulled_at, titles, text, at, *of_rows = task
    cells, width = text.split(END) if at else [], len(titles)
    columns = [cells[first::width] for first in range(width)]
    return RowColumns(source, pulled_at, titles, columns, at, *of_rows)


def in_one_block(rows: Sequence[Rows | Again]) -> RowBlock:
    """The rows of a block; all are of one source and pull."""
    origin = next((row.origin for row in rows if not isinstance(row, Again)), _NOWHERE)
    titles = next((_titles(row) for row in rows if isinstance(row, RawRow | RawRows)), ())
    block = RowBlock(origin.source, origin.pulled_at, titles)
    for row in rows:
        if isinstance(row, RawRow) and not row.uneven:
            block.add(row)
        elif isinstance(row, RawRows):
            block.add_many(row)
        else:
            block.others[len(block.at) + len(block.others)] = row
    return block


def _titles(row: RawRow | RawRows) -> tuple[str, ...]:
    return tuple(row.values) if isinstance(row, RawRow) else row.table.titles
