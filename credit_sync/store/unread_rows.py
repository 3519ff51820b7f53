"""Which records the rows may be that could not be read: those that stay though a whole delivery did not bring them.

Of most such rows something is sure of the key (credit_sync.store.resembling). Of the others there is what they say, as
one text: a record whose name or number is in it may be theirs. Who says nothing that could be looked for may be anybody.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Connection, Table, select

from credit_sync.store.items import Like, Obscure, Uneven
from credit_sync.store.quarantine import BadRow
from credit_sync.store.resembling import Resembling

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_MOST_TEXT = 1_000_000
MOST_TEXTS = 1_000
"""More than this is not looked through for every missing record: so many rows that say nothing sure may be anybody."""
_FEW, _SELDOM = 5, 20
"""Rows with more or fewer cells than titles are damaged where they are few, or at most one in so many: elsewhere their
source writes rows so."""
_NUMBERS = ("number", "document_number", "licence_number", "application")
"""Columns that with the subject's name and numbers say which record is meant."""


def folded(text: str) -> str:
    """Letters and digits alone, in one spelling: what stands between the cells of a row may be what is wrong with it.

    >>> folded('{"姓名": "\\\\u5f20,伟"')
    '姓名张伟'
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", unescaped(text)))).casefold()


def unescaped(text: str) -> str:
    """With the characters that are written as \\uXXXX or as references.

    >>> unescaped("&#24352;\\\\u4f1f")
    '张伟'
    """
    written = html.unescape(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
    return written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def are_seldom(uneven: int, rows: int) -> bool:
    """Whether so many uneven rows of all are damaged, and not how their source writes."""
    return uneven <= max(_FEW, rows // _SELDOM) and uneven < MOST_TEXTS


class _Texts:
    """What some rows say, as far as it is looked through."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self._length = 0

    def add(self, text: str) -> bool:
        """Keeps a text; False where there is nothing in it, or no more room."""
        if not text or len(self.kept) == MOST_TEXTS or self._length + len(text) > _MOST_TEXT:
            return False
        self.kept.append(text)
        self._length += len(text)
        return True


class UnreadRows:
    """The rows of one pull that could not be read, or maybe not as they were meant. All are added before the first record
    is asked about.
    """

    def __init__(self) -> None:
        self._keys = Resembling()
        self._obscure, self._uneven = _Texts(), _Texts()
        self._cut: set[str] = set()
        self._anybody = False
        self.obscure = 0
        """Rows of whose key nothing is sure."""
        self.misplaced: list[BadRow] = []
        """Those of them that became records which may say what is meant of others."""
        self.uneven = 0
        """Rows with more or fewer cells than titles, where such are seldom."""

    def add(self, row: Like | Obscure | Uneven) -> None:
        """What is known of one row."""
        if isinstance(row, Like):
            self._keys.add(row.key)
        elif isinstance(row, Uneven):
            self.uneven += 1
            if row.row is not None:
                self.misplaced.append(row.row)
            if self._uneven.add(row.text):
                self._cut.add(row.last)
        else:
            self.obscure += 1
            self._anybody |= not self._obscure.add(row.text)

    def came(self, rows: int) -> None:
        """That all are added, and how many rows came with them."""
        if not are_seldom(self.uneven, rows):
            self._uneven, self._cut, self.misplaced, self.uneven = _Texts(), set(), [], 0

    def among(self, connection: Connection, table: Table, ids: Sequence[int], *, confirmed: bool) -> Iterator[int]:
        """Those of a few missing records that the rows may be. `confirmed`: a person says that what is missing is gone,
        so a row that may be anybody is nobody.
        """
        texts = (*self._obscure.kept, *self._uneven.kept)
        if self._anybody and not confirmed:
            yield from ids
        elif self._keys or texts:
            names = ("subject_name", "subject_identifiers", *(name for name in _NUMBERS if name in table.c))
            asked = select(table.c.id, table.c.key, *(table.c[name] for name in names)).where(table.c.id.in_(ids))
            found = connection.execute(asked).all()
            said = [list(_said(*row[2:])) for row in found] if texts else []
            mentioned = self._mentioned("\n".join(texts), said) if texts else repeat(False)
            for row, is_mentioned in zip(found, mentioned, strict=False):
                if is_mentioned or self._keys.may_be(row.key):
                    yield row.id

    def _mentioned(self, texts: str, records: Sequence[Sequence[str]]) -> Iterator[bool]:
        """Whether the texts hold something that a record says of itself, or one was cut off within it."""
        all_said = "\n".join(("", *chain.from_iterable(records)))
        cut = tuple(last for last in self._cut if f"\n{last}" in all_said)
        for said in records:
            yield not said or any(part in texts or part.startswith(cut) for part in said)


def _said(name: str, identifiers: Sequence[Sequence[Any]], *numbers: str) -> Iterator[str]:
    """The name and the numbers of a record as they may stand in a row."""
    texts = (name, *(str(value) for _, value, _ in identifiers), *numbers)
    return (part for text in texts if (part := folded(text)))
