"""Record classes as columns, and records as rows: one definition of the fields serves both."""

import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Any, TypeVar

import orjson
from sqlalchemy import JSON, Column, Connection, Date, Integer, Select, String, Text
from sqlalchemy.types import TypeEngine

from credit_sync.records import RECORD_CLASSES, Record
from credit_sync.subjects.identifiers import Identifier, IdentifierKind
from credit_sync.subjects.subject import Subject

SUBJECT_PREFIX = "subject_"

AnyRecord = TypeVar("AnyRecord", bound=Record)
_Kinds = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_Reader = tuple[str, bool, str, Callable[[Any], Any] | None]
"""Column, whether it is the subject's, field, and how a value is read."""


def record_columns(record_class: type[Record]) -> list[Column[Any]]:
    """The columns of a record class: `subject_*` first, then its own fields."""
    return [
        Column(column, _column_type(hint), nullable=_optional_of(hint) is not None)
        for column, _, hint in _COLUMNS[record_class]
    ]


def to_columns(record: Record) -> dict[str, Any]:
    """A record as the values of its columns; dates stay dates, everything else is what JSON can hold."""
    subject = record.subject
    columns = {}
    for column, of_subject, field, convert in _WRITERS[type(record)]:
        value = getattr(subject if of_subject else record, field)
        columns[column] = value if convert is None or value is None else convert(value)
    return columns


def value_names(record_class: type[Record]) -> tuple[str, ...]:
    """The columns of `to_values`, in its order."""
    plain, dates, documents = kinds_of_columns(record_class)
    return (*plain, *dates, *documents, "warnings", "extra")


def to_values(
    record_class: type[Record], columns: Mapping[str, Any], warnings: list[str], extra: Mapping[str, Any]
) -> tuple[Any, ...]:
    """`to_columns` (dates as such or in ISO form) as every database takes it as it is: dates and documents as text."""
    plain, dates, documents = kinds_of_columns(record_class)
    return (
        *[columns[name] for name in plain],
        *[
            day if day is None or isinstance(day, str) else day.isoformat()
            for day in map(columns.__getitem__, dates)
        ],
        *[document(columns[name]) for name in documents],
        document(warnings),
        document(extra),
    )


def to_content(record_class: type[Record], values: Sequence[Any]) -> dict[str, Any]:
    """What `to_values` was made of: columns (dates in ISO form), extra, warnings."""
    columns = dict(zip(value_names(record_class), values, strict=True))
    for name in (*kinds_of_columns(record_class)[2], "warnings", "extra"):
        columns[name] = orjson.loads(columns[name])
    return {"extra": columns.pop("extra"), "warnings": columns.pop("warnings"), "columns": columns}


def canonical(content: Mapping[str, Any]) -> bytes:
    """Columns, extra and warnings of a record as JSON: what its digest is over."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def digest_of(content: bytes) -> bytes:
    """The digest of a record's canonical JSON."""
    return blake2b(content, digest_size=16).digest()


def document(value: Any) -> str:
    """A value of a JSON column, or warnings or extra, as text."""
    if value or value is None:
        return orjson.dumps(value).decode()
    return "[]" if isinstance(value, list) else "{}"


def kinds_of_columns(record_class: type[Record]) -> _Kinds:
    """The columns that every database takes as they are, the dates, and the documents."""
    return _KINDS_OF_COLUMNS[record_class]


def _kinds_of_columns(record_class: type[Record]) -> _Kinds:
    types = {str(column.name): column.type for column in record_columns(record_class)}
    dates = tuple(name for name, kind in types.items() if isinstance(kind, Date))
    documents = tuple(name for name, kind in types.items() if isinstance(kind, JSON))
    return tuple(name for name in types if name not in (*dates, *documents)), dates, documents


def from_columns(record_class: type[AnyRecord], row: Mapping[str, Any]) -> AnyRecord:
    """The record that a row of its table holds."""
    subject: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for column, of_subject, field, read in _READERS[record_class]:
        value = row[column]
        (subject if of_subject else own)[field] = value if read is None or value is None else read(value)
    return record_class(subject=Subject(**subject), **own)


