"""From a record to the row that is published: every field of the standard, in its order, as text.

Dates as the standard writes them, amounts in 万元 with six decimals, our values in the words of the standard's
lists, fields that must be empty for this kind of subject emptied. Nothing is cut or guessed: what does not fit
is for validation to find.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial

from credit_sync.publishing.standard import PublishedField, Row, Standard, Test, ValueList
from credit_sync.publishing.values import PUBLISHED_KINDS, Published, Reporting, getter
from credit_sync.records import RecordKind

_SEVERAL = re.compile(r"[;；|]+")
_ENUMERATION = re.compile(r"[、，,\n]+")
_SIX_DECIMALS = Decimal("0.000001")


def published_row(record: Published, standard: Standard, reporting: Reporting) -> Row:
    """The record as a row of the standard."""
    maker = _maker(standard, kind_of(record))
    row = {code: text(record, reporting) for code, text in maker.texts}
    for code, number, holder in maker.id_types:
        if row[number]:
            row[code] = standard.id_type(row[number], row.get(holder, ""))
    blanked = [code for code, is_blank in maker.blanks if row[code] and is_blank(row)]
    return row | dict.fromkeys(blanked, "") if blanked else row


@dataclass(frozen=True, slots=True)
class _Maker:
    """How the rows of a table are made, found out once."""

    texts: tuple[tuple[str, Callable[[Published, Reporting], str]], ...]
    id_types: tuple[tuple[str, str, str], ...]
    """Fields that name the document type of the number in another field, which belongs to the name in a third."""
    blanks: tuple[tuple[str, Test], ...]
    """When a field must be empty."""


@lru_cache(maxsize=16)
def _maker(standard: Standard, kind: RecordKind) -> _Maker:
    table = standard.table(kind)
    fields = table.fields
    return _Maker(
        tuple((field.code, _text_of(field, standard)) for field in fields),
        tuple((code, number, table.holder_of(number)) for number, code in table.id_type_fields.items()),
        tuple((f.code, standard.condition(kind, f.blank_when)) for f in fields if f.blank_when),
    )


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


def _text_of(field: PublishedField, standard: Standard) -> Callable[[Published, Reporting], str]:
    """How a field's text is made from a record."""
    getters = tuple(getter(name) for name in field.from_)
    constant, long_term, date_format = field.constant, standard.long_term, standard.date_format
    in_words: Callable[[str], str] | None = None
    tidied = _one_line
    if field.values:
        known = standard.lists[field.values]
        in_words = lru_cache(1000)(partial(_in_words, field=field, known=known))
        tidied = _lines if known.separator else _one_line

    def text(record: Published, reporting: Reporting) -> str:
        for get in getters:
            value = get(record, reporting)
            if not value and value != 0:
                continue
            if isinstance(value, str):
                written = value.strip() if value.isprintable() else tidied(value)
            elif isinstance(value, date):
                written = _day(min(value, long_term), date_format)
            else:
                written = _amount(value)
            if written:
                return in_words(written) if in_words else written
        return in_words(constant) if in_words and constant else constant

    return text


@lru_cache(maxsize=20_000)
def _day(day: date, date_format: str) -> str:
    return day.strftime(date_format)


def _amount(value: Decimal) -> str:
    """Six decimals; an amount that has more keeps them, so that validation refuses it instead of rounding."""
    try:
        rounded = value.quantize(_SIX_DECIMALS)
    except InvalidOperation:
        return format(value, "f")
    return format(rounded if rounded == value else value, "f")


def _one_line(text: str) -> str:
    """Line breaks and tabs become blanks, invisible characters go."""
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip()


def _lines(text: str) -> str:
    """The same of each line, where a line may be a value of its own."""
    return "\n".join(filter(None, map(_one_line, text.splitlines())))


def _in_words(text: str, field: PublishedField, known: ValueList) -> str:
    if not known.separator:
        return known.from_ours.get(text, text)
    parts = list(dict.fromkeys(part for piece in _SEVERAL.split(text) for part in _known_parts(piece, known)))
    chosen = {"all": parts, "first": parts[:1], "rest": parts[1:]}[field.part]
    return known.separator.join(chosen)


def _known_parts(piece: str, known: ValueList) -> list[str]:
    """One value, or several joined by 、 or on lines of their own when each is known; some values have a 、 themselves."""
    joined = " ".join(piece.split("\n")).strip()
    whole = known.from_ours.get(joined, joined)
    if known.allows(whole):
        return [whole]
    parts = [known.from_ours.get(part.strip(), part.strip()) for part in _ENUMERATION.split(piece)]
    return parts if len(parts) > 1 and all(known.allows(part) for part in parts) else [whole] if whole else []
