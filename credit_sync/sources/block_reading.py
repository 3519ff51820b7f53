"""Rows by the block, column by column, because lists come by the million.

A list has few courts, dates and provinces and many rows: what a column says is read once for each different text.
Only what nearly every row looks like is read this way, and to the very bytes that `Reader` comes to; a row with
anything odd about it goes to `Reader`, which alone knows what to do with it (tests/test_block_reading.py compares).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import compress
from typing import Any

import orjson

from credit_sync.records import Listing, RecordKind
from credit_sync.sources.field_reading import LONGEST_IDENTIFIER, FieldReader, ProblemError
from credit_sync.sources.reading import Draft, Reader, join_key, key_part
from credit_sync.sources.rows import BrokenRow, RawRow
from credit_sync.sources.spool import Block
from credit_sync.sources.subject_reading import OWNERS, Given, derive_kind, several
from credit_sync.sources.target_fields import FieldType
from credit_sync.sources.values import LONGEST, texts_of
from credit_sync.store.columns import SUBJECT_PREFIX, document, kinds_of_columns, to_columns
from credit_sync.store.records import Again
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, recognise
from credit_sync.subjects.subject import Sex, Subject

BLOCK = 500
"""Rows of a block: more gain little, and a slow source would tell its progress less often."""
_MOST_REMEMBERED = 50_000
_ODD = object()
"""In the place of a value that only `Reader` can read."""
_MADE = ("subject_kind", "subject_birth_year", "subject_identifiers", "subject_former_names", "list")
"""Columns that are not just the value of their field."""

Row = RawRow | BrokenRow
_Entry = tuple[str, bytes, tuple[Any, ...]]
"""Key, canonical JSON and columns of a record."""
Columns = Mapping[str, Sequence[Any]]
"""Columns by name; None or '' where a row says nothing."""


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
        self._nothing = {field: self._defaults[column] for field, column in self._columns}

    def read(self, rows: Sequence[Row | Again]) -> Block:
        """What the rows come to, in their order."""
        block = Block()
        entries = self._entries(rows) if self._able else {}
        for number, row in enumerate(rows):
            if isinstance(row, Again):
                block.add_again(row)
            elif isinstance(row, BrokenRow):
                block.add(self._reader.read(row))
            elif number in entries:
                block.rows += 1
                block.outcomes += 1
                key, canonical, values = entries[number]
                block.put_entry(key, row.origin, canonical, values, row.digest)
            else:
                block.add(self._reader.read(row), row.digest)
        return block

    def _entries(self, rows: Sequence[Row | Again]) -> dict[int, _Entry]:
        """The content of the rows in which nothing is odd, by their number in the block."""
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
        texts = {title: texts_of(column) for title, column in columns.items()}
        odd = self._not_entries(texts)
        values, numbers = self._values(texts, len(chosen), odd)
        if "name" not in values:
            return {}
        unknown: Columns = {title: columns[title] for title in sorted(columns) if title not in self._reader.known}
        if odd:
            sound = [place not in odd for place in range(len(chosen))]
            chosen = list(compress(chosen, sound))
            values, numbers, unknown = (_chosen(those, sound) for those in (values, numbers, unknown))
        if not chosen:
            return {}
        entries = self._read_entries(values, numbers, unknown, chosen[0][1].origin.pulled_at.date())
        return {number: entry for (number, _), entry in zip(chosen, entries, strict=True) if entry is not None}

    def _read_entries(self, values: Columns, numbers: Columns, unknown: Columns, on: date) -> list[_Entry | None]:
        """The content of each row; None where it takes `Reader` to read it."""
        count = len(values["name"])
        nothing = [None] * count
        kinds, identifiers = _subjects(values, numbers, on)
        days, years = values.get("birth_date", nothing), values.get("birth_year", nothing)
        columns: dict[str, Sequence[Any]] = {name: [default] * count for name, default in self._defaults.items()}
        columns |= {column: values[field] for field, column in self._columns if field in values}
        columns["subject_kind"] = [kind.value for kind in kinds]
        columns["subject_birth_year"] = [y or (d.year if d else None) for y, d in zip(years, days, strict=True)]
        columns["subject_identifiers"] = [
            [(i.kind.value, i.value, i.valid) for i in _once(found)] if found else [] for found in identifiers
        ]
        extras = [{title: text for title, text in row.items() if text} for row in _rows_of(unknown, count)]
        contents = map(_content, _rows_of(columns, count), extras)
        entries = zip(self._keys(values, identifiers), contents, _rows_of_values(columns, extras), strict=True)
        return [
            entry if found is not None and entry[0] else None
            for found, entry in zip(identifiers, entries, strict=True)
        ]

    def _keys(self, values: Columns, identifiers: Sequence[Mapping[str, Identifier] | None]) -> Iterator[str]:
        """The key of each row; '' where it has none."""
        parts = [
            list(map(key_part, values[field]))
            if field in values
            else [found[field].value if found and field in found else "" for found in identifiers]
            for field in self._reader.mapping.key
        ]
        return (join_key(row) if any(row) else "" for row in zip(*parts, strict=True))

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
            self._known[reader.name] = known = {"": self._nothing.get(reader.name)}
        known |= {text: _value(reader, text, known[""]) for text in set(column).difference(known)}
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


def _chosen(columns: Columns, which: Sequence[bool]) -> Columns:
    """Some of the rows."""
    return {name: list(compress(column, which)) for name, column in columns.items()}


def _subjects(
    values: Columns, numbers: Columns, on: date
) -> tuple[list[SubjectKind], list[Mapping[str, Identifier] | None]]:
    """Kind and identifiers of each row's subject; None for the identifiers where it takes `Reader` to read the row."""
    names = values["name"]
    formers = values.get("former_names", [None] * len(names))
    kinds: list[SubjectKind] = []
    identifiers: list[Mapping[str, Identifier] | None] = []
    rows = zip(names, formers, _kinds(values, len(names)), _rows_of(numbers, len(names)), strict=True)
    for name, former, told, texts in rows:
        given = {field: text for field, text in texts.items() if text}
        kind = told or derive_kind(name, Given({}, given, on))
        odd = former or not name or "原" in name or "名" in name
        kinds.append(kind)
        identifiers.append(None if odd else _identifiers(given, kind, on))
    return kinds, identifiers


