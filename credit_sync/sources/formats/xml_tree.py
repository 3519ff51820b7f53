"""XML as rows: elements become text or nested tables, attributes go under `@name`, repeated elements become lists.

Paths start below the root element: `data.row` means <anything><data><row>…</row><row>…</row></data></anything>.
"""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from credit_sync.errors import SourceError
from credit_sync.sources.formats import text
from credit_sync.sources.formats.documents import Document
from credit_sync.sources.formats.rows import TEXT, Found, as_row
from credit_sync.sources.mapping import Layout

_DEEPEST = 60
_DECLARATION = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9_.\-]+)["']""")


class NotXmlError(ValueError):
    """The content is no well-formed XML, or more than XML with data has to be; the text says why, in Chinese."""


def read(document: Document, names: frozenset[str], layout: Layout) -> Iterator[Found]:  # noqa: ARG001
    """The rows of an XML document, streamed, numbered as in their list."""
    with document.open() as stream:
        declared = declared_encoding(stream.read(200))
    encoding = text.detect(document.open, declared)
    if encoding is None or not encoding.clean:
        raise SourceError(f"{document.place} 的编码无法识别")
    try:
        with encoding.open(document.open()) as stream:
            for number, item in enumerate(_rows(_Utf8(stream), layout.rows), 1):
                if (row := as_row(item)) is not None:
                    yield document.place, number, row
    except NotXmlError as error:
        raise SourceError(f"{document.place}：{error}") from None


def declared_encoding(start: bytes) -> str:
    """What the XML declaration says, '' when it says nothing."""
    found = _DECLARATION.match(start)
    return found[1].decode("ascii") if found else ""


def parse(content: bytes, declared: str = "") -> Any:
    """A whole document as nested tables. Raises NotXmlError."""
    encoding = text.detect(lambda: io.BytesIO(content), declared or declared_encoding(content[:200]))
    if encoding is None or not encoding.clean:
        raise NotXmlError("编码无法识别")
    root = None
    with encoding.open(io.BytesIO(content)) as stream:
        for event, element in _events(_Utf8(stream)):
            root = element if event == "start" and root is None else root
    return _value(root)


def rows_at(document: Any, path: str) -> list[Any] | None:
    """The repeated elements at `path` of a parsed document; None when they are not there.

    No such element is an empty list only where the element around it holds nothing else.
    """
    parts = path.split(".") if path else []
    for part in parts[:-1]:
        document = document.get(part) if isinstance(document, dict) else None
    if document is None:
        return None
    children = (
        {n: v for n, v in document.items() if not n.startswith(("@", "#"))} if isinstance(document, dict) else {}
    )
    if not children:
        return [] if isinstance(document, dict) or not str(document).strip() else None
    if not parts and len(children) > 1:
        return None
    rows = children.get(parts[-1] if parts else next(iter(children)))
    rows = rows if isinstance(rows, list) or rows is None else [rows]
    return None if rows and any(isinstance(row, str) and row for row in rows) else rows


class _Utf8:
    """Decoded text as the bytes that expat reads: it knows no GBK."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """The next `size` characters."""
        return self._stream.read(size).encode()


def _events(source: "_Utf8 | BinaryIO") -> Iterator[tuple[str, Element]]:
    depth = 0
    try:
        parser = DefusedXMLParser(target=TreeBuilder(), encoding="utf-8")
        for event, element in iterparse(source, ("start", "end"), parser):
            depth += 1 if event == "start" else -1
            if depth > _DEEPEST:
                raise NotXmlError("XML 嵌套过深")
            yield event, element
    except ParseError as error:
        raise NotXmlError(f"不是完整的 XML（第 {error.position[0]} 行）") from None
    except DefusedXmlException:
        raise NotXmlError("XML 里定义了实体，出于安全不予读取") from None


def _rows(source: _Utf8, path: str) -> Iterator[Any]:
    """The elements at `path` one by one, each forgotten once it is delivered."""
    parts = path.split(".") if path else []
    around = parts[:-1]
    open_elements: list[Element] = []
    others: set[str] = set()
    row_name = parts[-1] if parts else ""
    reached = found = False
    for event, element in _events(source):
        if event == "start":
            open_elements.append(element)
            reached = reached or _names(open_elements) == around
            continue
        if _names(open_elements) == around and (element.text or "").strip():
            raise NotXmlError(f"找不到行元素 {path}，那里是一段文字")
        open_elements.pop()
        if not open_elements or _names(open_elements) != around:
            continue
        row_name = row_name or _name(element.tag)
        if _name(element.tag) == row_name:
            found = True
            value = _value(element)
            if isinstance(value, str) and value:
                raise NotXmlError(f"元素 {row_name} 里没有字段，不是一行数据")
            yield value
        else:
            others.add(_name(element.tag))
        open_elements[-1].remove(element)
    if not reached or (others and not (found and parts)):
        there = "、".join(sorted(others)[:10]) or "无"
        raise NotXmlError(f"找不到行元素 {path or row_name}，同级元素：{there}")


def _names(elements: list[Element]) -> list[str]:
    return [_name(element.tag) for element in elements[1:]]


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: Element | None) -> Any:
    if element is None:
        return None
    written = (element.text or "").strip()
    attributes = {f"@{name}": v for name, v in element.attrib.items() if not name.startswith("{")}
    if not len(element) and not attributes:
        return written
    table: dict[str, Any] = attributes | ({TEXT: written} if written else {})
    for child in element:
        name, value = _name(child.tag), _value(child)
        if name not in table:
            table[name] = value
        elif isinstance(table[name], list):
            table[name].append(value)
        else:
            table[name] = [table[name], value]
    return table
