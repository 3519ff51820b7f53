"""Sources that have left records, or rows in quarantine, and are no longer configured; and giving their name to another.

A record is known by its id wherever something was done with it (submissions, flags, decisions), so that a source can get
another name without any of it being touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, exists, func, or_, select, update

from credit_sync.records import RECORD_CLASSES, RecordKind
from credit_sync.store.columns import record_columns
from credit_sync.store.known_rows import forget_known_rows
from credit_sync.store.quarantine import waiting
from credit_sync.store.questions import forget_questions
from credit_sync.store.read_records import ReadRecord, read_record_of
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
from credit_sync.store.versions import last_accepted

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
    reused: bool = False
    """Records of another kind are to come under its name."""


def left_sources(connection: Connection, configured: Mapping[str, RecordKind]) -> list[Left]:
    """Those that are not configured, or not for what they have left, by name. `configured`: what is fetched under a name."""
    c = source_version.c
    last = select(c.source, func.max(c.version).label("version")).group_by(c.source, c.record).subquery()
    here = (c.source == last.c.source, c.version == last.c.version)
    rows = connection.execute(select(c.source, c.record, c.list).where(*here).order_by(c.source, c.version))
    open_rows = waiting(connection)
    found = [
        Left(source, kind, list_, live, 0 if reused else open_rows.get(source, 0), reused)
        for source, record, list_ in rows.all()
        for kind, reused in ((RecordKind(record), source in configured),)
        if configured.get(source) is not kind
        for live in (live_records(connection, kind, source),)
    ]
    return [left for left in found if left.live or left.waiting]


def doubles(kind: RecordKind, former: str, name: str) -> ColumnElement[bool]:
    """The records of a source that came once before under a former name of it."""
    table = RECORD_TABLES[kind]
    return _also_under(table, table.c.key, former, name)


def alone(kind: RecordKind, former: str, name: str) -> ColumnElement[bool]:
    """The records of a source that did not."""
    return and_(RECORD_TABLES[kind].c.source == name, ~doubles(kind, former, name))


@dataclass(frozen=True, slots=True)
class Newer:
    """A record of a source of which another word has come under the source's present name."""

    id: int
    version: int
    there: bool
    now: ReadRecord | None
    """What it says by now; None where it is gone."""


def newer_doubles(connection: Connection, kind: RecordKind, former: str, name: str) -> list[Newer]:
    """The records that came under a former name, and have come otherwise, or gone, since, by id."""
    last = last_accepted(connection, former)
    if last is None:
        return []
    table, own = RECORD_TABLES[kind], RECORD_TABLES[kind].alias("own")
    c, there = table.c, own.c.removed_at.is_(None)
    changed = and_(c.removed_at.is_(None), c.changed_at > last.pulled_at, or_(~there, own.c.digest != c.digest))
    which = and_(c.source == name, own.c.source == former, own.c.key == c.key)
    about = (own.c.id.label("own_id"), own.c.version.label("own_version"), there.label("own_there"))
    said = [*(str(column.name) for column in record_columns(RECORD_CLASSES[kind])), "warnings", "extra"]
    query = select(table, *about).where(which, or_(changed, and_(there, c.removed_at > last.pulled_at)))
    return [
        Newer(
            row["own_id"],
            row["own_version"],
            row["own_there"],
            None
            if row["removed_at"]
            else read_record_of(kind, row["key"], {field: row[field] for field in said}, row["place"], row["row"]),
        )
        for row in connection.execute(query.order_by(own.c.id)).mappings()
    ]


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
    _reopen(connection, former, name)
    _change_places(connection, quarantine, quarantine.c.fingerprint, former, name)
    for before, after in ((name, _BETWEEN), (former, name), (_BETWEEN, former)):
        _rename(connection, source_version, before, after)
    _keep_last_refusal(connection, former, name)
    forget_known_rows(connection, name)
    forget_questions(connection, name)
    for its in (known_rows, question, question_listing):
        _rename(connection, its, former, name)


def _reopen(connection: Connection, former: str, name: str) -> None:
    """Rows in quarantine that were settled under the former name and are open under the present one."""
    c, other = quarantine.c, quarantine.alias("present")
    open_by_now = (other.c.source == name, other.c.fingerprint == c.fingerprint, other.c.resolved_at.is_(None))
    settled = (c.source == former, c.resolved_at.is_not(None), exists().where(*open_by_now))
    connection.execute(update(quarantine).where(*settled).values(resolved_at=None, resolution=""))


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
