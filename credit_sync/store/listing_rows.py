"""Listings as the index is made of them: who is listed, and until when; and which versions of the lists there are."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Text, cast, false, func, or_, select

from credit_sync.records import RecordKind
from credit_sync.store.columns import read_identifier
from credit_sync.store.schema import listing, source_version
from credit_sync.subjects.identifiers import Identifier
from credit_sync.subjects.subject import SubjectKind


class Who(NamedTuple):
    """Who is listed, without what keys and traits do not ask for: a Subject takes eight times as long to make."""

    kind: SubjectKind
    name: str
    identifiers: tuple[Identifier, ...]
    former_names: tuple[str, ...]
    legal_representative: str
    employer: str
    region: str = ""
    """Not read: only comparing asks for it."""


class ListedSubject(NamedTuple):
    """Of a listing only what the index is made of."""

    subject: Who
    legal_representative_id: Identifier | None


ListedRow = tuple[int, ListedSubject, date | None]
"""(id, who is listed, last day in force), None for a listing that holds on, and `date.min` for one that is gone."""

Touched = tuple[tuple[str, int, int], ...]
"""(source, its last accepted version, how far later ones have come; and the highest id under '')."""

_BLOCK = 10_000


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
    unfinished = {s: _progress(connection, s, versions.get(s, -1)) for s in _touched_since(connection, versions)}
    sources = sorted(versions.keys() | unfinished.keys())
    return (*((s, versions.get(s, 0), unfinished.get(s, 0)) for s in sources), ("", 0, last_listing(connection)))


def _progress(connection: Connection, source: str, version: int) -> int:
    """A number that grows with every change that came after a version of a source."""
    c = listing.c
    later = (c.source == source, c.changed_in > version)
    return int(connection.scalar(select(func.sum(c.version)).where(*later)) or 0)


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
    return bool(_touched_since(connection, versions))


def changed_since(connection: Connection, versions: Mapping[str, int]) -> Iterator[ListedRow]:
    """Listings that a later version of their source than the given one has touched, ascending."""
    c = listing.c
    touched_in = [
        (c.source == s) & (c.changed_in > versions.get(s, -1)) for s in _touched_since(connection, versions)
    ]
    return _rows(connection, or_(false(), *touched_in))  # each a step into the index: nothing else is looked at


def _touched_since(connection: Connection, versions: Mapping[str, int]) -> list[str]:
    return [source for source, last in last_touched(connection).items() if last > versions.get(source, -1)]


def listings_of(connection: Connection, ids: Sequence[int]) -> Iterator[ListedRow]:
    """Some listings, by their ids (ascending)."""
    for start in range(0, len(ids), _BLOCK):
        yield from _rows(connection, listing.c.id.in_(ids[start : start + _BLOCK]))


def as_listed(columns: Mapping[str, Any]) -> ListedSubject:
    """Who is listed, by what the history says of a listing."""
    kind, name, representative, employer = (columns[column] for column in _TEXTS)
    numbers, former_names, number_of_his = (columns.get(column) for column in _DOCUMENTS)
    identifiers = tuple(map(read_identifier, numbers or ()))
    who = Who(_KINDS[kind], name, identifiers, tuple(former_names or ()), representative, employer)
    return ListedSubject(who, read_identifier(number_of_his) if number_of_his else None)


def _rows(connection: Connection, which: ColumnElement[bool]) -> Iterator[ListedRow]:
    """Column by column: they come by the million."""
    c = listing.c
    said = [*(c[column] for column in _TEXTS), *(cast(c[column], Text) for column in _DOCUMENTS)]
    query = select(c.id, c.removed_on, c.removed_at, *said).where(which).order_by(c.id)
    for rows in connection.execute(query.execution_options(yield_per=_BLOCK)).partitions():
        ids, last_days, gone, kinds, names, representatives, employers, numbers, former_names, numbers_of_his = (
            zip(*rows, strict=True)
        )
        identifiers, former = map(_numbers, numbers), map(_names, former_names)
        who = map(Who, map(_KINDS.__getitem__, kinds), names, identifiers, former, representatives, employers)
        until = [day if when is None else date.min for day, when in zip(last_days, gone, strict=True)]
        yield from zip(ids, map(ListedSubject, who, map(_number, numbers_of_his)), until, strict=True)


_TEXTS = ("subject_kind", "subject_name", "subject_legal_representative", "subject_employer")
_DOCUMENTS = ("subject_identifiers", "subject_former_names", "legal_representative_id")


def _numbers(document: str | None) -> tuple[Identifier, ...]:
    return tuple(map(read_identifier, _read(document)))


def _names(document: str | None) -> tuple[str, ...]:
    return tuple(_read(document))


def _number(document: str | None) -> Identifier | None:
    found = _read(document)
    return read_identifier(found) if found else None


def _read(document: str | None) -> Any:
    """What a document says; most say nothing."""
    if document is None or document in {"null", "[]"}:
        return ()
    return orjson.loads(document)


_KINDS = {kind.value: kind for kind in SubjectKind}
