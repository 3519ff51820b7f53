"""Whom rows of lists name that nobody could read: found nowhere, he is not cleared, for such a row may be his entry.

What one row says and whom it names: credit_sync.screening.unread_entry.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock

from sqlalchemy import Connection

from credit_sync.screening.unread_entry import SHORTEST, UnreadEntry, Wanted, unread_entry, wanted_of
from credit_sync.store.applicants import said_of_all, subjects_of
from credit_sync.store.lists import ListState
from credit_sync.store.quarantine import open_rows, which_are_open
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject
from credit_sync.subjects.writing import is_folded

_KEPT = 32
"""Of what begins at a piece so many characters are kept in order: names that agree so far are compared one by one."""
_NUMBER_LENGTHS = (8, 9, 10, 11, 15, 18)
_NONE = "[]"
_TOLD = 3
"""Rows that a reason tells of; more are counted."""


class UnreadEntries:
    """Rows in order of what begins at their pieces: who is looked for is compared with those alone that begin as he does."""

    def __init__(self, entries: Sequence[UnreadEntry] = ()) -> None:
        self._entries = entries
        places = ((e.text[start : start + _KEPT], n, start) for n, e in enumerate(entries) for start in e.starts)
        self._begun = sorted(places)
        self._last: dict[str, list[tuple[int, int]]] = {}
        """What stands at the end of a row, where it may have been cut off."""
        for text, number, start in self._begun:
            if start + len(text) == len(entries[number].text):
                self._last.setdefault(text, []).append((number, start))
        self.beginnings = {text[:SHORTEST] for text, _, _ in self._begun}
        """Of all that is named."""

    def __bool__(self) -> bool:
        return bool(self._entries)

    def naming(self, subject: Subject) -> list[str]:
        """Where the rows are that name a subject, in their order."""
        found = {
            number
            for wanted in wanted_of(subject)
            for number, start in self._begun_like(wanted)
            if self._entries[number].names(wanted, start)
        }
        return [self._entries[number].where for number in sorted(found)]

    def hold(self, name: str) -> bool:
        """Whether a name stands in a row, be it a namesake's."""
        wanted = Wanted(name, is_name=True, citizen_id="")
        return any(self._entries[number].holds(wanted, start) for number, start in self._begun_like(wanted))

    def numbers(self) -> set[str]:
        """All that may be a number of a usual length."""
        return {
            entry.text[start : start + length]
            for entry in self._entries
            for start in entry.starts
            for length in _NUMBER_LENGTHS
            if start + length in entry.ends
        }

    def _begun_like(self, wanted: Wanted) -> Iterator[tuple[int, int]]:
        """Row and place of all that may hold what is wanted."""
        if wanted.text[:SHORTEST] not in self.beginnings:
            return
        beginning = wanted.text[:_KEPT]
        for at in range(bisect_left(self._begun, (beginning,)), len(self._begun)):
            text, number, start = self._begun[at]
            if not text.startswith(beginning):
                break
            yield number, start
        if wanted.is_name:
            for length in range(SHORTEST, len(beginning)):
                yield from self._last.get(wanted.text[:length], ())


class KnownUnread:
    """The rows kept by a process that answers many questions, and read anew when others are in quarantine."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: tuple[tuple[set[str], str], UnreadEntries] | None = None

    def of(self, connection: Connection, lists: Iterable[ListState]) -> UnreadEntries:
        """Those of the lists as this connection sees them."""
        sources = _sources(lists)
        stands = (sources, which_are_open(connection, sources))
        with self._lock:
            if self._found is None or self._found[0] != stands:
                self._found = (stands, _read(connection, sources))
            return self._found[1]


def unread_entries(connection: Connection, lists: Iterable[ListState]) -> UnreadEntries:
    """The rows of lists that are in quarantine."""
    return _read(connection, _sources(lists))


def _sources(lists: Iterable[ListState]) -> set[str]:
    return {source for state in lists for source in state.sources}


def _read(connection: Connection, sources: Iterable[str]) -> UnreadEntries:
    rows = open_rows(connection, sources)
    return UnreadEntries(
        [unread_entry(f"隔离区 {source} {place} 第 {row} 行", raw) for source, place, row, raw in rows]
    )


def why_named(entries: UnreadEntries, subjects: Mapping[int, Subject]) -> dict[int, str]:
    """number -> why it cannot be clear, in Chinese, for those subjects that some of the rows name."""
    if not entries:
        return {}
    return {number: _reason(where) for number in sorted(subjects) if (where := entries.naming(subjects[number]))}


def applicants_named(
    connection: Connection, entries: UnreadEntries, names: Mapping[int, tuple[str, ...]]
) -> dict[int, str]:
    """The same of all live applicants. `names`: other names of some."""
    if not entries:
        return {}
    of_numbers = entries.numbers()
    maybe = [
        number
        for number, name, identifiers, former in said_of_all(connection)
        if former != _NONE
        or not is_folded(name)
        or number in names
        or any(_may_be_among(value, of_numbers) for value in identifiers.split('"')[3::4])
        or entries.hold(name)
        or entries.hold(fold_person_name(name))
    ]
    subjects = subjects_of(connection, maybe)
    return why_named(entries, {n: found.known_as(*names.get(n, ())) for n, found in subjects.items()})


def _may_be_among(value: str, of_numbers: set[str]) -> bool:
    """Whether an identifier's value is one of the numbers, or written as they are not."""
    if not of_numbers.isdisjoint((value, value[8:17], value[:6] + value[8:17])):  # code in a USCC, and 15 digits
        return True
    return MASK not in value and not (len(value) in _NUMBER_LENGTHS and value.isalnum())


def _reason(where: Sequence[str]) -> str:
    more = f" 等 {len(where)} 行" if len(where) > _TOLD else ""
    return f"名单中有未能读取的行写有这个名称或号码，不能排除（{'、'.join(where[:_TOLD])}{more}）"
