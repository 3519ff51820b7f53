"""Rows by the block, column by column, because lists come by the million.

A list has few courts, dates and provinces and many rows: what a column says is read once for each different text.
Only what nearly every row looks like is read this way, and to the very bytes that `Reader` comes to; a row with
anything odd about it goes to `Reader`, which alone knows what to do with it (tests/test_block_reading.py compares).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import repeat
from typing import Any

import orjson

from credit_sync.records import Listing, RecordKind
from credit_sync.sources.field_reading import LONGEST_IDENTIFIER, FieldReader, ProblemError
from credit_sync.sources.reading import Draft, Reader, join_key, key_part
from credit_sync.sources.rows import BrokenRow, RawRow
from credit_sync.sources.spool import Block
from credit_sync.sources.subject_reading import OWNERS, Given, derive_kind, several
from credit_sync.sources.target_fields import FieldType
from credit_sync.sources.values import LONGEST, text_of
from credit_sync.store.columns import SUBJECT_PREFIX, to_columns
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, recognise
from credit_sync.subjects.subject import Subject

BLOCK = 500
"""Rows of a block: more gain little, and a slow source would tell its progress less often."""
_MOST_REMEMBERED = 50_000
_ODD = object()
"""In the place of a value that only `Reader` can read."""
_MADE = ("subject_kind", "subject_birth_year", "subject_identifiers", "list")
"""Columns that are not just the value of their field."""

Row = RawRow | BrokenRow
Values = dict[str, Sequence[Any]]
"""Columns by field; None or '' where a row says nothing."""


class BlockReader:
    """Reads the rows of one mapping by the block."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        mapping, part = reader.mapping, reader.parts[0]
        simple = reader.required == ("name",) and not mapping.parts and not part.constants.identifiers
        self._able = simple and mapping.record is RecordKind.LISTING
        self._known: dict[str, dict[str, Any]] = {}
        nobody = Listing(subject=Subject(kind=SubjectKind.PERSON, name=""), list=mapping.list)
        defaults = to_columns(nobody)
        self._defaults = {name: defaults[name] for name in sorted(defaults)}
        given = ((name.removeprefix(SUBJECT_PREFIX), name) for name in self._defaults)
        self._columns = tuple((field, name) for field, name in given if name not in _MADE)

    def read(self, rows: Sequence[Row]) -> Block:
        """What the rows come to, in their order."""
        block = Block()
        entries = self._entries(rows) if self._able else {}
        for number, row in enumerate(rows):
            entry = entries.get(number)
            if entry is None:
                block.add(self._reader.read(row))
            else:
                block.rows += 1
                block.outcomes += 1
                block.put_entry(entry[0], row.origin.place, row.origin.row, entry[1])
        return block

    def _entries(self, rows: Sequence[Row]) -> dict[int, tuple[str, bytes]]:
        """Key and content of the rows in which nothing is odd, by their number in the block."""
        titles = next((list(row.values) for row in rows if isinstance(row, RawRow)), [])
        chosen = [
            (number, row)
            for number, row in enumerate(rows)
            if isinstance(row, RawRow) and _is_simple(row.values, titles)
        ]
        if not chosen or not "".join(titles).isprintable():
            return {}
        cells = list(zip(*[row.values.values() for _, row in chosen], strict=True))
        columns = dict(zip(titles, cells, strict=True))
        texts = {title: _each(column, text_of) for title, column in columns.items()}
        odd = self._not_entries(texts)
        values, numbers = self._values(texts, len(chosen), odd)
        extras = self._extras(columns, len(chosen))
        on = chosen[0][1].origin.pulled_at.date()
        said = zip(_rows_of(values, len(chosen)), _rows_of(numbers, len(chosen)), extras, strict=True)
        entries = {}
        for place, ((number, _), (value, written, extra)) in enumerate(zip(chosen, said, strict=True)):
            if place not in odd and (entry := self._entry(value, written, extra, on)) is not None:
                entries[number] = entry
        return entries

    def _extras(self, columns: Mapping[str, Sequence[str]], count: int) -> Iterable[dict[str, str]]:
        """What the mapping does not know of each row."""
        unknown = {title: columns[title] for title in sorted(columns) if title not in self._reader.known}
        return ({title: v for title, v in row.items() if v} for row in _rows_of(unknown, count))

    def _entry(
        self, values: dict[str, Any], written: dict[str, str], extra: dict[str, str], on: date
    ) -> tuple[str, bytes] | None:
        """Key and content of one row; None where it takes `Reader` to read it."""
        name = values.get("name")
        if not name or values.get("former_names") or "原" in name or "名" in name:
            return None
        numbers = {field: text for field, text in written.items() if text}
        kind = values.get("kind") or derive_kind(name, Given(values, numbers, on))
        found = _identifiers(numbers, kind, on)
        if found is None:
            return None
        parts = [key_part(found.get(field) or values.get(field)) for field in self._reader.mapping.key]
        if not any(parts):
            return None
        born = values.get("birth_date")
        columns = self._defaults.copy()
        for field, column in self._columns:
            if value := values.get(field):
                columns[column] = value
        columns["subject_kind"] = kind
        columns["subject_birth_year"] = values.get("birth_year") or (born.year if born else None)
        if found:
            columns["subject_identifiers"] = [[i.kind, i.value, i.valid] for i in dict.fromkeys(found.values())]
        return join_key(parts), orjson.dumps({"columns": columns, "extra": extra, "warnings": []})

    def _not_entries(self, texts: Mapping[str, Sequence[str]]) -> set[int]:
        """Rows that may be blank or a note, and those that the source calls gone."""
        skip, removal = self._reader.skip, self._reader.mapping.removal
        first = next(iter(texts.values()))
        odd = {n for n, text in enumerate(first) if not text or (skip is not None and skip.match(text))}
        if removal is not None and removal.from_ in texts:
            odd.update(n for n, text in enumerate(texts[removal.from_]) if text in removal.values)
        return odd

    def _values(
        self, texts: Mapping[str, Sequence[str]], count: int, odd: set[int]
    ) -> tuple[Values, dict[str, Sequence[str]]]:
        """The columns of values, and those of written numbers, by field."""
        part = self._reader.parts[0]
        values: Values = {name: [value] * count for name, value in part.constants.values.items()}
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
        known = self._known.setdefault(reader.name, {"": None})
        if len(known) > _MOST_REMEMBERED:
            self._known[reader.name] = known = {"": None}
        known |= {text: _value(reader, text) for text in set(column).difference(known)}
        values = [known[text] for text in column]
        if _ODD in values:
            odd.update(n for n, value in enumerate(values) if value is _ODD)
        return values


