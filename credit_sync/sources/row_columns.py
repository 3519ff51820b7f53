"""Rows of a block column by column: most of a list has one layout and nothing but text.

So few objects stand for many rows, on the way to a helper as well.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, compress
from typing import Any

from credit_sync.processes import packed
from credit_sync.sources.rows import Origin, RawRow, Row
from credit_sync.store.records import Again

_END = "\x1f"
"""What stands between cells; a row that holds it is not taken apart."""
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

    def packed(self) -> bytes | None:
        """As bytes for another process; None where a value cannot leave this one (a database's handle, say)."""
        of_rows = (self.at, self.places, self.numbers, self.digests, self.others)
        try:
            return packed((self.source, self.pulled_at, self.titles, _END.join(chain(*self.cells)), *of_rows))
        except Exception:  # pickling foreign objects may fail in any way
            return None


def without(odd: Set[int], columns: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
    """Columns without some of their rows."""
    if not odd or not columns:
        return columns
    kept = _kept(odd, len(next(iter(columns.values()))))
    return {name: list(compress(column, kept)) for name, column in columns.items()}


def _kept(odd: Set[int], count: int) -> list[bool]:
    return [row not in odd for row in range(count)]


def unpacked(task: tuple[Any, ...]) -> RowColumns:
    """What `packed` was made of."""
    source, pulled_at, titles, text, at, *of_rows = task
    cells = text.split(_END) if at else []
    columns = [cells[first : first + len(at)] for first in range(0, len(cells), len(at) or 1)]
    return RowColumns(source, pulled_at, titles, columns, at, *of_rows)


def by_column(rows: Sequence[Row | Again]) -> RowColumns:
    """The rows of a block; all are of one source and pull."""
    origin = next((row.origin for row in rows if not isinstance(row, Again)), _NOWHERE)
    titles = next((tuple(row.values) for row in rows if isinstance(row, RawRow)), ())
    alike = {
        place: row
        for place, row in enumerate(rows)
        if titles and isinstance(row, RawRow) and tuple(row.values) == titles
    }
    if not _is_plain(chain.from_iterable(row.values.values() for row in alike.values())):
        alike = {place: row for place, row in alike.items() if _is_plain(row.values.values())}
    return RowColumns(
        origin.source,
        origin.pulled_at,
        titles,
        list(zip(*[row.values.values() for row in alike.values()], strict=True)),
        list(alike),
        [row.origin.place for row in alike.values()],
        [row.origin.row for row in alike.values()],
        [row.digest for row in alike.values()],
        {place: row for place, row in enumerate(rows) if place not in alike},
    )


def _is_plain(values: Iterable[Any]) -> bool:
    """Whether they are nothing but text that can be told apart."""
    try:
        return _END not in "".join(values)
    except TypeError:
        return False
