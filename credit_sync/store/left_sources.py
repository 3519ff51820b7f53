"""Sources that have left records, or rows in quarantine, and are no longer configured; and giving their name to another.

A record is known by its id wherever something was done with it (submissions, flags, decisions), so that a source can get
another name without any of it being touched.
"""

from collections.abc import Container
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, exists, func, select, update

from credit_sync.records import RecordKind
from credit_sync.store.known_rows import forget_known_rows
from credit_sync.store.quarantine import waiting
from credit_sync.store.questions import forget_questions
from credit_sync.store.records import live_records
from credit_sync.store.schema import (
    RECORD_TABLES,
    known_rows,
    quarantine,
    question,
    question_listing,
    source_version,
    submission,
)

_BETWEEN = "*"
"""The name of what is on its way from one name to another; no source is called that."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a source has left."""

    source: str
    record: RecordKind
    list: str
    live: int
    waiting: int
    """Rows in quarantine."""


def left_sources(connection: Connection, configured: Container[str]) -> list[Left]:
    """Those that are not configured, by name."""
    c = source_version.c
    last = select(c.source, func.max(c.version).label("version")).group_by(c.source).subquery()
    here = (c.source == last.c.source, c.version == last.c.version)
    rows = connection.execute(select(c.source, c.record, c.list).where(*here).order_by(c.source)).all()
    open_rows = waiting(connection)
    found = [
        Left(source, kind, list_, live_records(connection, kind, source), open_rows.get(source, 0))
        for source, record, list_ in rows
        if source not in configured
        for kind in (RecordKind(record),)
    ]
    return [left for left in found if left.live or left.waiting]


def doubles(kind: RecordKind, former: str, name: str) -> ColumnElement[bool]:
    """The records of a source that came once before under a former name of it."""
    table = RECORD_TABLES[kind]
    return _also_under(table, table.c.key, former, name)


def alone(kind: RecordKind, former: str, name: str) -> ColumnElement[bool]:
    """The records of a source that did not."""
    return and_(RECORD_TABLES[kind].c.source == name, ~doubles(kind, former, name))


def handed_over(kind: RecordKind) -> ColumnElement[bool]:
    """Records of which something has gone out, or may have."""
    mine = (submission.c.record == kind.value, submission.c.record_id == RECORD_TABLES[kind].c.id)
    return exists().where(*mine, submission.c.batch.is_not(None))


def take_name(connection: Connection, kind: RecordKind, former: str, name: str) -> None:
    """What a source has under its former name gets the present one; what came under both changes places, so that the
    records with a history keep their place in the source, and the doubles lie under the former name.
    """
    table = RECORD_TABLES[kind]
    # 0: the versions by which they were touched go to the former name
    connection.execute(update(table).where(alone(kind, former, name)).values(changed_in=0))
    _change_places(connection, table, table.c.key, former, name)
    _change_places(connection, quarantine, quarantine.c.fingerprint, former, name)
    for before, after in ((name, _BETWEEN), (former, name), (_BETWEEN, former)):
        _rename(connection, source_version, before, after)
    _keep_last_refusal(connection, former, name)
    forget_known_rows(connection, name)
    forget_questions(connection, name)
    for its in (known_rows, question, question_listing):
        _rename(connection, its, former, name)


def _keep_last_refusal(connection: Connection, former: str, name: str) -> None:
    """What the source sent last and was not taken over goes on casting doubt on what it holds."""
    c = source_version.c
    newest = select(c.version, c.state).order_by(c.version.desc()).limit(1)
    came = connection.execute(newest.where(c.source == former)).first()
    if came is not None and came.state == "refused":
        number = connection.execute(newest.where(c.source == name)).one().version + 1
        last = (c.source == former, c.version == came.version)
        connection.execute(update(source_version).where(*last).values(source=name, version=number))


def _also_under(table: Table, key: Column[str], former: str, name: str) -> ColumnElement[bool]:
    other = table.alias("former")
    return and_(table.c.source == name, exists().where(other.c.source == former, other.c[key.name] == key))


def _change_places(connection: Connection, table: Table, key: Column[str], former: str, name: str) -> None:
    twice = _also_under(table, key, former, name)
    connection.execute(update(table).where(twice).values(source=_BETWEEN))
    _rename(connection, table, former, name)
    _rename(connection, table, _BETWEEN, former)


def _rename(connection: Connection, table: Table, before: str, after: str) -> None:
    connection.execute(update(table).where(table.c.source == before).values(source=after))
