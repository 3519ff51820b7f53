"""What every format yields, and the shaping of nested values into flat rows."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from credit_sync.sources.formats.documents import Document
from credit_sync.sources.mapping import Layout
from credit_sync.sources.rows import TextRows

TEXT = "#text"
"""Under this name an XML element that has attributes keeps its text."""


class Unread(str):
    """Why a row could not be read (Chinese); `text` is the row as far as it can be shown, `values` what is sure of it.

    `whole`: all that the row holds is in the text, though nobody can tell what is what.
    """

    __slots__ = ("text", "values", "whole")
    text: str
    values: Mapping[str, Any]
    whole: bool

    def __new__(
        cls, reason: str, text: str, values: Mapping[str, Any] = MappingProxyType({}), *, whole: bool = False
    ) -> "Unread":
        """The reason, with the row it is about."""
        made = super().__new__(cls, reason)
        made.text, made.values, made.whole = text, values, whole
        return made


class Uneven(dict[str, Any]):
    """The values of a row that has more cells than there are titles, or fewer (`more` is less than none)."""

    def __init__(self, values: Mapping[str, Any], more: int) -> None:
        super().__init__(values)
        self.more = more


Found = tuple[str, int, dict[str, Any] | Unread]
"""Place (file, file#sheet, archive/file), row number as a person counts, and the values or why there are none."""
Some = tuple[str, int, dict[str, Any] | Unread | TextRows]
"""One row, or many rows of a place at once, with the number of the first."""
Reader = Callable[[Document, frozenset[str], Layout], Iterator[Some]]


def flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested tables under dotted names; lists stay values.

    >>> flatten({"a": {"b": 1, "c": {"d": 2}}, "l": [{"x": 1}]})
    {'a.b': 1, 'a.c.d': 2, 'l': [{'x': 1}]}
    """
    if not any(isinstance(value, dict) for value in values.values()):
        return dict(values)
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            for inner, item in flatten(value).items():
                flat[name if inner == TEXT else f"{name}.{inner}"] = item
        else:
            flat[name] = value
    return flat


def as_row(item: Any) -> dict[str, Any] | Unread | None:
    """An item of a list of rows as a flat row; None for a blank one."""
    if not isinstance(item, dict):
        return Unread("这一行不是由字段组成的对象", str(item)[:1000]) if item not in (None, "", [], {}) else None
    row = flatten(item)
    return None if is_blank(row) else row


def is_blank(row: Mapping[str, Any]) -> bool:
    """Whether the row says nothing at all (0 and false say something)."""
    return all(v is None or v in ("", [], {}) or (isinstance(v, str) and v.isspace()) for v in row.values())


def at_path(document: Any, path: str) -> Any:
    """The value at a dotted path, None when there is none; '' is the document itself."""
    for part in path.split(".") if path else ():
        if not isinstance(document, dict):
            return None
        document = document.get(part)
    return document


def names_in(document: Any) -> str:
    """The names at the top of a document, for messages."""
    if isinstance(document, dict):
        return "、".join(str(name)[:40] for name in list(document)[:10]) or "空对象"
    return "列表" if isinstance(document, list) else "单个值"
