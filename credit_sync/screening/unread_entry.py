"""What a row of a list says that nobody could read.

It is one text, cut into pieces wherever there is neither letter nor digit, and where letters meet digits. It names a
subject whose name or number is some pieces together (屈,怀瑾), or is begun by its last ones, where the row was cut off. A
person whose number is not the only one in a row of separate cells is a namesake, and not meant.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import orjson

from credit_sync.screening.numbers import spellings
from credit_sync.sources.values import text_of
from credit_sync.store.unread_rows import unescaped
from credit_sync.subjects.identifiers import Identifier, IdentifierKind
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.identifiers.masked import agrees
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject, SubjectKind
from credit_sync.subjects.writing import folded

SHORTEST = 2
"""By so many characters what is looked for is found; what is shorter names nobody."""
_PIECE = re.compile(r"[0-9A-Z]+|[^\W0-9A-Z_]+")
_SIGNS = str.maketrans("×●", MASK * 2)
_CITIZEN_ID = re.compile(r"(?<![0-9A-Z*])[0-9*]{17}[0-9X*](?![0-9A-Z*])")
"""Whole, be it hidden in part."""
_ROUNDED = "000"
"""The last three digits of a number of eighteen that was a floating point number once."""


class Wanted(NamedTuple):
    """A name or a number that is looked for."""

    text: str
    is_name: bool
    citizen_id: str
    """The subject's, '' where it has none that is whole and right."""


@dataclass(frozen=True, slots=True)
class UnreadEntry:
    """What one row says."""

    where: str
    """For people: source, file and row."""
    text: str
    starts: tuple[int, ...]
    """Where its pieces begin."""
    ends: frozenset[int]
    citizen_id: str
    """The only one that is whole, be it hidden in part; '' where there are others, or its cells could not be told apart: several
    entries may have run together, and nobody knows whose it is."""

    def names(self, wanted: Wanted, start: int) -> bool:
        """Whether the piece that begins at a place begins the name or number of somebody who may be meant."""
        return self.holds(wanted, start) and not (wanted.is_name and self._is_of_a_namesake(wanted.citizen_id))

    def holds(self, wanted: Wanted, start: int) -> bool:
        """The same, be it a namesake's."""
        end = start + len(wanted.text)
        if self.text.startswith(wanted.text, start):
            return end in self.ends
        return wanted.is_name and end > len(self.text) and wanted.text.startswith(self.text[start:])

    def _is_of_a_namesake(self, citizen_id: str) -> bool:
        one = self.citizen_id
        if not one or not citizen_id or agrees(one, citizen_id):
            return False
        return not (one.endswith(_ROUNDED) and agrees(one[:15], citizen_id[:15]))


def wanted_of(subject: Subject) -> list[Wanted]:
    """Under what a subject may stand in such a row."""
    whole = [found for found in subject.identifiers if not found.masked]
    own = next((f.value for f in whole if f.kind is IdentifierKind.CITIZEN_ID and f.valid), "")
    names = (subject.name, *subject.former_names)
    if subject.kind is SubjectKind.PERSON:
        names = tuple(map(fold_person_name, names))
    texts = {(_pieced(name)[0], True) for name in names} | {(text, False) for text in _numbers(whole)}
    return [Wanted(text, is_name, own) for text, is_name in sorted(texts) if len(text) >= SHORTEST]


def _numbers(identifiers: Iterable[Identifier]) -> Iterator[str]:
    for found in identifiers:
        for written in spellings(found):
            yield "".join(_PIECE.findall(written))


def unread_entry(where: str, raw: Any) -> UnreadEntry:
    """A row as it came: its values by title (as JSON, where it contradicts another of its key), or text where nobody could
    tell them apart.
    """
    cells = _cells(raw)
    written = unescaped("\n".join(map(text_of, cells.values())) if cells else text_of(raw))
    text, lengths = _pieced(written)
    ends = tuple(accumulate(lengths))
    numbers = set(_CITIZEN_ID.findall(unicodedata.normalize("NFKC", written).upper().translate(_SIGNS)))
    only = numbers.pop() if cells and len(numbers) == 1 else ""
    return UnreadEntry(where, text, (0, *ends[:-1]), frozenset(ends), only)


def _cells(raw: Any) -> dict[str, Any]:
    """Empty where the row is mere text."""
    if isinstance(raw, str) and raw.startswith("{"):
        with suppress(orjson.JSONDecodeError):
            raw = orjson.loads(raw)
    return raw if isinstance(raw, dict) else {}


def _pieced(text: str) -> tuple[str, list[int]]:
    """The pieces of a text as one, and how long each is."""
    pieces = [folded(piece) for piece in _PIECE.findall(unicodedata.normalize("NFKC", text).upper())]
    return "".join(pieces), list(map(len, pieces))