def _content(columns: Mapping[str, Any], extra: Mapping[str, Any]) -> bytes:
    """As `canonical` writes it: the names of both are in order."""
    return orjson.dumps({"columns": columns, "extra": extra, "warnings": []})


def _rows_of_values(columns: Columns, extras: Sequence[Mapping[str, str]]) -> Iterator[tuple[Any, ...]]:
    """The rows as `to_values` makes them."""
    plain, dates, documents = kinds_of_columns(Listing)
    made: list[Iterable[Any]] = [columns[name] for name in plain]
    made += [[day and day.isoformat() for day in columns[name]] for name in dates]
    made += [map(document, columns[name]) for name in documents]
    return zip(*made, ["[]"] * len(extras), map(document, extras), strict=True)


def _rows_of(columns: Columns, count: int) -> Iterator[dict[str, Any]]:
    """Columns turned into rows."""
    if not columns:
        return ({} for _ in range(count))
    names = tuple(columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _kinds(values: Columns, count: int) -> Sequence[SubjectKind | None]:
    """The kinds of the subjects as far as the values tell, in the order in which `derive_kind` asks them."""
    nothing = [None] * count
    hints = zip(*(values.get(f, nothing) for f in ("sex", "age", "birth_date", "birth_year")), strict=True)
    rows = zip(values.get("kind", nothing), hints, values.get("legal_representative", nothing), strict=True)
    return [
        kind or (SubjectKind.PERSON if any(hint) else SubjectKind.ORGANISATION if representative else None)
        for kind, hint, representative in rows
    ]


def _value(reader: FieldReader, text: str, nothing: Any) -> Any:
    """A text as the field's value, `nothing` where it stands for none."""
    draft = Draft({}, {}, [])
    try:
        reader.put(text, draft)
    except ProblemError:
        return _ODD
    if draft.warnings or draft.identifiers or draft.values.keys() - {reader.name}:
        return _ODD
    return _bare(draft.values.get(reader.name, nothing))


def _bare(value: Any) -> Any:
    """Sex as it is stored; a kind is asked again before it is."""
    return value.value if isinstance(value, Sex) else value


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


def _once(found: Mapping[str, Identifier]) -> Iterable[Identifier]:
    """A number that stands in two fields is one."""
    return found.values() if len(found) == 1 else dict.fromkeys(found.values())
