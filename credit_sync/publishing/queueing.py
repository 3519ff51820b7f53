"""Filling the outbox: every record that changed, or whose day has come, gets the submission it calls for.

A transaction queues some hundred records; ids are given out in the order of records. So a run that was killed
goes on behind the last record it queued and ends with the same rows as one that was not.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, bindparam, insert, select, update

from credit_sync.publishing.actions import Past, called_for, judged
from credit_sync.publishing.neighbours import beside
from credit_sync.publishing.outbox import WAITING, Outbox, State, next_id
from credit_sync.publishing.rows import published_row
from credit_sync.publishing.selection import to_look_at
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.records import RecordKind
from credit_sync.store.columns import from_columns
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.repairs import repair_days
from credit_sync.store.schema import RECORD_TABLES, batch, submission

_CHUNK = 500


def queue(engine: Engine, outbox: Outbox, run: Run) -> None:
    """Puts everything into the outbox that is not there yet, then looks again at the earlier invalid submissions."""
    for after, last in _chunks(engine, to_look_at(outbox), RECORD_TABLES[outbox.kind].c.id):
        with writing(engine) as connection:
            _queue_chunk(connection, outbox, run, after, last)
    invalid = and_(outbox.here(), submission.c.state == State.INVALID, submission.c.run_id != run.id)
    for after, last in _chunks(engine, select(submission.c.id).where(invalid), submission.c.id):
        with writing(engine) as connection:
            _look_again(connection, outbox, and_(invalid, submission.c.id > after, submission.c.id <= last))


def _chunks(engine: Engine, ids: Any, column: Any) -> Iterator[tuple[int, int]]:
    """Ranges (after, last] of ids, each small enough for one transaction."""
    after = -1
    while True:
        with engine.connect() as connection:
            found = list(connection.scalars(ids.where(column > after).order_by(column).limit(_CHUNK)))
        if not found:
            return
        yield after, found[-1]
        after = found[-1]


def _queue_chunk(connection: Connection, outbox: Outbox, run: Run, after: int, last: int) -> None:
    record = RECORD_TABLES[outbox.kind]
    chosen = to_look_at(outbox).where(record.c.id > after, record.c.id <= last)
    records = connection.execute(select(record).where(record.c.id.in_(chosen)).order_by(record.c.id)).all()
    ids = [found.id for found in records]
    past, repaired = submissions_of(connection, outbox, ids), repaired_on(connection, outbox, ids)
    others = beside(connection, outbox, records)
    made = [
        called_for(
            found._asdict(),
            Past.of(past[found.id], found.version),
            outbox,
            repaired.get(found.id),
            others[found.id],
        )
        for found in records
    ]
    waiting = and_(outbox.here(), submission.c.record_id.in_(ids), submission.c.state.in_(WAITING))
    connection.execute(update(submission).where(waiting).values(state=State.SUPERSEDED))
    first = next_id(connection, submission.c.id)
    head = {"channel": outbox.channel, "record": outbox.kind.value, "run_id": run.id, "created_at": run.as_of}
    rows = [head | values for values in made if values]
    if rows:
        connection.execute(insert(submission), [{"id": n, **row} for n, row in enumerate(rows, first)])


def submissions_of(connection: Connection, outbox: Outbox, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """The submissions of each record, in order, with the standard (`edition`) in which they left."""
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    edition = batch.c.standard.label("edition")
    mine = select(submission, edition).outerjoin(batch, submission.c.batch == batch.c.id)
    mine = mine.where(outbox.here(), submission.c.record_id.in_(ids))
    for row in connection.execute(mine.order_by(submission.c.id)):
        found[row.record_id].append(row)
    return found


def repaired_on(connection: Connection, outbox: Outbox, ids: Sequence[int]) -> dict[int, date]:
    """The days on record by a person from which penalties are no longer public, for those that have one."""
    if outbox.kind is not RecordKind.PENALTY:
        return {}
    return repair_days(connection, ids)


def _look_again(connection: Connection, outbox: Outbox, chosen: ColumnElement[bool]) -> None:
    """Invalid submissions, by today's date, settings and standard."""
    record = RECORD_TABLES[outbox.kind]
    own = and_(submission.c.record_id == record.c.id, submission.c.record_version == record.c.version)
    known = (submission.c.id, submission.c.row, submission.c.findings, submission.c.cause)
    kept = [c.label(f"submission_{c.name}") for c in known]
    changes = []
    invalid = connection.execute(
        select(record, *kept).join(submission, own).where(chosen).order_by(record.c.id)
    ).all()
    others = beside(connection, outbox, invalid)
    past = submissions_of(connection, outbox, [found.id for found in invalid if others[found.id].in_place])
    for found in invalid:
        stored = found._asdict()
        row = published_row(from_columns(PUBLISHED_KINDS[outbox.kind], stored), outbox.standard, outbox.reporting)
        now = judged(row, outbox, others[found.id]) | {"cause": stored["submission_cause"]}
        why = Past.of(past[found.id], found.version).held_for(in_place=others[found.id].in_place)
        if why and now["state"] is State.PENDING:
            now |= {"state": State.HELD, "cause": why}
        if (row, now["findings"]) != (stored["submission_row"], stored["submission_findings"]):
            changes.append({"the_id": stored["submission_id"], **now})
    if changes:
        connection.execute(update(submission).where(submission.c.id == bindparam("the_id")), changes)
