"""The formats a file can have. `read_table` reads any of them; each format is one module with one reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from credit_sync.errors import SourceError, reason_of
from credit_sync.sources.formats import delimited, json_text, workbook, xml_tree
from credit_sync.sources.formats.documents import Document, open_documents
from credit_sync.sources.formats.rows import Found, Reader, Some, Unread
from credit_sync.sources.formats.text import MisjudgedError
from credit_sync.sources.mapping import Layout
from credit_sync.sources.rows import TextRows

READERS: dict[str, Reader] = {
    ".csv": delimited.read,
    ".tsv": delimited.read,
    ".txt": delimited.read,
    ".xlsx": workbook.read,
    ".xlsm": workbook.read,
    ".xls": workbook.read,
    ".json": json_text.read,
    ".jsonl": json_text.read_lines,
    ".ndjson": json_text.read_lines,
    ".xml": xml_tree.read,
}
"""By suffix; .gz and .zip may be around any of them."""

_NO_LAYOUT = Layout()


def read_table(
    path: Path, names: frozenset[str], *, layout: Layout = _NO_LAYOUT, max_bytes: int
) -> Iterator[Found]:
    """The rows of a file: place, row number, and the values by title or (`Unread`, a text) why there are none.

    `names` are the titles that are known; `max_bytes` bounds what is read after unpacking. Raises SourceError for a
    file that cannot be read to its end, whatever is wrong with it.
    """
    for place, row, values in read_at_once(path, names, layout=layout, max_bytes=max_bytes):
        if isinstance(values, TextRows):
            for number, one in values.values():
                yield place, number, one
        else:
            yield place, row, values


def read_at_once(
    path: Path, names: frozenset[str], *, layout: Layout = _NO_LAYOUT, max_bytes: int, presume: bool = False
) -> Iterator[Some]:
    """The same, many rows at once where the format gives them so.

    `presume`: long texts are read once instead of twice, in the encoding that their beginning speaks for. Raises
    MisjudgedError when one cannot be read so; then nothing that came before is worth anything.
    """
    with explained(path.name):
        for document in open_documents(path, max_bytes, frozenset(READERS)):
            yield from _reader_of(document)(replace(document, presume=presume), names, layout)


def refuse_unknown(path: Path, max_bytes: int) -> None:
    """Raises SourceError for a file that is of no known format, empty, too large or encrypted, by its outside alone."""
    with explained(path.name):
        for document in open_documents(path, max_bytes, frozenset(READERS)):
            _reader_of(document)


def _reader_of(document: Document) -> Reader:
    reader = READERS.get(document.suffix)
    if reader is None:
        raise SourceError(
            f"{document.place} 的格式不认识（支持 {'、'.join(READERS)}，可压成 .gz 或 .zip）",
            remedy="是数据的请另存为其中一种；数据源的文件夹里不是数据的请移走，或在 pattern 里写明要哪些，例如 *.xlsx",
        )
    return reader


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Whatever may happen while a foreign file is read, as a SourceError."""
    try:
        yield
    except (SourceError, MisjudgedError, MemoryError):
        raise
    except OSError as error:
        raise SourceError(f"{name} 读不了：{reason_of(error) or '文件损坏'}") from None
    except Exception as error:  # whatever the parsers of foreign formats make of a damaged file
        raise SourceError(f"{name} 已损坏，或内容与后缀不符（{type(error).__name__}）") from None


__all__ = [
    "READERS",
    "Found",
    "MisjudgedError",
    "Some",
    "Unread",
    "explained",
    "read_at_once",
    "read_table",
    "refuse_unknown",
]
