"""Tables for a terminal, aligned although a Chinese character takes two columns."""

import unicodedata
from collections.abc import Iterable, Sequence


def width(text: str) -> int:
    """How many columns a terminal gives a text.

    >>> width("m 旧"), width("ｍ")
    (4, 2)
    """
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text
    )


def aligned(rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows as lines with every column as wide as its widest cell; columns numbered in `right` end flush.

    >>> aligned([("姓名", "8"), ("性别相同", "12")], frozenset({1}))
    ['姓名       8', '性别相同  12']
    """
    table = [tuple(row) for row in rows]
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(_padded(cell, widths[i], i in right) for i, cell in enumerate(row)).rstrip() for row in table
    ]


def _padded(cell: str, to: int, right: bool) -> str:
    blank = " " * (to - width(cell))
    return blank + cell if right else cell + blank
