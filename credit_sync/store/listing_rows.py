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
from credit_sync.subjects.subject import Subject, SubjectKind


class ListedSubject(NamedTuple):
    """Of a listing only what the index is made of: who is listed."""

    subject: Subject
    """Without what keys and traits do not ask for: sex, year of birth, region."""
    legal_representative_id: Identifier | None


ListedRow = tuple[int, ListedSubject, date | None]
"""(id, who is listed, last day in force), None for a listing that holds on, and `date.min` for one that is gone."""

Touched = tuple[tuple[str, int, int], ...]
"""(source, its last accepted version, the last version that touched a listing of it; and the highest id under '')."""

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
    return _who([columns[name] for name in _TEXTS], *[columns.get(name) for name in _DOCUMENTS])


def _rows(connection: Connection, which: ColumnElement[bool]) -> Iterator[ListedRow]:
    c = listing.c
    said = [*(c[name] for name in _TEXTS), *(cast(c[name], Text) for name in _DOCUMENTS)]
    query = select(c.id, c.removed_on, c.removed_at, *said).where(which).order_by(c.id)
    rows = connection.execute(query.execution_options(yield_per=_BLOCK))
    for number, last_day, gone, *texts, numbers, former_names, number_of_his in rows:
        found = _who(texts, _read(numbers), _read(former_names), _read(number_of_his))
        yield number, found, last_day if gone is None else date.min


_TEXTS = ("subject_kind", "subject_name", "subject_legal_representative", "subject_employer")
_DOCUMENTS = ("subject_identifiers", "subject_former_names", "legal_representative_id")


def _read(document: str | None) -> Any:
    """What a document says; most say nothing."""
    if document is None or document in ("null", "[]"):
        return None
    return orjson.loads(document)


def _who(
    texts: Sequence[str],
    numbers: list[Any] | None,
    former_names: list[str] | None,
    number_of_representative: list[Any] | None,
) -> ListedSubject:
    kind, name, representative, employer = texts
    subject = Subject(
        kind=_KINDS[kind],
        name=name,
        identifiers=tuple([read_identifier(number) for number in numbers or ()]),
        former_names=tuple(former_names or ()),
        legal_representative=representative,
        employer=employer,
    )
    return ListedSubject(subject, read_identifier(number_of_representative) if number_of_representative else None)


_KINDS = {kind.value: kind for kind in SubjectKind}
