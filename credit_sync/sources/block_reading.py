"""Rows by the block, column by column, because lists come by the million.

A list has few courts, dates and provinces and many rows: what a column says is read once for each different text.
Only what nearly every row looks like is read this way, and to the very bytes that `Reader` comes to; a row with
anything odd about it goes to `Reader`, which alone knows what to do with it (tests/test_block_reading.py compares).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from itertools import repeat
from typing import Any

from credit_sync.records import Listing, RecordKind
from credit_sync.sources.entry_columns import DATES, Columns, EntryColumns
from credit_sync.sources.field_reading import Draft, FieldReader, ProblemError
from credit_sync.sources.outcomes import Removed, Skipped
from credit_sync.sources.reading import Reader, words
from credit_sync.sources.remembered import Remembered
from credit_sync.sources.row_columns import RowColumns, without
from credit_sync.sources.rows import RawRow
from credit_sync.sources.spool import Block
from credit_sync.sources.subject_columns import (
    Numbers,
    Texts,
    documents,
    kinds_of,
    of_several_names,
    recognised,
    with_own_numbers,
)
from credit_sync.sources.subject_reading import OWNERS
from credit_sync.sources.target_fields import FieldType
from credit_sync.sources.values import LONGEST, has_reference, text_of, texts_of
from credit_sync.store.columns import SUBJECT_PREFIX, document, value_names
from credit_sync.store.items import Again
from credit_sync.store.read_records import NONE_READ, ReadRecords
from credit_sync.store.record_keys import join_keys, key_part, key_parts
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Sex

BLOCK = 500
"""Rows of a block: more gain little, and a slow source would tell its progress less often."""
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
        self._known: dict[str, Remembered] = {}
        self._extras = Remembered(_extra)
        self._columns = {n.removeprefix(SUBJECT_PREFIX): n for n in value_names(Listing) if n not in _MADE}
        said = part.constants.values.items() if self._able else ()
        same = {self._columns[field]: _bare(value) for field, value in said if field in self._columns}
        self._writer = EntryColumns(mapping.list, same)

    def read_columns(self, rows: RowColumns) -> Block:
        """What the rows come to, in their order."""
        records, places = self._records(rows)
        taken = set(places)
        odd = rows.others | {place: rows.row(n) for n, place in enumerate(rows.at) if place not in taken}
        block, done = Block(), 0
        for place in sorted(odd):
            before = bisect_left(places, place)
            block.add_records(records.part(done, before))
            done, row = before, odd[place]
            if isinstance(row, Again):
                block.add_again(row)
            else:
                outcomes = self._reader.read(row)
                block.add(outcomes, row.digest if isinstance(row, RawRow) else b"")
                if isinstance(row, RawRow) and row.uneven and not isinstance(outcomes[0], Removed | Skipped):
                    cells = {title: text for title, value in row.values.items() if (text := text_of(value))}
                    last = dict(list(cells.items())[-1:])
                    block.add_uneven(words(cells), words(last), self._reader.misplaced(row, outcomes))
        block.add_records(records.part(done, len(places)))
        return block

    def _records(self, rows: RowColumns) -> tuple[ReadRecords, Sequence[int]]:
        """The records of the rows in which nothing is odd, and where these stand in the block."""
        if not self._able or not len(rows):
            return NONE_READ, ()
        texts, odd = _cleaned(rows)
        rows, texts = rows.without(odd), without(odd, texts)
        if not len(rows):
            return NONE_READ, ()
        odd = self._not_records(texts)
        values, written = self._values(texts, len(rows), odd)
        if "name" not in values:
            return NONE_READ, ()
        odd |= of_several_names(values)
        return self._records_of(rows.without(odd), without(odd, values), without(odd, written))

    def _records_of(self, rows: RowColumns, values: Columns, written: Texts) -> tuple[ReadRecords, Sequence[int]]:
        """The same for rows of which the values have been read; numbers as they are written."""
        on = rows.pulled_at.date()
        kinds = kinds_of(values, written, len(rows), on)
        numbers, own, odd = recognised(written, kinds, on)
        keys = self._keys(values, numbers, len(rows))
        odd.update(n for n, key in enumerate(keys) if not key)
        columns = self._columns_of(with_own_numbers(values, own, odd), numbers, kinds)
        rows, columns = rows.without(odd), without(odd, columns)
        if not len(rows):
            return NONE_READ, ()
        extras = self._extras_of(rows)
        digests, stored = self._writer.digests(columns, extras), self._writer.values(columns, extras)
        kept = [key for n, key in enumerate(keys) if n not in odd]
        return ReadRecords(kept, rows.places, rows.numbers, digests, stored, rows.digests), rows.at

    def _columns_of(
        self, values: Columns, numbers: Mapping[str, Numbers], kinds: Sequence[SubjectKind]
    ) -> Columns:
        """The columns of the records that differ from row to row."""
        person, organisation = SubjectKind.PERSON.value, SubjectKind.ORGANISATION.value
        same = self._reader.parts[0].constants.values
        columns = {c: values[field] for field, c in self._columns.items() if field in values and field not in same}
        columns["subject_kind"] = [person if kind is SubjectKind.PERSON else organisation for kind in kinds]
        if "birth_date" in values or "birth_year" in values:
            nothing = [None] * len(kinds)
            days, years = values.get("birth_date", nothing), values.get("birth_year", nothing)
            columns["subject_birth_year"] = [
                y or (d.year if d else None) for y, d in zip(years, days, strict=True)
            ]
        if numbers:
            columns["subject_identifiers"] = documents(numbers.values())
        return columns

    def _keys(self, values: Columns, numbers: Mapping[str, Numbers], count: int) -> list[str]:
        """The key of each row; '' where it has none."""
        return join_keys([self._key_column(field, values, numbers, count) for field in self._reader.mapping.key])

    def _key_column(
        self, field: str, values: Columns, numbers: Mapping[str, Numbers], count: int
    ) -> Sequence[str]:
        if field in numbers:
            return numbers[field].values
        if field not in values:
            return [""] * count
        if field in self._reader.parts[0].constants.values:  # which need not be printable
            return list(map(key_part, values[field]))
        try:
            return key_parts(values[field])
        except TypeError:  # numbers, say
            return list(map(key_part, values[field]))

    def _extras_of(self, rows: RowColumns) -> Sequence[str]:
        """What each row says under titles that the mapping does not know, as JSON."""
        columns = dict(zip(rows.titles, rows.cells, strict=True))
        unknown = tuple(title for title in sorted(columns) if title not in self._reader.known)
        if not unknown:
            return [document({})] * len(rows)
        cells = zip(*[columns[title] for title in unknown], strict=True)
        return self._extras.column(zip(repeat(unknown), cells, strict=False))

    def _not_records(self, texts: Mapping[str, Sequence[str]]) -> set[int]:
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
            if reader.may_take_an_item:
                odd.update(n for said in given for n, text in enumerate(said) if text.startswith("["))
            if reader.name in OWNERS and reader.takes_as_written:
                numbers[reader.name] = column
            elif reader.type is FieldType.IDENTIFIER:
                odd.update(n for n, text in enumerate(column) if text)
            elif reader.keeps_text:
                values[reader.name] = column
            else:
                values[reader.name] = self._read(reader, column, odd)
        return values, numbers

    def _read(self, reader: FieldReader, column: Sequence[str], odd: set[int]) -> list[Any]:
        known = self._known.get(reader.name)
        if known is None:
            nothing = self._writer.nothing.get(self._columns.get(reader.name, ""))
            known = self._known[reader.name] = Remembered(partial(_value, reader, nothing))
        values = known.column(column)
        odd.update([n for n, value in enumerate(values) if value is _ODD])
        return values


def _cleaned(rows: RowColumns) -> tuple[Columns, set[int]]:
    """`text_of` every cell by title, and the rows with text that would have to be cleaned or clipped."""
    if not "".join(rows.titles).isprintable():
        return {}, set(range(len(rows)))
    texts: dict[str, Sequence[str]] = {}
    odd: set[int] = set()
    for title, column in zip(rows.titles, rows.cells, strict=True):
        joined = "".join(column)
        if not _is_clean(joined):
            odd.update(n for n, text in enumerate(column) if not _is_clean(text))
        if len(joined) > LONGEST:
            odd.update(n for n, text in enumerate(column) if len(text) > LONGEST)
        texts[title] = texts_of(column, joined)
    return texts, odd


def _is_clean(text: str) -> bool:
    return text.isprintable() and not has_reference(text)


def _value(reader: FieldReader, nothing: Any, text: str) -> Any:
    """A text as the field's value, `nothing` where it stands for none."""
    if not text:
        return nothing
    draft = Draft({}, {}, [])
    try:
        reader.put(text, draft)
    except ProblemError:
        return _ODD
    if draft.warnings or draft.identifiers or draft.values.keys() - {reader.name}:
        return _ODD
    value = _bare(draft.values.get(reader.name, nothing))
    if isinstance(value, date) and reader.name in DATES:
        return value.isoformat()
    return _ODD if isinstance(value, str) and not value.isprintable() else value


def _bare(value: Any) -> Any:
    """Sex as it is stored; a kind is asked again before it is."""
    return value.value if isinstance(value, Sex) else value


def _extra(said: tuple[Sequence[str], Sequence[str]]) -> str:
    return document({title: text for title, text in zip(*said, strict=True) if text})
