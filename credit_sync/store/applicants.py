"""Applicants of the store, in blocks: whoever goes through all of them holds only some at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Text, cast, select

from credit_sync.records import Applicant, Role
from credit_sync.store.columns import SUBJECT_PREFIX, from_columns, rows_of, subject_from_columns
from credit_sync.store.schema import applicant
from credit_sync.subjects.subject import Subject, SubjectKind

_BLOCK = 1000


def live_applicants(connection: Connection) -> Iterator[tuple[int, Applicant]]:
    """(id, applicant) in ascending order of id."""
    last = -1
    while True:
        query = select(applicant).where(applicant.c.removed_at.is_(None), applicant.c.id > last)
        rows = connection.execute(query.order_by(applicant.c.id).limit(_BLOCK)).mappings().all()
        if not rows:
            return
        yield from ((row["id"], from_columns(Applicant, dict(row))) for row in rows)
        last = rows[-1]["id"]


def applicants_of(connection: Connection, ids: Sequence[int]) -> dict[int, Applicant]:
    """Applicants by their ids, ascending."""
    return {row["id"]: from_columns(Applicant, row) for row in _rows(connection, ids, applicant.columns)}


def subjects_of(connection: Connection, ids: Sequence[int]) -> dict[int, Subject]:
    """Who the applicants are, by their ids, ascending."""
    columns = [c for c in applicant.columns if c.name.startswith(SUBJECT_PREFIX)]
    return {row["id"]: subject_from_columns(row) for row in _rows(connection, ids, [applicant.c.id, *columns])}


def said_of_all(connection: Connection) -> Iterator[tuple[int, str, str, str]]:
    """Id, name, identifiers and former names (as JSON) of the live applicants: to see quickly who may be meant."""
    c = applicant.c
    columns = (c.id, c.subject_name, cast(c.subject_identifiers, Text), cast(c.subject_former_names, Text))
    query = select(*columns).where(c.removed_at.is_(None)).order_by(c.id)
    for row in connection.execute(query.execution_options(yield_per=_BLOCK)):
        yield row[0], row[1], row[2], row[3]


def departments(connection: Connection) -> set[str]:
    """The departments that live applicants name; '' where one names none."""
    return set(
        connection.scalars(select(applicant.c.department).where(applicant.c.removed_at.is_(None)).distinct())
    )


def of_other_kind(connection: Connection) -> list[int]:
    """Live applicants that are persons in an organisation's role, or the other way round: their ids, ascending."""
    c = applicant.c
    of_persons = c.role.in_([role.value for role in Role if role.of_person])
    differs = (c.subject_kind == SubjectKind.PERSON.value) != of_persons
    return list(connection.scalars(select(c.id).where(c.removed_at.is_(None), differs).order_by(c.id)))


def _rows(
    connection: Connection, ids: Sequence[int], columns: Iterable[Column[Any]]
) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(ids), _BLOCK):
        query = select(*columns).where(applicant.c.id.in_(ids[start : start + _BLOCK])).order_by(applicant.c.id)
        yield from rows_of(connection, query)
