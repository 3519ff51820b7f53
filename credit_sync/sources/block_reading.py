"""Rows by the block, column by column, because lists come by the million.

A list has few courts, dates and provinces and many rows: what a column says is read once for each different text.
Only what nearly every row looks like is read this way, and to the very bytes that `Reader` comes to; a row with
anything odd about it goes to `Reader`, which alone knows what to do with it (tests/test_block_reading.py compares).
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from credit_sync.records import Listing, RecordKind
from credit_sync.sources.entry_columns import DATES, Columns, EntryColumns, iso
from credit_sync.sources.field_reading import FieldReader, ProblemError
from credit_sync.sources.reading import Draft, Reader, join_key, key_part, key_parts
from credit_sync.sources.row_columns import RowColumns, by_column, without
from credit_sync.sources.rows import RawRow, Row
from credit_sync.sources.spool import Block
from credit_sync.sources.subject_columns import (
    Numbers,
    kinds_of,
    of_several_names,
    own_numbers,
    recognised,
    with_own_numbers,
)
from credit_sync.sources.target_fields import FieldType
from credit_sync.sources.values import LONGEST, texts_of
from credit_sync.store.columns import SUBJECT_PREFIX, document, value_names
from credit_sync.store.entries import NO_ENTRIES, Entries
from credit_sync.store.records import Again
from credit_sync.subjects.identifiers import Identifier, SubjectKind
from credit_sync.subjects.subject import Sex

BLOCK = 500
"""Rows of a block: more gain little, and a slow source would tell its progress less often."""
_MOST_REMEMBERED = 50_000
_ODD = object()
"""In the place of a value that only `Reader` can read."""
_MADE = ("subject_kind", "subject_birth_year", "subject_identifiers", "subject_former_names", "list")
"""Columns that are not just the value of their field."""


class BlockReader:
    """Reads the rows of one mapping by the block."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        mapping, part = reader.mapping, reader.parts[0]
        simple = reader.required == ("name",) and not mapping.parts and not part.constants.identifiers
        self._able = simple and mapping.record is RecordKind.LISTING
        self._known: dict[str, dict[str, Any]] = {}
        self._columns = {n.removeprefix(SUBJECT_PREFIX): n for n in value_names(Listing) if n not in _MADE}
        said = part.constants.values.items() if self._able else ()
        same = {self._columns[field]: _bare(value) for field, value in said if field in self._columns}
        self._writer = EntryColumns(mapping.list, same)
        self._days: dict[date | None, str | None] = {}

    def read(self, rows: Sequence[Row | Again]) -> Block:
        """What the rows come to, in their order."""
        return self.read_columns(by_column(rows))

    def read_columns(self, rows: RowColumns) -> Block:
        """The same for rows by column."""
        entries, places = self._entries(rows)
        taken = set(places)
        odd = rows.others | {place: rows.row(n) for n, place in enumerate(rows.at) if place not in taken}
        block, done = Block(), 0
        for place in sorted(odd):
            before = bisect_left(places, place)
            block.add_entries(entries.part(done, before))
            done, row = before, odd[place]
            if isinstance(row, Again):
                block.add_again(row)
            else:
                block.add(self._reader.read(row), row.digest if isinstance(row, RawRow) else b"")
        block.add_entries(entries.part(done, len(places)))
        return block

    def _entries(self, rows: RowColumns) -> tuple[Entries, Sequence[int]]:
        """The records of the rows in which nothing is odd, and where these stand in the block."""
        rows = rows.without(_unclean(rows) if self._able else set(range(len(rows))))
        if not len(rows):
            return NO_ENTRIES, ()
        texts = {title: texts_of(column) for title, column in zip(rows.titles, rows.cells, strict=True)}
        odd = self._not_entries(texts)
        values, numbers = self._values(texts, len(rows), odd)
        if "name" not in values:
            return NO_ENTRIES, ()
        odd |= of_several_names(values)
        rows, values, numbers = rows.without(odd), without(odd, values), without(odd, numbers)
        on = rows.pulled_at.date()
        kinds = kinds_of(values, numbers, len(rows), on)
        identifiers, odd = recognised(numbers, kinds, on)
        told = with_own_numbers(values, own_numbers(identifiers, kinds), odd)
        rows, values, identifiers = rows.without(odd), without(odd, values), without(odd, identifiers)
        columns = self._written(without(odd, told), identifiers, without(odd, {"kind": kinds})["kind"])
        keys = self._keys(values, identifiers, len(rows))
        if not all(keys):
            return self._entries(rows.without({number for number, key in enumerate(keys) if not key}))
        extras = self._extras(rows)
        digests, written = self._writer.digests(columns, extras), self._writer.values(columns, extras)
        return Entries(keys, rows.places, rows.numbers, digests, written, rows.digests), rows.at

    def _written(self, values: Columns, identifiers: Numbers, kinds: Sequence[SubjectKind]) -> Columns:
        """The columns of the records that differ from row to row."""
        count = len(kinds)
        nothing = [None] * count
        days, years = values.get("birth_date", nothing), values.get("birth_year", nothing)
        person, organisation = SubjectKind.PERSON.value, SubjectKind.ORGANISATION.value
        of_rows = zip(*identifiers.values(), strict=True) if identifiers else [()] * count
        same = self._reader.parts[0].constants.values
        columns = {c: values[field] for field, c in self._columns.items() if field in values and field not in same}
        columns |= {name: iso(columns[name], self._days) for name in DATES if name in columns}
        columns["subject_kind"] = [person if kind is SubjectKind.PERSON else organisation for kind in kinds]
        columns["subject_birth_year"] = [y or (d.year if d else None) for y, d in zip(years, days, strict=True)]
        columns["subject_identifiers"] = [
            document([(i.kind.value, i.value, i.valid) for i in _once(found) if i]) for found in of_rows
        ]
        return columns

    def _keys(self, values: Columns, identifiers: Numbers, count: int) -> list[str]:
        """The key of each row; '' where it has none."""
        columns = [self._key_column(field, values, identifiers, count) for field in self._reader.mapping.key]
        return [join_key(row) if any(row) else "" for row in zip(*columns, strict=True)]

    def _key_column(self, field: str, values: Columns, identifiers: Numbers, count: int) -> Sequence[str]:
        if field in self._reader.parts[0].constants.values:
            return list(map(key_part, values[field]))
        if field in values:
            try:
                return key_parts(values[field])
            except TypeError:  # dates, say
                return list(map(key_part, values[field]))
        return (
            [found.value if found else "" for found in identifiers[field]]
            if field in identifiers
            else [""] * count
        )

    def _extras(self, rows: RowColumns) -> Sequence[str]:
        """What each row says under titles that the mapping does not know, as JSON."""
        columns = dict(zip(rows.titles, rows.cells, strict=True))
        unknown = [title for title in sorted(columns) if title not in self._reader.known]
        if not unknown:
            return [document({})] * len(rows)
        cells = zip(*[columns[title] for title in unknown], strict=True)
        return [document({title: text for title, text in zip(unknown, row, strict=True) if text}) for row in cells]

    def _not_entries(self, texts: Mapping[str, Sequence[str]]) -> set[int]:
        """Rows that may be blank or a note, and those that the source calls gone."""
        skip, removal = self._reader.skip, self._reader.mapping.removal
        first = next(iter(texts.values()))
        odd = {n for n, text in enumerate(first) if not text or (skip is not None and skip.match(text))}
        if removal is not None and removal.from_ in texts:
            odd.update(n for n, text in enumerate(texts[removal.from_]) if text in removal.values)
        return odd

    def _values(self, texts: Mapping[str, Sequence[str]], count: int, odd: set[int]) -> tuple[Columns, Columns]:
        """The columns of values, and those of written numbers, by field."""
        part = self._reader.parts[0]
        values: dict[str, Sequence[Any]] = {
            name: [_bare(value)] * count for name, value in part.constants.values.items()
        }
        numbers: dict[str, Sequence[str]] = {}
        for reader, sources in part.readers_for(tuple(texts)):
            given = [texts[source] for source in sources if source in texts]
            if not given:
                continue
            column = given[0]
            if len(given) > 1:
                column = [next(filter(None, said), "") for said in zip(*given, strict=True)]
            if reader.type is FieldType.IDENTIFIER:
                numbers[reader.name] = column
            elif reader.keeps_text:
                values[reader.name] = column
            else:
                values[reader.name] = self._read(reader, column, odd)
        return values, numbers

    def _read(self, reader: FieldReader, column: Sequence[str], odd: set[int]) -> list[Any]:
        known = self._known.get(reader.name)
        if known is None or len(known) > _MOST_REMEMBERED:
            column_of = self._columns.get(reader.name, "")
            self._known[reader.name] = known = {"": self._writer.nothing.get(column_of)}
        known |= {text: _value(reader, text, known[""]) for text in set(column).difference(known)}
        values = [known[text] for text in column]
        if _ODD in values:
            odd.update(n for n, value in enumerate(values) if value is _ODD)
        return values


