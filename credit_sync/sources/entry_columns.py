"""Records of a block as the spool takes them, column by column, to the bytes that `canonical` and `to_values` make."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import repeat
from typing import Any

import orjson

from credit_sync.records import Listing
from credit_sync.sources.remembered import Remembered
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
        self._json: defaultdict[str, Remembered] = defaultdict(lambda: Remembered(orjson.dumps))

    def digests(self, columns: Columns, extras: Sequence[str]) -> list[bytes]:
        """The digests of the rows' canonical JSON."""
        pieces: list[Iterable[bytes]] = []
        said = '{"columns":'
        for number, name in enumerate(sorted(self.nothing)):
            said += f'{"," if number else "{"}"{name}":'
            if name not in columns:
                said += self._constants[name]
                continue
            quote, made = self._as_json(name, columns[name])
            pieces += repeat((said + quote).encode()), made
            said = quote
        pieces += repeat(f'{said}}},"extra":'.encode()), _encoded(extras), repeat(b',"warnings":[]}')
        return [digest_of(row) for row in map(b"".join, zip(*pieces, strict=False))]

    def values(self, columns: Columns, extras: Sequence[str]) -> list[Any]:
        """The columns of `to_values`; one value for a column that is the same everywhere."""
        made = {name: columns.get(name, self.nothing[name]) for name in (*_PLAIN, *DATES)}
        made |= {name: columns[name] if name in columns else document(self.nothing[name]) for name in _DOCUMENTS}
        return [*made.values(), document([]), extras]

    def _as_json(self, name: str, column: Sequence[Any]) -> tuple[str, Sequence[bytes]]:
        """What stands in a JSON text for each value, and what on both sides of it."""
        if name in _DOCUMENTS:
            return "", _encoded(column)
        try:
            joined = "\n".join(column)
        except TypeError:  # a few different values
            return "", self._json[name].column(column)
        if has_to_be_escaped(joined):
            return "", [orjson.dumps(value) for value in column]
        return '"', joined.encode().split(b"\n")


def has_to_be_escaped(text: str) -> bool:
    """Whether a printable text is another one in JSON."""
    return '"' in text or "\\" in text


def _encoded(column: Sequence[str]) -> list[bytes]:
    """Texts of which none has a line end, as bytes."""
    return "\n".join(column).encode().split(b"\n")
