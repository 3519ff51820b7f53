"""Facts about what a source holds after a version: what guards compare, and what `lists show` tells.

Counted in one pass over the source's live records, by the database, inside the transaction of the pull.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from sqlalchemy import JSON, ColumnElement, Connection, Table, Text, and_, case, cast, func, select

from credit_sync.store.doubts import UNUSED
from credit_sync.store.schema import source_version
from credit_sync.subjects.identifiers import IdentifierKind

_NUMBERS = frozenset(kind.value for kind in IdentifierKind if kind is not IdentifierKind.OTHER)
_LONGEST_PLACE = 12
"""Characters that say which province a place is in; addresses go on for long and are all different."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Counts of a source's live records; `touched` are those that the version itself added or changed."""

    rows: int = 0
    touched: int = 0
    unused: int = 0
    """Of the touched, those whose row had a field that could not be read and was left out."""
    filled: Mapping[str, int] = field(default_factory=dict)
    """How many records have each of the fields that are counted."""
    touched_filled: Mapping[str, int] = field(default_factory=dict)
    provinces: Mapping[str, int] = field(default_factory=dict)
    """Records by name of the province; '' where that is not known."""
    newest: str = ""
    """The latest day of publication that is not in the future (ISO); '' where none is given."""

    def stored(self) -> dict[str, Any]:
        """As kept with the version."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self | None:
        """From what is kept; None where a version has none."""
        return cls(**stored) if stored else None


def countable(table: Table, name: str) -> bool:
    """Whether it can be counted how many records of a table have a field."""
    return name in _NUMBERS or _column_name(table, name) in table.c


@dataclass(frozen=True, slots=True)
class Counted:
    """Which records to count, and what of them."""

    table: Table
    source: str
    version: int
    """The version under way: its records are the touched ones."""
    fields: Sequence[str]
    today: date


def count_facts(connection: Connection, counted: Counted, province_of: Callable[[str], str]) -> Facts:
    """Counts; `province_of` tells which province a place is in, '' where it does not know."""
    c = counted.table.c
    touched = c.changed_in == counted.version
    has = {name: _has(counted.table, name) for name in counted.fields}
    columns = [func.count(), _sum(touched), _sum(and_(touched, cast(c.warnings, Text).contains(UNUSED)))]
    columns += [_sum(condition) for condition in has.values()]
    columns += [_sum(and_(touched, condition)) for condition in has.values()]
    published = c.get("published_on")
    if published is not None:
        columns.append(func.max(case((published <= counted.today, published))))
    place = _place(counted.table).label("place")
    live = (c.source == counted.source, c.removed_at.is_(None))
    rows: Sequence[Any] = connection.execute(select(place, *columns).where(*live).group_by(place)).all()
    sums = [sum(row[i + 1] or 0 for row in rows) for i in range(3 + 2 * len(has))]
    provinces: Counter[str] = Counter()
    for row in rows:
        provinces[province_of(row[0] or "")] += row[1]
    days = [row[-1] for row in rows if published is not None and row[-1] is not None]
    return Facts(
        rows=sums[0],
        touched=sums[1],
        unused=sums[2],
        filled=dict(zip(has, sums[3 : 3 + len(has)], strict=True)),
        touched_filled=dict(zip(has, sums[3 + len(has) :], strict=True)),
        provinces=dict(sorted(provinces.items())),
        newest=max(days).isoformat() if days else "",
    )


def last_facts(connection: Connection, source: str) -> Facts | None:
    """The facts of the last accepted version of a source that has any."""
    c = source_version.c
    accepted = select(c.facts).where(c.source == source, c.state == "accepted").order_by(c.version.desc())
    return next((facts for stored in connection.scalars(accepted) if (facts := Facts.read(stored))), None)


def _column_name(table: Table, name: str) -> str:
    if name == "identifier":
        return "subject_identifiers"
    return name if name in table.c else f"subject_{name}"


def _has(table: Table, name: str) -> ColumnElement[bool]:
    if name in _NUMBERS:
        return cast(table.c.subject_identifiers, Text).contains(f'"{name}"')
    column = table.c[_column_name(table, name)]
    if isinstance(column.type, JSON):
        return cast(column, Text) != "[]"
    if isinstance(column.type, Text):
        return column != ""
    return column.is_not(None)


def _place(table: Table) -> ColumnElement[str]:
    """Where a record's subject is at home; where a list does not say it, where its court is."""
    place: ColumnElement[str] = table.c.subject_region
    if "organ" in table.c:
        place = func.coalesce(func.nullif(place, ""), table.c.organ)
    return func.substr(place, 1, _LONGEST_PLACE)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
