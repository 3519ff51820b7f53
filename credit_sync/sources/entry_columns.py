"""Records of a block as the spool takes them, column by column, to the bytes that `canonical` and `to_values` make."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from credit_sync.records import Listing
from credit_sync.store.columns import digest_of, document, kinds_of_columns, to_columns
from credit_sync.subjects.subject import Subject, SubjectKind

Columns = Mapping[str, Sequence[Any]]
"""Columns by name; None or '' where a row says nothing."""
_PLAIN, DATES, _DOCUMENTS = kinds_of_columns(Listing)


class EntryColumns:
    """Writes the listings of one list. Columns of dates are in ISO form, those of documents and `extras` are JSON."""

    def __init__(self, list_name: str, constants: Mapping[str, Any]) -> None:
        """`constants`: columns that are the same in all rows."""
        nothing = Listing(subject=Subject(kind=SubjectKind.PERSON, name=""), list=list_name)
        self.nothing = to_columns(nothing) | {
            name: value.isoformat() if isinstance(value, date) else value for name, value in constants.items()
        }
        """What a column holds where the rows say nothing of it."""
        self._constants = {name: orjson.dumps(value).decode() for name, value in self.nothing.items()}

    def digests(self, columns: Columns, extras: Sequence[str]) -> list[bytes]:
        """The digests of the rows' canonical JSON."""
        template, made = [], []
        for name in sorted(self.nothing):
            if name not in columns:
                template.append(f'"{name}":{self._constants[name]}'.replace("%", "%%"))
                continue
            place, column = ("%s", columns[name]) if name in _DOCUMENTS else _as_json(columns[name])
            template.append(f'"{name}":{place}')
            made.append(column)
        row = f'{{"columns":{{{",".join(template)}}},"extra":%s,"warnings":[]}}'
        return [digest_of((row % values).encode()) for values in zip(*made, extras, strict=True)]

    def values(self, columns: Columns, extras: Sequence[str]) -> list[Any]:
        """The columns of `to_values`; one value for a column that is the same everywhere."""
        made = {name: columns.get(name, self.nothing[name]) for name in (*_PLAIN, *DATES)}
        made |= {name: columns[name] if name in columns else document(self.nothing[name]) for name in _DOCUMENTS}
        return [*made.values(), document([]), extras]


def _as_json(column: Sequence[Any]) -> tuple[str, Sequence[str]]:
    """What stands in a JSON text for each value, and in its place the values.

    Texts of a row are printable: there are only quotes and backslashes that would have to be escaped.
    """
    try:
        text = "".join(column)
    except TypeError:  # a few different values
        known = {value: orjson.dumps(value).decode() for value in set(column)}
        return "%s", [known[value] for value in column]
    if '"' in text or "\\" in text:
        return "%s", [orjson.dumps(value).decode() for value in column]
    return '"%s"', column


def iso(days: Sequence[date | None], known: dict[date | None, str | None]) -> list[str | None]:
    """Days in ISO form; `known` are those met before."""
    known |= {day: day.isoformat() if day else None for day in set(days).difference(known)}
    return [known[day] for day in days]
