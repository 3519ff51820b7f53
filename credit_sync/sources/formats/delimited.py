"""CSV and its relatives (tabs, semicolons, bars), streamed.

Quotes are for `csv` alone to understand. A line without any is no more than its cells with delimiters between them, so
most lines of a long list are not given to it (tests/test_delimited.py compares).
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.sources.formats import text
from credit_sync.sources.formats.documents import Document
from credit_sync.sources.formats.rows import Some, Uneven, Unread
from credit_sync.sources.formats.titles import no_titles
from credit_sync.sources.header import SEARCHED_ROWS, Header, complete, find_header
from credit_sync.sources.mapping import Layout
from credit_sync.sources.rows import END, TextRows, as_text
from credit_sync.store.unread_rows import MOST_TEXTS

_DELIMITERS = ",\t;|"
_SAMPLE = 1 << 18
_AT_ONCE = 100
"""Rows given at once at most."""

Record = tuple[int, list[str] | Unread]
"""Line on which it starts, and its cells or why they cannot be told apart."""


def read(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Some]:
    """The rows of a CSV file; the row number is the line on which the row starts. Raises MisjudgedError, where the document
    allows that, for every trouble: it may come from the encoding.
    """
    try:
        yield from _read(document, names, layout)
    except Exception:
        if document.presume:
            raise text.MisjudgedError from None
        raise


def _read(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Some]:
    dialect, head = recognise(document, names, layout)
    header = dialect.header
    if header is None:
        raise no_titles(document.place, head, names)
    table = table_of(document.place, header, dialect.encoding)
    with dialect.encoding.open(document.open()) as stream:
        texts = _texts(stream, dialect.delimiter, document.place)
        yield from table.rows(islice(texts, header.row + 1, None))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is to be read, and where its titles are, if any of those known are there."""

    encoding: text.Encoding
    delimiter: str
    header: Header | None


def recognise(document: Document, names: frozenset[str], layout: Layout) -> tuple[Dialect, list[list[str]]]:
    """The delimiter with which the best titles are found, and the first rows. Raises SourceError."""
    encoding = text.presume(document.open) if document.presume else text.detect(document.open)
    if encoding is None:
        raise SourceError(f"{document.place} 不是 UTF-8 或 GB18030 文本", remedy="请另存为 CSV UTF-8")
    with encoding.open(document.open()) as stream:
        sample = stream.read(_SAMPLE)
    found: list[tuple[str, Header]] = []
    first: list[list[str]] = []
    for delimiter in _DELIMITERS:
        lines = _records(io.StringIO(sample, newline=""), delimiter, document.place)
        head = [[] if isinstance(cells, Unread) else cells for cells in _first(lines)]
        header = find_header(head, names, layout.header_rows)
        if header:
            found.append((delimiter, header))
        first = first or head
    if not found:
        return Dialect(encoding, _DELIMITERS[0], None), first
    best = max(found, key=lambda pair: (pair[1].sure, pair[1].known))
    return Dialect(encoding, *best), first


def records(document: Document, dialect: Dialect) -> Iterator[Record]:
    """All records of a text, the titles among them."""
    with dialect.encoding.open(document.open()) as stream:
        yield from _records(stream, dialect.delimiter, document.place)


def _first(records: Iterator[Record]) -> list[list[str] | Unread]:
    """The records among which titles are sought; with another delimiter quotes may make no sense, which is no error."""
    found = []
    try:
        for _, cells in islice(records, SEARCHED_ROWS):
            found.append(cells)
    except SourceError:
        pass
    return found