def _is_simple(values: Mapping[str, Any], titles: list[str]) -> bool:
    """A row with the titles of the others and nothing but text that needs no cleaning and no clipping."""
    if list(values) != titles:
        return False
    try:
        text = "".join(values.values())
    except TypeError:
        return False
    return text.isprintable() and len(text) <= LONGEST and "&#" not in text


def _each(column: Sequence[str], function: Callable[[str], Any]) -> list[Any]:
    """A function of each text of a column, asked once for each different one."""
    known = {text: function(text) for text in set(column)}
    return [known[text] for text in column]


def _rows_of(columns: Mapping[str, Sequence[Any]], count: int) -> Iterable[dict[str, Any]]:
    """Columns turned into rows."""
    if not columns:
        return repeat({}, count)
    names = tuple(columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _value(reader: FieldReader, text: str) -> Any:
    """A text as the field's value, None where it stands for none."""
    draft = Draft({}, {}, [])
    try:
        reader.put(text, draft)
    except ProblemError:
        return _ODD
    if draft.warnings or draft.identifiers or draft.values.keys() - {reader.name}:
        return _ODD
    return draft.values.get(reader.name)


def _identifiers(numbers: Mapping[str, str], kind: SubjectKind, on: date) -> dict[str, Identifier] | None:
    """The identifiers by field; None where one is doubtful, or tells more about the person than itself."""
    found = {}
    for field, text in numbers.items():
        if field not in OWNERS or len(text) > LONGEST_IDENTIFIER or several(text) != [text]:
            return None
        identifier = recognise(text, OWNERS[field] or kind, on=on)
        if identifier is None:
            continue
        tells_more = identifier.kind is IdentifierKind.CITIZEN_ID and not identifier.masked
        if tells_more or not identifier.valid:
            return None
        found[field] = identifier
    return found
