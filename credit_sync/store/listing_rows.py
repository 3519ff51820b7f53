"""Listings as the index is made of them: who is listed, and until when; and which versions of the lists there are."""

from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from credit_sync.records import Listing, RecordKind
from credit_sync.store.columns import SUBJECT_PREFIX, read_identifier, subject_from_columns
from credit_sync.store.schema import listing, source_version

ListedRow = tuple[int, Listing, date | None]
"""(id, who is listed, last day in force). Of a listing only what says who is listed.
The day is None for a listing that holds on, and `date.min` for one that is gone."""

Touched = tuple[tuple[str, int, int], ...]
"""(source, its last accepted version, the last version that touched a listing of it; and the highest id under '')."""

_BLOCK = 10_000
_REPRESENTATIVE = "legal_representative_id"


def list_versions(connection: Connection) -> dict[str, int]:
    """The last accepted version of every source of listings."""
    c = source_version.c
    query = select(c.source, func.max(c.version)).where(
        c.record == RecordKind.LISTING.value, c.state == "accepted"
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(c.source).order_by(c.source))}


def lineage(connection: Connection, versions: Mapping[str, int]) -> str:
    """A digest of how the lists came to be what they were at some versions: another store's, or one that was put back
    and went on differently, has another."""
    c = source_version.c
    told = (c.source, c.version, c.run_id, c.pulled_at, c.added, c.changed, c.removed, c.live)
    query = select(*told).where(c.record == RecordKind.LISTING.value, c.state == "accepted")
    rows = connection.execute(query.order_by(c.source, c.version)).all()
    known = [tuple(row) for row in rows if row.version <= versions.get(row.source, 0)]
    return blake2b(repr(known).encode(), digest_size=8).hexdigest()


def last_listing(connection: Connection) -> int:
    """The highest id of a listing, 0 where there is none."""
    return connection.scalar(select(func.max(listing.c.id))) or 0


def listed_between(connection: Connection, first: int, last: int) -> Iterator[ListedRow]:
    """All listings with ids from `first` to `last`, live or not, ascending."""
    return _rows(connection, listing.c.id.between(first, last))


def touched(connection: Connection) -> Touched:
    """Another value whenever listings came, changed or went: what an index that is kept open is compared by.

    Asks source by source, each a step into the index of listings.
    """
    versions = list_versions(connection)
    last = last_touched(connection)
    sources = sorted(versions.keys() | last.keys())
    return (*((s, versions.get(s, 0), last.get(s, 0)) for s in sources), ("", 0, last_listing(connection)))


def last_touched(connection: Connection) -> dict[str, int]:
    """The last version of each source that touched a listing, accepted or left unfinished by a killed pull."""
    c = listing.c
    found: dict[str, int] = {}
    source: str | None = ""
    while (source := connection.scalar(select(func.min(c.source)).where(c.source > source))) is not None:
        found[source] = connection.scalar(select(func.max(c.changed_in)).where(c.source == source)) or 0
    return found


def is_touched_since(connection: Connection, versions: Mapping[str, int]) -> bool:
    """Whether any listing was touched by a later version of its source, also by one that a killed pull left unfinished."""
    return any(last > versions.get(source, -1) for source, last in last_touched(connection).items())


def changed_since(connection: Connection, versions: Mapping[str, int]) -> Iterator[ListedRow]:
    """Listings that a later version of their source than the given one has touched, ascending."""
    c = listing.c
    known = [(c.source == source) & (c.changed_in > version) for source, version in sorted(versions.items())]
    return _rows(connection, or_(*known, c.source.not_in(sorted(versions))))


def ended_between(connection: Connection, after: date, until: date) -> Iterator[ListedRow]:
    """Live listings whose day of removal came in a span of days (the first not included)."""
    c = listing.c
    return _rows(connection, (c.removed_on > after) & (c.removed_on <= until))


def as_listed(columns: Mapping[str, Any]) -> Listing:
    """Who is listed by a row of listings, or by what its history says of one."""
    number = columns.get(_REPRESENTATIVE)
    return Listing(
        subject=subject_from_columns(columns),
        list="",
        legal_representative_id=None if number is None else read_identifier(number),
    )


def _rows(connection: Connection, which: ColumnElement[bool]) -> Iterator[ListedRow]:
    columns = [c for c in listing.columns if c.name.startswith(SUBJECT_PREFIX) or c.name == _REPRESENTATIVE]
    query = select(listing.c.id, listing.c.removed_on, listing.c.removed_at, *columns).where(which)
    rows = connection.execute(query.order_by(listing.c.id).execution_options(yield_per=_BLOCK))
    return (_listed(row) for row in rows)


def _listed(row: Row[Any]) -> ListedRow:
    gone = row.removed_at is not None
    return row.id, as_listed(dict(row._mapping)), date.min if gone else row.removed_on
