"""Facts about what a source holds after a version: what guards compare, and what `lists show` tells.

Counted in one pass over the source's live records, by the database, inside the transaction of the pull.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from sqlalchemy import JSON, ColumnElement, Connection, Date, Table, Text, and_, case, cast, func, null, select

from credit_sync.store.doubts import UNUSED
from credit_sync.store.schema import source_version
from credit_sync.subjects.identifiers import IdentifierKind

NUMBERS = frozenset(kind.value for kind in IdentifierKind if kind is not IdentifierKind.OTHER)
"""Fields that are numbers of a subject, kept together in one column."""
LONGEST_PLACE = 12
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
    return column_name(table, name) in table.c


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
    has = {name: _has(counted.table, name) for name in counted.fields}
    places = _by_place(connection, counted, has)
    rows, unused, *filled = _touched(connection, counted, has)
    provinces: Counter[str] = Counter()
    for place, count, *_ in places:
        provinces[province_of(place or "")] += count
    days = [row[-1] for row in places if row[-1] is not None]
    return Facts(
        rows=provinces.total(),
        touched=rows,
        unused=unused,
        filled={name: sum(row[i] for row in places) for i, name in enumerate(has, 2)},
        touched_filled=dict(zip(has, filled, strict=True)),
        provinces=dict(sorted(provinces.items())),
        newest=max(days).isoformat() if days else "",
    )


def _by_place(
    connection: Connection, counted: Counted, has: Mapping[str, ColumnElement[bool]]
) -> Sequence[Sequence[Any]]:
    """Of the live records of each place: how many, how many with each field, and the latest day of publication.

    OFFSET has that worked out row by row first, so that grouping sorts few short values and not all they are made of.
    """
    c = counted.table.c
    said = (_place(counted.table).label("place"), _published(counted).label("published"))
    filled = (_as_number(condition).label(f"has_{name}") for name, condition in has.items())
    live = select(*said, *filled).where(c.source == counted.source, c.removed_at.is_(None)).offset(0).subquery().c
    sums = (func.sum(live[f"has_{name}"]) for name in has)
    return connection.execute(
        select(live.place, func.count(), *sums, func.max(live.published)).group_by(live.place)
    ).all()


def _touched(connection: Connection, counted: Counted, has: Mapping[str, ColumnElement[bool]]) -> tuple[int, ...]:
    """Of the live records that the version touched: how many, how many with a field left out, and with each field.

    They are found by their version, for few are; what is live among them shows in each.
    """
    c = counted.table.c
    live = c.removed_at.is_(None)
    conditions = (
        live,
        and_(live, cast(c.warnings, Text).contains(UNUSED)),
        *(and_(live, h) for h in has.values()),
    )
    of_version = (c.source == counted.source, c.changed_in == counted.version)
    sums = connection.execute(select(*map(_sum, conditions)).where(*of_version)).one()
    return tuple(count or 0 for count in sums)


def last_facts(connection: Connection, source: str) -> Facts | None:
    """The facts of the last accepted version of a source that has any."""
    c = source_version.c
    accepted = select(c.facts).where(c.source == source, c.state == "accepted").order_by(c.version.desc())
    return next((facts for stored in connection.scalars(accepted) if (facts := Facts.read(stored))), None)


def column_name(table: Table, name: str) -> str:
    """The column that tells whether a record has a field."""
    if name == "identifier" or name in NUMBERS:
        return "subject_identifiers"
    return name if name in table.c else f"subject_{name}"


def _has(table: Table, name: str) -> ColumnElement[bool]:
    column = table.c[column_name(table, name)]
    if name in NUMBERS:
        return cast(column, Text).contains(f'"{name}"')
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
    return func.substr(place, 1, LONGEST_PLACE)


def _published(counted: Counted) -> ColumnElement[date | None]:
    """When a record was published, where that is not in the future."""
    published = counted.table.c.get("published_on")
    return cast(null(), Date) if published is None else case((published <= counted.today, published))


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(_as_number(condition))


def _as_number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
