"""CSV and its relatives (tabs, semicolons, bars), streamed."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.sources.formats import text
from credit_sync.sources.formats.documents import Document
from credit_sync.sources.formats.rows import Found, Unread
from credit_sync.sources.formats.titles import no_titles
from credit_sync.sources.header import SEARCHED_ROWS, Header, complete, find_header
from credit_sync.sources.mapping import Layout

_DELIMITERS = ",\t;|"
_SAMPLE = 1 << 18

Record = tuple[int, list[str] | Unread]
"""Line on which it starts, and its cells or why they cannot be told apart."""


def read(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Found]:
    """The rows of a CSV file; the row number is the line on which the row starts."""
    dialect, head = recognise(document, names, layout)
    if dialect.header is None:
        raise no_titles(document.place, head, names)
    rows = islice(records(document, dialect), dialect.header.row + 1, None)
    yield from _rows(document.place, rows, dialect.header, dialect.encoding.clean)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is to be read, and where its titles are, if any of those known are there."""

    encoding: text.Encoding
    delimiter: str
    header: Header | None


def recognise(document: Document, names: frozenset[str], layout: Layout) -> tuple[Dialect, list[list[str]]]:
    """The delimiter with which the best titles are found, and the first rows. Raises SourceError."""
    encoding = text.detect(document.open)
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
    """Lines that remember the last one, for showing it when it is no record."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.last = line
            yield line


def _records(stream: io.TextIOBase, delimiter: str, place: str) -> Iterator[Record]:
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    while True:
        try:
            for cells in reader:
                yield start, cells
                start = reader.line_num + 1
            return
        except csv.Error as error:
            # A row that breaks off on its own line spoils only itself; after one that ran over the line end
            # nobody knows any more where rows begin.
            if reader.line_num != start or str(error) == "unexpected end of data":
                raise SourceError(
                    f"{place} 第 {start} 行的引号没有结束，其后的行无法分开", remedy="文件可能不完整，请重新导出"
                ) from None
            yield start, Unread("引号使用有误或内容过长，分不清各列", text.mend(lines.last.strip()))
            start = reader.line_num + 1


def _rows(place: str, records: Iterator[Record], header: Header, clean: bool) -> Iterator[Found]:
    titles = complete(header.titles, len(header.titles))
    width = len(titles)
    untitled = [title for title, given in zip(titles, header.titles, strict=True) if not given]
    for row, cells in records:
        if isinstance(cells, Unread):
            yield place, row, cells
            continue
        if not any(map(str.strip, cells)):
            continue
        if len(cells) > width and "".join(cells[width:]).strip():
            reason = f"有 {len(cells)} 列，标题只有 {width} 列"
            yield place, row, Unread(reason, text.mend("\t".join(cells)))
            continue
        if not clean and any(map(text.is_damaged, cells)):
            yield place, row, Unread("含有无法识别的字节（编码损坏）", text.mend("\t".join(cells)))
            continue
        values: dict[str, Any] = dict(zip(titles, cells, strict=False))
        for title in untitled:
            if not values.get(title):
                values.pop(title, None)
        yield place, row, values