def subject_from_columns(row: Mapping[str, Any]) -> Subject:
    """The subject of a row of any record table."""
    subject = {}
    for column, field, read in _SUBJECT_READERS:
        value = row[column]
        subject[field] = value if read is None or value is None else read(value)
    return Subject(**subject)


def rows_of(connection: Connection, query: Select[Any]) -> Iterator[dict[str, Any]]:
    """The rows of a query by the names of their columns."""
    result = connection.execute(query)
    names = tuple(result.keys())
    for row in result:
        yield dict(zip(names, row, strict=True))


def _columns_of(record_class: type[Record]) -> tuple[tuple[str, str, Any], ...]:
    """(column, field, type) for the subject's fields and then the record's own."""
    subject = typing.get_type_hints(Subject)
    own = typing.get_type_hints(record_class)
    return (
        *((SUBJECT_PREFIX + f.name, f.name, subject[f.name]) for f in fields(Subject)),
        *((f.name, f.name, own[f.name]) for f in fields(record_class) if f.name != "subject"),
    )


def _readers_of(record_class: type[Record]) -> tuple[_Reader, ...]:
    return tuple(
        (column, column.startswith(SUBJECT_PREFIX), field, _reader(hint))
        for column, field, hint in _COLUMNS[record_class]
    )


def _optional_of(hint: Any) -> Any:
    """X of `X | None`, else None."""
    if typing.get_origin(hint) is types.UnionType:
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return None


def _column_type(hint: Any) -> TypeEngine[Any]:
    plain = _optional_of(hint) or hint
    if plain is Identifier or typing.get_origin(plain) is tuple:
        return JSON()
    if plain is Decimal:
        return String(24)  # exact on every database; SQLite has no decimals
    if plain is date:
        return Date()
    if plain is int:
        return Integer()
    return String(24) if issubclass(plain, StrEnum) else Text()


def _writer(hint: Any) -> Callable[[Any], Any] | None:
    """How a value that is not None becomes a column's; None where it is one already."""
    plain = _optional_of(hint) or hint
    if plain is Identifier:
        return _identifier_to_list
    if typing.get_origin(plain) is tuple:
        convert = _writer(typing.get_args(plain)[0])
        return list if convert is None else lambda values: [convert(value) for value in values]
    if plain is Decimal:
        return lambda value: format(value, "f")
    return (lambda value: value.value) if issubclass(plain, StrEnum) else None


def _identifier_to_list(value: Identifier) -> list[Any]:
    return [value.kind.value, value.value, value.valid]


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """How a column's value that is not None is read; None where it is what is wanted already."""
    plain = _optional_of(hint) or hint
    if plain is Identifier:
        return read_identifier
    if typing.get_origin(plain) is tuple:
        read = _reader(typing.get_args(plain)[0])
        return tuple if read is None else lambda values: tuple([read(value) for value in values])
    if plain is Decimal:
        return Decimal
    return {member.value: member for member in plain}.__getitem__ if issubclass(plain, StrEnum) else None


def read_identifier(value: list[Any]) -> Identifier:
    """An identifier as its column holds it."""
    kind, text, valid = value
    return Identifier(_KINDS_OF_IDENTIFIERS[kind], text, valid)


_COLUMNS: dict[type[Any], tuple[tuple[str, str, Any], ...]] = {
    record_class: _columns_of(record_class) for record_class in RECORD_CLASSES.values()
}
_KINDS_OF_COLUMNS = {record_class: _kinds_of_columns(record_class) for record_class in RECORD_CLASSES.values()}
_KINDS_OF_IDENTIFIERS = {kind.value: kind for kind in IdentifierKind}
_READERS: dict[type[Any], tuple[_Reader, ...]] = {
    record_class: _readers_of(record_class) for record_class in RECORD_CLASSES.values()
}
_WRITERS: dict[type[Any], tuple[tuple[str, bool, str, Callable[[Any], Any] | None], ...]] = {
    record_class: tuple((c, c.startswith(SUBJECT_PREFIX), field, _writer(hint)) for c, field, hint in columns)
    for record_class, columns in _COLUMNS.items()
}
_SUBJECT_READERS = tuple(
    (column, field, read) for column, of_subject, field, read in next(iter(_READERS.values())) if of_subject
)