class _Lines:
    """The lines of a text for csv, counted. Others may take lines from the text too, and give the last one back."""

    def __init__(self, stream: Iterator[str]) -> None:
        self._stream = stream
        self._given_back: str | None = None
        self.number = 0
        """Of the last line taken."""
        self.last = ""
        """For showing it when it is no record."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._given_back
        self.last = next(self._stream) if line is None else line
        self._given_back = None
        self.number += 1
        return self.last

    def give_back(self, line: str) -> None:
        """The line taken last."""
        self._given_back = line
        self.number -= 1


def _records(stream: Iterator[str], delimiter: str, place: str) -> Iterator[Record]:
    return _by_csv(_Lines(stream), delimiter, place)


def _by_csv(lines: _Lines, delimiter: str, place: str) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = lines.number + 1
        try:
            yield start, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # A row that breaks off on its own line spoils only itself; after one that ran over the line end
            # nobody knows any more where rows begin.
            if lines.number != start or str(error) == "unexpected end of data":
                raise SourceError(
                    f"{place} 第 {start} 行的引号没有结束，其后的行无法分开", remedy="文件可能不完整，请重新导出"
                ) from None
            line = lines.last.strip()
            reason, whole = "引号使用有误或内容过长，分不清各列", not text.is_damaged(line)
            yield start, Unread(reason, text.mend(line), whole=whole)


def _texts(stream: Iterator[str], delimiter: str, place: str) -> Iterator[tuple[int, str | list[str] | Unread]]:
    """All records of a text as `records` gives them, the cells as one text where `as_text` can make one of them."""
    lines, longest = _Lines(stream), csv.field_size_limit()
    by_csv = _by_csv(lines, delimiter, place)
    for line in stream:
        lines.number += 1
        if '"' in line or END in line or len(line) > longest:
            lines.give_back(line)
            start, cells = next(by_csv)
            yield start, cells if isinstance(cells, Unread) else as_text(cells) or cells
        else:
            yield lines.number, line.rstrip("\r\n").replace(delimiter, END)


@dataclass(frozen=True, slots=True)
class Table:
    """What stands under some titles."""

    place: str
    titles: tuple[str, ...]
    untitled: frozenset[str]
    """Those of the titles that were made up for a column without one."""
    given: tuple[str, ...]
    """The others, each once."""
    clean: bool

    def rows(self, records: Iterator[tuple[int, str | list[str] | Unread]]) -> Iterator[Some]:
        """The rows, those of plain text under all titles many at once. What came before an error is given before it."""
        ends = len(self.titles) - 1 if self.titles == self.given else -1
        uneven = 0  # where there are many, that is how the source writes its rows
        numbers: list[int] = []
        texts: list[str] = []
        try:
            for number, record in records:
                row: str | dict[str, Any] | Unread | None
                if type(record) is str and record.count(END) == ends and self._is_whole(record):
                    row = record
                else:
                    row = self._row(record, uneven=uneven < MOST_TEXTS)
                    uneven += isinstance(row, Uneven)
                if isinstance(row, (dict, Unread)):
                    yield from self._at_once(numbers, texts)
                    yield self.place, number, row
                    numbers, texts = [], []
                elif row is not None:
                    numbers.append(number)
                    texts.append(row)
                    if len(texts) == _AT_ONCE:
                        yield from self._at_once(numbers, texts)
                        numbers, texts = [], []
        except Exception:
            yield from self._at_once(numbers, texts)
            raise
        yield from self._at_once(numbers, texts)

    def _at_once(self, numbers: list[int], texts: list[str]) -> Iterator[Some]:
        if texts:
            yield self.place, numbers[0], TextRows(self.given, numbers, texts)

    def _is_whole(self, record: str) -> bool:
        """Neither blank nor damaged."""
        return bool(record) and not record.isspace() and (self.clean or not text.is_damaged(record))

    def _row(self, record: str | list[str] | Unread, *, uneven: bool) -> str | dict[str, Any] | Unread | None:
        """As text where nothing about it is odd but what has been dealt with."""
        values = self.values(record)
        if values is None or isinstance(values, Unread):
            return values
        cells = record.count(END) + 1 if isinstance(record, str) else len(record)
        if uneven and cells != len(self.titles):
            return Uneven(values, cells - len(self.titles))
        return (as_text(values.values()) or values) if tuple(values) == self.given else values

    def values(self, record: str | list[str] | Unread) -> dict[str, Any] | Unread | None:
        """Any row by itself; None for a blank one."""
        if isinstance(record, Unread):
            return record
        cells = record.split(END) if isinstance(record, str) else record
        if not any(map(str.strip, cells)):
            return None
        width = len(self.titles)
        if len(cells) > width and "".join(cells[width:]).strip():
            reason = f"有 {len(cells)} 列，标题只有 {width} 列"
            return Unread(reason, text.mend("\t".join(cells)), whole=not any(map(text.is_damaged, cells)))
        values = dict(zip(self.titles, cells, strict=False))
        if not self.clean and any(map(text.is_damaged, cells)):
            even = len(cells) == width
            sure = {title: cell for title, cell in values.items() if even and not text.is_damaged(cell)}
            return Unread("含有无法识别的字节（编码损坏）", text.mend("\t".join(cells)), sure)
        return {title: cell for title, cell in values.items() if cell or title not in self.untitled}


def table_of(place: str, header: Header, encoding: text.Encoding) -> Table:
    """The table under a header."""
    titles = complete(header.titles, len(header.titles))
    untitled = frozenset(title for title, given in zip(titles, header.titles, strict=True) if not given)
    given = tuple(title for title in dict.fromkeys(titles) if title not in untitled)
    return Table(place, titles, untitled, given, encoding.clean)
