"""Rows as connectors deliver them: named values and where they came from."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

END = "\x1f"
"""What stands between the cells of a row that is kept as one text."""


def as_text(cells: Collection[Any]) -> str | None:
    """The cells of a row as one text; None where they are not all text, or hold what stands between them."""
    try:
        text = END.join(cells)
    except TypeError:
        return None
    return text if text.count(END) == len(cells) - 1 else None


@dataclass(frozen=True, slots=True)
class TextRows:
    """Rows of a table that follow each other: under the same titles nothing but text. A million lists and dicts would
    cost more than all that is done with them.
    """

    titles: tuple[str, ...]
    numbers: Sequence[int]
    """Of each row, as a person would count it."""
    texts: Sequence[str]
    """Of each row, as `as_text` makes it."""

    def __len__(self) -> int:
        return len(self.texts)

    def part(self, first: int, end: int) -> "TextRows":
        """Some of them."""
        return TextRows(self.titles, self.numbers[first:end], self.texts[first:end])

    def values(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each row by itself: its number and its values by title."""
        for number, text in zip(self.numbers, self.texts, strict=True):
            yield number, dict(zip(self.titles, text.split(END), strict=True))


class Origin(NamedTuple):
    """Where a row came from: source, file (with sheet) or page, row number as a person would count it, when."""

    source: str
    place: str
    row: int
    pulled_at: datetime


@dataclass(slots=True)
class RawRow:
    """One row, untouched. Values are what the format yields: text, numbers, dates, nested lists and tables."""

    origin: Origin
    values: Mapping[str, Any]
    digest: bytes = b""
    """Of the values and how they are read (credit_sync.sources.row_digests), where somebody asks for it."""
    uneven: int = 0
    """How many cells it has more than there are titles, less than none for fewer: what stands under a title may belong under
    another, or be cut off."""


@dataclass(slots=True)
class RawRows:
    """Rows of one place that came many at once, untouched."""

    origin: Origin
    """Of the first."""
    table: TextRows
    digests: Sequence[bytes]
    """Of each row, as above."""

    def __len__(self) -> int:
        return len(self.table)

    def part(self, first: int, end: int) -> "RawRows":
        """Some of them."""
        table = self.table.part(first, end)
        return RawRows(self.origin._replace(row=table.numbers[0]), table, self.digests[first:end])

    def rows(self) -> Iterator[RawRow]:
        """Each row by itself."""
        for (number, values), digest in zip(self.table.values(), self.digests, strict=True):
            yield RawRow(self.origin._replace(row=number), values, digest)


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row the connector could delimit but not read, such as a JSON line that is no JSON."""

    origin: Origin
    text: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """What is sure of it: the other cells of a row of which one is damaged."""
    whole: bool = False
    """All that it holds is in the text, though nobody can tell what is what."""


Row = RawRow | BrokenRow
Rows = Row | RawRows
"""One, or many at once."""
