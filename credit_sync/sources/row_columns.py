"""Rows by the block: most of a list has one layout and nothing but text.

So few objects stand for many rows: a text for each row while they are told apart and handed to a helper, a column for
each title when they are read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress
from typing import Any

from credit_sync.processes import packed
from credit_sync.sources.rows import END, Origin, RawRow, RawRows, Row, as_text
from credit_sync.store.records import Again

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

    source: str = ""
    pulled_at: datetime = datetime.min
    titles: tuple[str, ...] = ()
    """Those of the first row; rows with others came alone, and stay so."""
    texts: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    others: dict[int, Row | Again] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at) + len(self.others)

    def add(self, row: Row | RawRows | Again) -> None:
        """The next row, or many; all are of one source and pull."""
        if not self.source and not isinstance(row, Again):
            self.source, self.pulled_at = row.origin.source, row.origin.pulled_at
        if isinstance(row, RawRows):
            self._add_many(row)
        elif isinstance(row, RawRow):
            self._add_one(row)
        else:
            self.others[len(self)] = row

    def _add_many(self, rows: RawRows) -> None:
        table = rows.table
        self.titles = self.titles or table.titles
        if table.titles == self.titles:
            self.at += range(len(self), len(self) + len(table))
            self.places += [rows.origin.place] * len(table)
            self.numbers += table.numbers
            self.texts += table.texts
            self.digests += [b""] * len(table)
        else:
            for row in rows.rows():
                self._add_one(row)

    def _add_one(self, row: RawRow) -> None:
        titles = tuple(row.values)
        self.titles = self.titles or titles
        text = as_text(row.values.values()) if titles == self.titles else None
        if text is None:
            self.others[len(self)] = row
        else:
            self.at.append(len(self))
            self.places.append(row.origin.place)
            self.numbers.append(row.origin.row)
            self.texts.append(text)
            self.digests.append(row.digest)

    def without(self, known: Sequence[bool], joined: dict[int, Row | Again]) -> "RowBlock":
        """The block with those of its rows that are known joined."""
        kept = [not known[at] for at in self.at]
        left = {at: row for at, row in self.others.items() if not known[at]}
        return replace(
            self,
            texts=list(compress(self.texts, kept)),
            at=list(compress(self.at, kept)),
            places=list(compress(self.places, kept)),
            numbers=list(compress(self.numbers, kept)),
            digests=list(compress(self.digests, kept)),
            others=left | joined,
        )

    def unread(self) -> int:
        """How many rows have to be read."""
        return len(self.texts) + sum(not isinstance(row, Again) for row in self.others.values())

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


def in_blocks(rows: Iterable[Row | RawRows], size: int) -> Iterator[RowBlock]:
    """Rows as they come in blocks of this size, and some more where many come at once."""
    block = RowBlock()
    for row in rows:
        block.add(row)
        if len(block) >= size:
            yield block
            block = RowBlock()
    if len(block):
        yield block


def in_one_block(rows: Iterable[Row | Again]) -> RowBlock:
    """Rows as one block."""
    block = RowBlock()
    for row in rows:
        block.add(row)
    return block


def by_column(rows: Iterable[Row | Again]) -> RowColumns:
    """The rows of a block to be read."""
    return in_one_block(rows).columns()
