"""Candidates out of the store: records that share a key with a subject. One join for night and look-up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from credit_sync.records import RECORD_CLASSES, Applicant, Listing, Record, RecordKind
from credit_sync.store.columns import from_columns, record_columns, rows_of
from credit_sync.store.schema import RECORD_TABLES, applicant, listing, subject_key

_WIDE, _NARROW = str.maketrans("()", "（）"), str.maketrans("（）", "()")
_CHUNK = 5000
"""Values in one IN list: below the limit of SQLite (32,766 parameters) and fast on both."""


def sharing_keys(
    connection: Connection, kind: RecordKind, keys_of: Mapping[int, Sequence[int]]
) -> dict[int, list[int]]:
    """For each asker (its number -> its keys) the ids of records of one kind that share a key, ascending."""
    askers: dict[int, set[int]] = defaultdict(set)
    for asker, keys in keys_of.items():
        for key in keys:
            askers[key].add(asker)
    found: dict[int, set[int]] = defaultdict(set)
    table = subject_key.c
    for chunk in _chunks(sorted(askers)):
        query = select(table.key, table.record_id).where(table.key.in_(chunk), table.record == kind.value)
        for key, record_id in connection.execute(query):
            for asker in askers[key]:
                found[asker].add(record_id)
    return {asker: sorted(ids) for asker, ids in found.items()}


def live_listings(connection: Connection, ids: Iterable[int], as_of: datetime) -> dict[int, tuple[Listing, int]]:
    """id -> (listing, version) of those in force: neither gone from their source nor removed by `as_of`."""
    in_force = or_(listing.c.removed_on.is_(None), listing.c.removed_on > as_of.date())
    query = select(*_LISTED).where(listing.c.removed_at.is_(None), in_force)
    rows = _by_ids(connection, query, listing.c.id, ids)
    return {row["id"]: (from_columns(Listing, row), row["version"]) for row in rows}


def find_applicants(connection: Connection, asked: str) -> dict[int, Applicant]:
    """Live applicants by `APPLICATION/NAME`, by application, or by id; either of the first two may hold a stroke, too."""
    c = applicant.c
    strokes = [place for place, sign in enumerate(asked) if sign == "/"]
    named = [and_(c.application == asked[:place], c.subject_name == asked[place + 1 :]) for place in strokes]
    wanted = [c.removed_at.is_(None), or_(c.application == asked, *named)]
    rows = connection.execute(select(applicant).where(*wanted).order_by(c.id)).mappings().all()
    if not rows:
        rows = connection.execute(select(applicant).where(c.id == stored_id(asked))).mappings().all()
    return {row["id"]: from_columns(Applicant, dict(row)) for row in rows}


def find_listings(connection: Connection, asked: str) -> dict[int, Listing]:
    """Listings, live or not, by case or document number (brackets of either width), or by id."""
    c = listing.c
    spellings = {asked, asked.translate(_WIDE), asked.translate(_NARROW)}
    rows = connection.execute(select(listing).where(c.number.in_(spellings)).order_by(c.id)).mappings().all()
    if not rows:
        rows = connection.execute(select(listing).where(c.id == stored_id(asked))).mappings().all()
    return {row["id"]: from_columns(Listing, dict(row)) for row in rows}


def stored_id(asked: str) -> int:
    """The id that a text names; -1, which no record has, where it names none.

    >>> stored_id("12"), stored_id("十二"), stored_id("9" * 40)
    (12, -1, -1)
    """
    return int(asked) if asked.isdecimal() and len(asked) < 19 else -1


def records(
    connection: Connection, kind: RecordKind, ids: Iterable[int]
) -> dict[int, tuple[Record, dict[str, Any]]]:
    """Records of a kind by id, live or not, each with its row (provenance, history, extra fields)."""
    table = RECORD_TABLES[kind]
    rows = _by_ids(connection, select(table), table.c.id, ids)
    return {row["id"]: (from_columns(RECORD_CLASSES[kind], row), row) for row in rows}


_LISTED = [listing.c.id, listing.c.version, *(listing.c[c.name] for c in record_columns(Listing))]


def _by_ids(connection: Connection, query: Select[Any], column: Any, ids: Iterable[int]) -> list[dict[str, Any]]:
    wanted = sorted(set(ids))
    return [row for chunk in _chunks(wanted) for row in rows_of(connection, query.where(column.in_(chunk)))]


def _chunks(values: Sequence[int]) -> Iterable[Sequence[int]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
