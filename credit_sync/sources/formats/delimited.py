"""CSV and its relatives (tabs, semicolons, bars), streamed.

Quotes are for `csv` alone to understand. A line without any is no more than its cells with delimiters between them, so
most lines of a long list are not given to it (tests/test_delimited.py compares).
"""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat, takewhile
from typing import Any, TextIO, TypeGuard

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
_AT_ONCE = 1 << 15
"""Characters read at once."""
_MANY = 100
"""Rows that are given at once, unless fewer or more come so."""

Record = tuple[int, list[str] | Unread]
"""Line on which it starts, and its cells or why they cannot be told apart."""
_Records = tuple[Sequence[int], Sequence[str | list[str] | Unread]]
"""The same of several records; cells as one text where `as_text` can make one of them."""


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
        yield from table.rows(_texts(stream, dialect.delimiter, document.place, header.row + 1))


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
    """The lines of a text for csv, counted; those that csv need not see many at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rest = ""
        """The beginning of a line that has been read."""
        self._text = ""
        self._ahead: deque[str] = deque()
        """Whole lines that have been read, as one text or each by itself."""
        self._longest = csv.field_size_limit()
        self.number = 0
        """Of the last line taken."""
        self.last = ""
        """For showing it when it is no record."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self.are_left():
            raise StopIteration
        self._tell_apart()
        self.last = self._ahead.popleft()
        self.number += 1
        return self.last

    def are_left(self) -> bool:
        """Whether there are any more."""
        if not self._ahead and not self._text:
            self._text = self._read()
        return bool(self._ahead or self._text)

    def plain(self, delimiter: str) -> list[str]:
        """The next lines as far as they are plain, END for the delimiter; none where csv must see the first."""
        if not self._is_plain(self._text):
            self._tell_apart()
        text, self._text = self._text, ""
        if self._ahead:
            lines = list(takewhile(self._is_plain, self._ahead))
            text = "".join(lines)
            for _ in lines:
                self._ahead.popleft()
        if not text:
            return []
        ended = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
        found = ended.replace(delimiter, END).split("\n")
        self.number += len(found)
        return found

    def _tell_apart(self) -> None:
        self._ahead.extend(io.StringIO(self._text, newline=""))
        self._text = ""

    def _read(self) -> str:
        text = self._rest
        while more := self._stream.read(max(_AT_ONCE, len(text))):
            text += more
            if end := max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1:  # after a last "\r" its "\n" may follow
                self._rest = text[end:]
                return text[:end]
        self._rest = ""
        return text

    def _is_plain(self, text: str) -> bool:
        return '"' not in text and END not in text and len(text) <= self._longest


def _records(stream: TextIO, delimiter: str, place: str) -> Iterator[Record]:
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


def _texts(stream: TextIO, delimiter: str, place: str, first: int) -> Iterator[_Records]:
    """All records of a text from one of them on, as `records` gives them; lines without quotes many at once."""
    lines = _Lines(stream)
    by_csv = _by_csv(lines, delimiter, place)
    deque(islice(by_csv, first), 0)
    while lines.are_left():
        if texts := lines.plain(delimiter):
            yield range(lines.number - len(texts) + 1, lines.number + 1), texts
        else:
            start, cells = next(by_csv)
            yield (start,), (cells if isinstance(cells, Unread) else as_text(cells) or cells,)


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

    def rows(self, records: Iterator[_Records]) -> Iterator[Some]:
        """The rows, those of plain text under all titles many at once. What came before an error is given before it."""
        uneven = 0  # where there are many, that is how the source writes its rows
        numbers: list[int] = []
        texts: list[str] = []
        try:
            for at, found in records:
                if self._are_whole(found):
                    numbers += at
                    texts += found
                else:
                    for number, record in zip(at, found, strict=True):
                        row = self._row(record, uneven=uneven < MOST_TEXTS)
                        uneven += isinstance(row, Uneven)
                        if isinstance(row, dict | Unread):
                            yield from self._at_once(numbers, texts)
                            yield self.place, number, row
                            numbers, texts = [], []
                        elif row is not None:
                            numbers.append(number)
                            texts.append(row)
                if len(texts) >= _MANY:
                    yield from self._at_once(numbers, texts)
                    numbers, texts = [], []
        except Exception:
            yield from self._at_once(numbers, texts)
            raise
        yield from self._at_once(numbers, texts)

    def _at_once(self, numbers: list[int], texts: list[str]) -> Iterator[Some]:
        if texts:
            yield self.place, numbers[0], TextRows(self.given, numbers, texts)

    def _are_whole(self, records: Sequence[Any]) -> TypeGuard[Sequence[str]]:
        """Texts of as many cells as there are titles, each another; none of them blank or damaged."""
        return (
            self.titles == self.given
            and set(map(type, records)) == {str}
            and set(map(str.count, records, repeat(END))) == {len(self.titles) - 1}
            and all(records)
            and not any(map(str.isspace, records))
            and (self.clean or not any(map(text.is_damaged, records)))
        )

    def _row(self, record: str | list[str] | Unread, *, uneven: bool) -> str | dict[str, Any] | Unread | None:
        """As text where nothing about it is odd but what has been dealt with."""
        if self._are_whole(one := (record,)):
            return one[0]
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
