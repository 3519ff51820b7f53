"""What a platform's answer to a question is worth. Pure.

There are three ends. Rows that can all be read: the subject is, or may be, listed. "No record", said as the settings
say that it is said. Everything else, whatever it looks like, is no answer: the subject stays unknown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.http_settings import QuerySource
from credit_sync.sources.connect import expand
from credit_sync.sources.download import Downloaded
from credit_sync.sources.formats import json_text, text, xml_tree
from credit_sync.sources.formats.rows import Unread, as_row, at_path
from credit_sync.sources.http import message_of, refuse_failure, refuse_page, says
from credit_sync.sources.mapping import Layout
from credit_sync.sources.outcomes import Outcome, Read, Rejected, Removed
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import BrokenRow, Origin, RawRow
from credit_sync.store.questions import State
from credit_sync.subjects.writing import plain

_LONGEST_REASON = 300
_EMPTY = "答复里没有记录，而设置里没有写明这算“查无记录”（no_record 或 empty_is_no_record）"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a question ended. `outcomes` also holds rows that could be read of an answer that is unknown."""

    state: State
    reason: str = ""
    outcomes: tuple[Outcome, ...] = ()
    failed: bool = False
    """The platform gave no proper answer: enough of these in a row end the asking."""


def unknown(reason: str) -> Answer:
    """No answer, and why: of what the platform says, nothing that a database does not take or a terminal would obey."""
    return Answer("unknown", plain(reason)[:_LONGEST_REASON], failed=True)


def read_answer(downloaded: Downloaded, source: QuerySource, reader: Reader, origin: Origin, key: str) -> Answer:
    """The answer in what came; `key` is kept out of reasons."""
    try:
        document = _document(downloaded, source)
        rows, nothing = _rows(document, source, reader.mapping.layout, key)
    except SourceError as error:
        return unknown(error.message)
    if not rows:
        return Answer("none") if nothing or source.empty_is_no_record else Answer("unknown", _EMPTY)
    outcomes = tuple(outcome for row in _raw_rows(rows, reader, origin) for outcome in reader.read(row))
    bad = sum(isinstance(outcome, Rejected) for outcome in outcomes)
    if bad:
        return Answer("unknown", f"答复中有 {bad} 条未能读取，已进隔离区", outcomes)
    if not any(isinstance(outcome, Read | Removed) for outcome in outcomes):
        return unknown("答复里的行都没有内容")
    return Answer("answered", "", outcomes)


def _document(downloaded: Downloaded, source: QuerySource) -> Any:
    if not downloaded.body.strip():
        raise SourceError("答复是空的")
    refuse_page(downloaded.body)
    if source.format == "xml":
        try:
            return xml_tree.parse(downloaded.body, "" if not _is_utf8(downloaded.body) else "utf-8")
        except xml_tree.NotXmlError as error:
            raise SourceError(f"答复读不了：{error}") from None
    document = read_json(downloaded)
    for path in source.escaped:
        document = _unescaped(document, path)
    return document


def read_json(downloaded: Downloaded) -> Any:
    """The JSON that came. Raises SourceError.

    What reads as UTF-8 is UTF-8, whatever the header says: read as GBK it could look like somebody else.
    """
    return _json(text.decode(downloaded.body, "" if _is_utf8(downloaded.body) else downloaded.charset))


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _json(content: str | None) -> Any:
    try:
        if content is not None:
            return json_text.parse(content)
    except json_text.NotJsonError:
        pass
    raise SourceError("答复不是完整的 JSON")


def _unescaped(document: Any, path: str) -> Any:
    """The document with the JSON in the text at `path` in its place; what is no text stays."""
    if not path:
        return _json(document) if isinstance(document, str) else document
    around, _, name = path.rpartition(".")
    table = at_path(document, around)
    if isinstance(table, dict) and isinstance(table.get(name), str):
        table[name] = _json(table[name])
    return document


def _rows(document: Any, source: QuerySource, layout: Layout, key: str) -> tuple[list[Any], bool]:
    """The rows, and whether the answer says "no record" as the settings have it. Raises SourceError for no answer."""
    rows = xml_tree.rows_at(document, layout.rows) if source.format == "xml" else at_path(document, layout.rows)
    success, no_record = source.success, source.no_record
    nothing = no_record is not None and says(document, no_record)
    # Where both stand at one place, such as a code, "no record" is a success of its own.
    same_place = success is not None and no_record is not None and success.path == no_record.path
    if success is not None and not (nothing and same_place):
        refuse_failure(document, success, key)
    if nothing:
        if rows:
            raise SourceError("答复说查无记录，却带有记录")
        return [], True
    if not isinstance(rows, list):
        raise SourceError(f"答复里没有 {layout.rows or '行的列表'}{message_of(document, key)}")
    return rows, False


def _raw_rows(rows: Sequence[Any], reader: Reader, origin: Origin) -> Iterator[RawRow | BrokenRow]:
    names, path = reader.mapping.source_names(), reader.mapping.layout.expand
    for number, item in enumerate(rows, 1):
        here = Origin(origin.source, origin.place, number, origin.pulled_at)
        row = as_row(item)
        if row is None:
            yield BrokenRow(here, str(item), "空的一行")
        elif isinstance(row, Unread):
            yield BrokenRow(here, row.text, str(row))
        else:
            yield from (RawRow(here, found) for found in (expand(row, path, names) if path else (row,)))
