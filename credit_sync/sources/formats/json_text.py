"""JSON documents and JSON lines."""

import json
import re
from collections.abc import Iterator
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.sources.formats import text
from credit_sync.sources.formats.documents import Document
from credit_sync.sources.formats.json_stream import JsonText
from credit_sync.sources.formats.rows import Found, Unread, as_row, names_in
from credit_sync.sources.mapping import Layout

_MOST_DIGITS = 1000
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotJsonError(ValueError):
    """The text is no JSON."""


def parse(content: str) -> Any:
    """The value. Integers keep all digits (orjson would round those beyond 64 bits), NaN is None. Raises NotJsonError."""
    try:
        value = _DECODER.decode(content)
        return _without_lone_surrogates(value) if _LONE_SURROGATE.search(content) else value
    except (ValueError, RecursionError):
        raise NotJsonError from None


def _integer(digits: str) -> int | str:
    """Beyond what Python takes for a number it stays text, so that one odd value does not spoil all rows."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


_DECODER = json.JSONDecoder(parse_constant=lambda _: None, parse_int=_integer)


def read(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Found]:  # noqa: ARG001
    """The rows of a JSON document, numbered as in their list."""
    content = text.decode(document.read())
    if content is None:
        raise SourceError(f"{document.place} 不是 UTF-8 或 GB18030 文本")
    found = JsonText(content, _DECODER)
    mend = _LONE_SURROGATE.search(content) is not None
    try:
        for number, item in enumerate(found.items(layout.rows.split(".") if layout.rows else []), 1):
            if (row := as_row(_without_lone_surrogates(item) if mend else item)) is not None:
                yield document.place, number, row
    except (ValueError, IndexError, RecursionError):
        raise SourceError(f"{document.place} 不是完整的 JSON") from None
    if found.found != 1:
        raise _no_list(document.place, layout.rows or "（整个文档）", found)


def _no_list(place: str, wanted: str, found: JsonText) -> SourceError:
    if found.found:
        return SourceError(f"{place} 里 {wanted} 出现了不止一次，不知道以哪个为准")
    return SourceError(f"{place} 里 {wanted} 不是行的列表，文档含有：{names_in(found.top)}")


def read_lines(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Found]:  # noqa: ARG001
    """The rows of JSON lines, numbered by line; a line that is no JSON spoils only itself."""
    encoding = text.detect(document.open)
    if encoding is None:
        raise SourceError(f"{document.place} 不是 UTF-8 或 GB18030 文本")
    good = bad = 0
    with encoding.open(document.open()) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            row = _line(line)
            good, bad = (good, bad + 1) if isinstance(row, Unread) else (good + 1, bad)
            if row is not None:
                yield document.place, number, row
    if bad and not good:
        raise SourceError(f"{document.place} 没有一行是 JSON 对象")


def _line(line: str) -> dict[str, Any] | Unread | None:
    if text.is_damaged(line):
        return Unread("含有无法识别的字节（编码损坏）", text.mend(line.strip()))
    try:
        return as_row(parse(line))
    except NotJsonError:
        line = line.strip()
        return Unread("不是完整的 JSON", line, whole=line.startswith("{") and line.endswith("}"))


def _without_lone_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_lone_surrogates(k): _without_lone_surrogates(v) for k, v in value.items()}
    return value