def _unclean(rows: RowColumns) -> set[int]:
    """Rows with text that would have to be cleaned or clipped."""
    if not "".join(rows.titles).isprintable():
        return set(range(len(rows)))
    texts = list(map("".join, zip(*rows.cells, strict=True)))
    if _is_clean("".join(texts)) and max(map(len, texts), default=0) <= LONGEST:
        return set()
    return {number for number, text in enumerate(texts) if len(text) > LONGEST or not _is_clean(text)}


def _is_clean(text: str) -> bool:
    return text.isprintable() and "&#" not in text


def _value(reader: FieldReader, text: str, nothing: Any) -> Any:
    """A text as the field's value, `nothing` where it stands for none."""
    draft = Draft({}, {}, [])
    try:
        reader.put(text, draft)
    except ProblemError:
        return _ODD
    if draft.warnings or draft.identifiers or draft.values.keys() - {reader.name}:
        return _ODD
    value = _bare(draft.values.get(reader.name, nothing))
    return _ODD if isinstance(value, str) and not value.isprintable() else value


def _bare(value: Any) -> Any:
    """Sex as it is stored; a kind is asked again before it is."""
    return value.value if isinstance(value, Sex) else value


def _once(found: Sequence[Identifier | None]) -> Iterable[Identifier | None]:
    """A number that stands in two fields is one."""
    return found if len(found) == 1 else dict.fromkeys(found)
