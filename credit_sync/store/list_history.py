"""What a source's listings were at an earlier version: read backwards from what they are now.

`record_history` holds every change with what the record said before, so a version is undone change by change; nothing
is kept twice. Only records that were touched since are read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from credit_sync.records import Listing, RecordKind
from credit_sync.store.columns import record_columns
from credit_sync.store.schema import listing, record_history, source_version

_BLOCK = 1000
_CONTENT = (*(str(column.name) for column in record_columns(Listing)), "warnings", "extra")
"""The columns that are what a record says; the others are about it."""


@dataclass(frozen=True, slots=True)
class Version:
    """An accepted version of a source of listings."""

    source: str
    number: int
    run_id: int
    list: str
    delivery: str
    pulled_at: datetime
    live: int


@dataclass(frozen=True, slots=True)
class _Change:
    run_id: int
    change: str
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Touched:
    """A listing that changed after some version, as it is now, with its changes since, the oldest first."""

    id: int
    key: str
    version: int
    place: str
    row: int
    there: bool
    content: Mapping[str, Any]
    """What it says or last said, as JSON can hold it."""
    changes: tuple[_Change, ...]

    def content_at(self, version: Version) -> Mapping[str, Any] | None:
        """What it said after a version; None when it was not there."""
        later = [change for change in self.changes if change.run_id > version.run_id]
        if not was_there((change.change for change in later), self.there):
            return None
        before = next((change.before for change in later if change.change in ("changed", "restored")), {})
        return {**self.content, **before}


@dataclass(frozen=True, slots=True)
class Steps:
    """What happened to a listing after some version: (run, change), the oldest first; and whether it is there now."""

    there: bool
    changes: tuple[tuple[int, str], ...]

    def there_at(self, version: Version) -> bool:
        """Whether it was there after a version."""
        return was_there((change for run, change in self.changes if run > version.run_id), self.there)

    def between(self, older: Version, newer: Version) -> tuple[str, ...]:
        """What happened after the one version and up to the other."""
        return tuple(change for run, change in self.changes if older.run_id < run <= newer.run_id)


def was_there(later: Iterable[str], there: bool) -> bool:
    """Whether a listing was there before some changes (the oldest first), from whether it is there now."""
    first = next(iter(later), None)
    return there if first is None else first in ("changed", "removed")


def accepted_versions(connection: Connection, source: str) -> list[Version]:
    """The accepted versions of a source of listings, the newest first."""
    c = source_version.c
    query = select(c.source, c.version, c.run_id, c.list, c.delivery, c.pulled_at, c.live).where(
        c.source == source, c.record == RecordKind.LISTING.value, c.state == "accepted"
    )
    return [Version(*row) for row in connection.execute(query.order_by(c.version.desc()))]


def touched_since(connection: Connection, version: Version) -> Iterator[Touched]:
    """The listings of a source that were touched after a version, in ascending id."""
    for ids in _touched_ids(connection, version):
        yield from touched_of(connection, version, ids)


def touched_of(connection: Connection, version: Version, ids: Sequence[int]) -> Iterator[Touched]:
    """The same of some listings; those that were not touched are left out."""
    for some in _batched(ids):
        changes = _changes(connection, some, version)
        rows = connection.execute(select(listing).where(listing.c.id.in_(some)).order_by(listing.c.id)).mappings()
        yield from (_touched(dict(row), tuple(changes[row["id"]])) for row in rows if row["id"] in changes)


def steps_since(connection: Connection, version: Version) -> Iterator[dict[int, Steps]]:
    """Of the same listings what happened to them, without what they said: a block at a time, in ascending id."""
    c, history = listing.c, record_history.c
    for ids in _touched_ids(connection, version):
        now = select(c.id, c.removed_at.is_(None).label("there")).where(c.id.in_(ids))
        there = {row.id: bool(row.there) for row in connection.execute(now)}
        found: dict[int, list[tuple[int, str]]] = {number: [] for number in ids}
        for number, run, change in connection.execute(_of_changes(ids, version, history.run_id, history.change)):
            found[number].append((run, change))
        yield {number: Steps(there[number], tuple(steps)) for number, steps in found.items() if steps}


def _touched_ids(connection: Connection, version: Version) -> Iterator[Sequence[int]]:
    c = listing.c
    # 0: touched last before versions were kept with the record, and perhaps after this one all the same
    since = or_(c.changed_in > version.number, c.changed_in == 0)
    # asked once: to go on from the last of a block, the database would sort all of them anew for each
    ids = connection.scalars(select(c.id).where(c.source == version.source, since).order_by(c.id)).all()
    return _batched(ids)


def _batched(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BLOCK] for start in range(0, len(ids), _BLOCK))


def _changes(connection: Connection, ids: Sequence[int], version: Version) -> dict[int, list[_Change]]:
    c = record_history.c
    found: dict[int, list[_Change]] = {}
    for number, *said in connection.execute(_of_changes(ids, version, c.run_id, c.change, c.before)):
        found.setdefault(number, []).append(_Change(*said))
    return found


def _of_changes(ids: Sequence[int], version: Version, *columns: ColumnElement[Any]) -> Select[Any]:
    """What happened to some listings after a version, the oldest first."""
    c = record_history.c
    mine = (c.record == RecordKind.LISTING.value, c.record_id.in_(ids), c.run_id > version.run_id)
    return select(c.record_id, *columns).where(*mine).order_by(c.record_id, c.version)


def _touched(row: Mapping[str, Any], changes: tuple[_Change, ...]) -> Touched:
    return Touched(
        id=row["id"],
        key=row["key"],
        version=row["version"],
        place=row["place"],
        row=row["row"],
        there=row["removed_at"] is None,
        content={name: _as_json(row[name]) for name in _CONTENT},
        changes=changes,
    )


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
