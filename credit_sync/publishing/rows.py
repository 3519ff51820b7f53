"""From a record to the row that is published: every field of the standard, in its order, as text.

Dates as the standard writes them, amounts in 万元 with six decimals, our values in the words of the standard's
lists, fields that must be empty for this kind of subject emptied. Nothing is cut or guessed: what does not fit
is for validation to find.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

from credit_sync.publishing.standard import PublishedField, Row, Standard, ValueList
from credit_sync.publishing.values import PUBLISHED_KINDS, Published, Reporting, Value, value_of
from credit_sync.records import RecordKind

_SEVERAL = re.compile(r"[;；|\n]+")
_ENUMERATION = re.compile(r"[、，,]+")
_SIX_DECIMALS = Decimal("0.000001")


def published_row(record: Published, standard: Standard, reporting: Reporting) -> Row:
    """The record as a row of the standard."""
    kind = kind_of(record)
    table = standard.table(kind)
    row = {field.code: _text(field, record, standard, reporting) for field in table.fields}
    for field in table.fields:
        if field.id_type_of:
            row[field.code] = standard.id_type(row[field.id_type_of])
    blanked = [f.code for f in table.fields if f.blank_when and standard.holds(f.blank_when, kind, row)]
    return row | dict.fromkeys(blanked, "")


def is_published(record: Published, standard: Standard) -> bool:
    """Whether the standard takes the record at all: a ruling (行政裁决) is no penalty."""
    only = standard.table(kind_of(record)).only
    return only is None or getattr(record, only.field) in only.values


def says_the_same(row: Row, other: Row, standard: Standard, kind: RecordKind) -> bool:
    """Two rows publish the same; the day of the report does not count."""
    return all(
        row.get(field.code, "") == other.get(field.code, "")
        for field in standard.table(kind).fields
        if "reported_on" not in field.from_
    )


def kind_of(record: Published) -> RecordKind:
    """The kind of a record."""
    return next(kind for kind, record_class in PUBLISHED_KINDS.items() if isinstance(record, record_class))


def _text(field: PublishedField, record: Published, standard: Standard, reporting: Reporting) -> str:
    values = (value_of(name, record, reporting) for name in field.from_)
    text = next((text for value in values if (text := _written(value, standard))), field.constant)
    if not text or not field.values:
        return text
    return _in_words(text, field, standard.lists[field.values])


def _written(value: Value, standard: Standard) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return min(value, standard.long_term).strftime(standard.date_format)
    return _amount(value) if isinstance(value, Decimal) else _one_line(value)


def _amount(value: Decimal) -> str:
    """Six decimals; an amount that has more keeps them, so that validation refuses it instead of rounding."""
    try:
        rounded = value.quantize(_SIX_DECIMALS)
    except InvalidOperation:
        return format(value, "f")
    return format(rounded if rounded == value else value, "f")


def _one_line(text: str) -> str:
    """Line breaks and tabs become blanks, invisible characters go."""
    if not text.isprintable():
        spaced = " ".join(text.split())
        text = "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return text.strip()


def _in_words(text: str, field: PublishedField, known: ValueList) -> str:
    if not known.separator:
        return known.from_ours.get(text, text)
    parts = list(dict.fromkeys(part for piece in _SEVERAL.split(text) for part in _known_parts(piece, known)))
    chosen = {"all": parts, "first": parts[:1], "rest": parts[1:]}[field.part]
    return known.separator.join(chosen)


def _known_parts(piece: str, known: ValueList) -> list[str]:
    """One value, or several joined by 、 when each of them is known; some values have a 、 of their own."""
    whole = known.from_ours.get(piece.strip(), piece.strip())
    if known.allows(whole):
        return [whole]
    parts = [known.from_ours.get(part.strip(), part.strip()) for part in _ENUMERATION.split(piece)]
    return parts if len(parts) > 1 and all(known.allows(part) for part in parts) else [whole] if whole else []
