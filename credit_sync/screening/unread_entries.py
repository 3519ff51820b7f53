"""Whom rows of lists name that nobody could read: found nowhere, he is not cleared, for such a row may be his entry.

A row is one text, cut into pieces wherever there is neither letter nor digit, and where letters meet digits. It names a
subject whose name or number is some pieces together (屈,怀瑾), or is begun by its last ones, where the row was cut off. A
person whose number is not the only one in a row of separate cells is a namesake, and not meant.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from credit_sync.screening.other_names import with_names
from credit_sync.sources.values import text_of
from credit_sync.store.applicants import said_of_all, subjects_of
from credit_sync.store.lists import ListState
from credit_sync.store.quarantine import open_rows
from credit_sync.store.unread_rows import unescaped
from credit_sync.subjects.identifiers import Identifier, IdentifierKind
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.identifiers.masked import agrees
from credit_sync.subjects.identifiers.uscc import organisation_code
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject, SubjectKind
from credit_sync.subjects.writing import folded, is_folded

_PIECE = re.compile(r"[0-9A-Z]+|[^\W0-9A-Z_]+")
_SIGNS = str.maketrans("×●", MASK * 2)
_CITIZEN_ID = re.compile(r"(?<![0-9A-Z*])[0-9*]{17}[0-9X*](?![0-9A-Z*])")
"""Whole, be it hidden in part."""
_ROUNDED = "000"
"""The last three digits of a number of eighteen that was a floating point number once."""
_BEGINNING = 2
"""By so many characters what is looked for is found; what is shorter names nobody."""
_NUMBER_LENGTHS = (8, 9, 10, 11, 15, 18)
_FEW = 2000
"""Up to so many rows all that may be a usual number in them is gathered; where there are more, every applicant is looked at."""
_NONE = "[]"
_TOLD = 3
"""Rows that a reason tells of; more are counted."""


class _Wanted(NamedTuple):
    """A name or a number that is looked for, and whose it is."""

    text: str
    subject: int
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

    def names(self, wanted: Mapping[str, Sequence[_Wanted]]) -> Iterator[int]:
        """The subjects that it names, of those who are wanted by the beginning of a name or number."""
        for start in self.starts:
            for one in wanted.get(self.text[start : start + _BEGINNING], ()):
                if self._holds(one, start) and not (one.is_name and self._is_of_a_namesake(one.citizen_id)):
                    yield one.subject

    def _holds(self, wanted: _Wanted, start: int) -> bool:
        end = start + len(wanted.text)
        if self.text.startswith(wanted.text, start):
            return end in self.ends
        return wanted.is_name and end > len(self.text) and wanted.text.startswith(self.text[start:])

    def _is_of_a_namesake(self, citizen_id: str) -> bool:
        one = self.citizen_id
        if not one or not citizen_id or agrees(one, citizen_id):
            return False
        return not (one.endswith(_ROUNDED) and agrees(one[:15], citizen_id[:15]))


def unread_entries(connection: Connection, lists: Iterable[ListState]) -> list[UnreadEntry]:
    """The rows of lists that are in quarantine."""
    sources = {source for state in lists for source in state.sources}
    rows = open_rows(connection, sources)
    return [unread_entry(f"隔离区 {source} {place} 第 {row} 行", raw) for source, place, row, raw in rows]


def why_named(entries: Sequence[UnreadEntry], subjects: Mapping[int, Subject]) -> dict[int, str]:
    """number -> why it cannot be clear, in Chinese, for those subjects that some of the rows name."""
    if not entries:
        return {}
    wanted: dict[str, list[_Wanted]] = {}
    for number, subject in subjects.items():
        for one in _wanted(number, subject):
            wanted.setdefault(one.text[:_BEGINNING], []).append(one)
    where: dict[int, list[str]] = {}
    for entry in entries:
        for number in set(entry.names(wanted)):
            where.setdefault(number, []).append(entry.where)
    return {number: _reason(where[number]) for number in sorted(where)}


def applicants_named(
    connection: Connection, entries: Sequence[UnreadEntry], names: Mapping[int, tuple[str, ...]]
) -> dict[int, str]:
    """The same of all live applicants. `names`: other names of some."""
    if not entries:
        return {}
    of_names = {e.text[start : start + _BEGINNING] for e in entries for start in e.starts}
    few = entries if len(entries) <= _FEW else ()
    of_numbers = {e.text[start : start + n] for e in few for start in e.starts for n in _NUMBER_LENGTHS}
    maybe = [
        number
        for number, name, identifiers, former in said_of_all(connection)
        if name[:_BEGINNING] in of_names
        or not is_folded(name)
        or former != _NONE
        or not few
        or number in names
        or any(_is_among(part, of_numbers) for part in identifiers.split('"'))
    ]
    subjects = subjects_of(connection, maybe)
    return why_named(entries, {n: with_names(found, names.get(n, ())) for n, found in subjects.items()})


def _is_among(part: str, of_numbers: set[str]) -> bool:
    """Of a part between quotation marks of identifiers as JSON: whether it is one of the numbers, or none of a usual length."""
    unusual = part[-2:-1].isdigit() and len(part) not in _NUMBER_LENGTHS
    return unusual or part in of_numbers or part[8:17] in of_numbers


def _reason(where: Sequence[str]) -> str:
    more = f" 等 {len(where)} 行" if len(where) > _TOLD else ""
    return f"名单中有未能读取的行写有这个名称或号码，不能排除（{'、'.join(where[:_TOLD])}{more}）"


def _wanted(number: int, subject: Subject) -> Iterator[_Wanted]:
    whole = [found for found in subject.identifiers if not found.masked]
    own = next((f.value for f in whole if f.kind is IdentifierKind.CITIZEN_ID and f.valid), "")
    names = (subject.name, *subject.former_names)
    if subject.kind is SubjectKind.PERSON:
        names = tuple(map(fold_person_name, names))
    texts = {(_pieced(name)[0], True) for name in names} | {(text, False) for text in _numbers(whole)}
    return (_Wanted(text, number, is_name, own) for text, is_name in sorted(texts) if len(text) >= _BEGINNING)


def _numbers(identifiers: Iterable[Identifier]) -> Iterator[str]:
    for found in identifiers:
        yield "".join(_PIECE.findall(found.value))
        if found.kind is IdentifierKind.USCC:
            yield organisation_code(found.value)


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
