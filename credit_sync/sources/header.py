"""Finding the titles of a sheet. Departments put merged title rows, remarks and blank rows above them, break and
space them out, mark them with * or （必填）, and merge one title over two.

A title the mapping knows is delivered in the mapping's own spelling, any other one tidied up.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

SEARCHED_ROWS = 20
"""Titles further down are not looked for."""

_MARKS = re.compile(r"^\*+|(?:\*+|\((?:必填|选填|必填项|选填项|非必填|可选)\)|:)+$")
_BLANKS_BESIDE_CHINESE = re.compile(r"(?<![!-~]) | (?![!-~])")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the titles are: index of their last row among those searched, and one title per column ('' for none)."""

    row: int
    titles: tuple[str, ...]
    known: int
    sure: bool
    """At least two known titles, or all that the mapping knows, or no others: a data row never looks like this."""


def tidy(title: Any) -> str:
    """A title without decoration: width, line breaks and stray blanks folded, marks of duty taken off.

    >>> tidy("  单 位\\n名称＊（必填）"), tidy("List  No ")
    ('单位名称', 'List No')
    """
    if title is None:
        return ""
    text = unicodedata.normalize("NFKC", str(title))
    text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cf", "Cc", "Cs"})
    text = _BLANKS_BESIDE_CHINESE.sub("", " ".join(text.split()))
    return _MARKS.sub("", text).strip()


def find_header(rows: Sequence[Sequence[Any]], names: frozenset[str], header_rows: int = 1) -> Header | None:
    """The row among the first twenty with the most known titles; None when no row has any.

    `header_rows` is how many rows the titles take at most: an upper title that is merged over several columns is put
    before the lower ones (有效期 over 自 and 至: 有效期自, 有效期至); a lower title known by itself stands by itself.
    Without known names the first row that is not blank is the header.
    """
    spellings = _spellings(names)
    best: Header | None = None
    for last in range(min(len(rows), SEARCHED_ROWS)):
        window = rows[max(0, last - header_rows + 1) : last + 1]
        titles = [_spelling(parts, spellings) for parts in _title_parts(window)]
        filled = {title for title in titles if title}
        known = len(filled & names) if names else len(filled)
        # Titles of two rows are complete only with their lower row, which need not add a known one.
        completes = best is not None and header_rows > 1 and last == best.row + 1 and known == best.known
        if known > (best.known if best else 0) or completes:
            sure = known >= min(2, len(names)) or known == len(filled)
            best = Header(last, _distinct(titles), known, sure)
        if best is not None and not names:
            break
    return best


def canonical(titles: Iterable[str], names: frozenset[str]) -> tuple[str, ...]:
    """Column names of a query in the mapping's spelling where it knows them, otherwise as they are."""
    spellings = _spellings(names)
    return _distinct([spellings.get(_key(title), title) for title in titles])


def complete(titles: Sequence[str], width: int) -> tuple[str, ...]:
    """Titles for `width` columns: one without a title is named after its place (列7)."""
    missing = [""] * (width - len(titles))
    return tuple(title or f"列{place}" for place, title in enumerate([*titles, *missing], 1))


def _key(title: str) -> str:
    return "".join(tidy(title).split()).casefold()


@lru_cache(maxsize=64)
def _spellings(names: frozenset[str]) -> dict[str, str]:
    ordered = sorted(names, key=lambda name: (len(name), name), reverse=True)
    return {_key(name): name for name in ordered}


def _title_parts(window: Sequence[Sequence[Any]]) -> list[list[str]]:
    """For each column its title cells from top to bottom, merged cells above filled to the right."""
    width = max((len(row) for row in window), default=0)
    levels = [[tidy(cell) for cell in row] + [""] * (width - len(row)) for row in window]
    for upper, lower in pairwise(levels):
        if width > 2 and upper[0] and not any(upper[1:]):
            upper[0] = ""  # the title of the whole sheet
        _fill_right(upper, lower)
    return [[level[column] for level in levels if level[column]] for column in range(width)]


def _fill_right(upper: list[str], lower: list[str]) -> None:
    merged = ""
    for column, (above, below) in enumerate(zip(upper, lower, strict=True)):
        if not below:
            merged = ""
        elif above:
            merged = above
        else:
            upper[column] = merged


def _spelling(parts: list[str], spellings: dict[str, str]) -> str:
    for first in range(len(parts)):
        if (key := _key("".join(parts[first:]))) in spellings:
            return spellings[key]
    return "".join(parts)


def _distinct(titles: Sequence[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    found = []
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        found.append(f"{title}_{seen[title]}" if title and seen[title] > 1 else title)
    return tuple(found)
