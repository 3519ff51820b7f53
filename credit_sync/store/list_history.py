"""What a source's listings were at an earlier version: read backwards from what they are now.

`record_history` holds every change with what the record said before, so a version is undone change by change; nothing
is kept twice. Only records that were touched since are read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, or_, select

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
        there = later[0].change in ("changed", "removed") if later else self.there
        if not there:
            return None
        before = next((change.before for change in later if change.change in ("changed", "restored")), {})
        return {**self.content, **before}


def accepted_versions(connection: Connection, source: str) -> list[Version]:
    """The accepted versions of a source of listings, the newest first."""
    c = source_version.c
    query = select(c.source, c.version, c.run_id, c.list, c.delivery, c.pulled_at, c.live).where(
        c.source == source, c.record == RecordKind.LISTING.value, c.state == "accepted"
    )
    return [Version(*row) for row in connection.execute(query.order_by(c.version.desc()))]


def touched_since(connection: Connection, version: Version) -> Iterator[Touched]:
    """The listings of a source that were touched after a version, in ascending id."""
    c = listing.c
    # 0: touched last before versions were kept with the record, and perhaps after this one all the same
    since = or_(c.changed_in > version.number, c.changed_in == 0)
    wanted = select(listing).where(c.source == version.source, since).order_by(c.id).limit(_BLOCK)
    last = 0
    while rows := connection.execute(wanted.where(c.id > last)).mappings().all():
        changes = _changes(connection, [row["id"] for row in rows], version)
        for row in rows:
            if row["id"] in changes:
                yield _touched(dict(row), tuple(changes[row["id"]]))
        last = rows[-1]["id"]


def _changes(connection: Connection, ids: list[int], version: Version) -> dict[int, list[_Change]]:
    c = record_history.c
    query = select(c.record_id, c.run_id, c.change, c.before).where(
        c.record == RecordKind.LISTING.value, c.record_id.in_(ids), c.run_id > version.run_id
    )
    found: dict[int, list[_Change]] = {}
    for row in connection.execute(query.order_by(c.record_id, c.version)):
        found.setdefault(row.record_id, []).append(_Change(row.run_id, row.change, row.before))
    return found


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
