"""Batches: how submissions leave the outbox, exactly once whatever dies in between.

    1. make_batches  one transaction: pending -> sending, with the batch's number
    2. the channel sends open batches: for files, identical bytes under the same names however often
    3. mark_sent     one transaction: sending -> sent

A run that is killed, or whose channel fails, leaves open batches; the next run begins with them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, insert, select, update

from credit_sync.publishing.outbox import Action, Outbox, State, next_id
from credit_sync.publishing.standard import Row
from credit_sync.records import RecordKind
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import batch, submission

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Batch:
    """Submissions of one channel, kind and action that leave together. `made_at` is the time of the run that made it."""

    id: int
    channel: str
    kind: RecordKind
    action: Action
    standard: str
    rows: int
    made_at: datetime


def make_batches(engine: Engine, outbox: Outbox, run: Run) -> None:
    """Everything pending goes into batches of at most the standard's number of rows."""
    with writing(engine) as connection:
        for action in (Action.ADD, Action.CORRECT):
            while _make_batch(connection, outbox, action, run):
                pass


def open_batches(engine: Engine, channel: str) -> list[Batch]:
    """The batches that are not sent yet, oldest first."""
    open_ = select(batch).where(batch.c.channel == channel, batch.c.sent_at.is_(None)).order_by(batch.c.id)
    with engine.connect() as connection:
        return [
            Batch(b.id, b.channel, RecordKind(b.record), Action(b.action), b.standard, b.rows, b.made_at)
            for b in connection.execute(open_)
        ]


def rows_of(engine: Engine, batch_id: int) -> Iterator[Row]:
    """The rows of a batch, in order, some at a time."""
    after = 0
    of_batch = select(submission.c.id, submission.c.row).where(submission.c.batch == batch_id)
    while True:
        chunk = of_batch.where(submission.c.id > after).order_by(submission.c.id).limit(_CHUNK)
        with engine.connect() as connection:
            found = connection.execute(chunk).all()
        if not found:
            return
        for submitted in found:
            yield submitted.row
        after = found[-1].id


def mark_sent(engine: Engine, sent: Batch, files: Mapping[str, str], run: Run) -> None:
    """The batch has left the house: `files` are its file names with their SHA-256."""
    with writing(engine) as connection:
        of_batch = update(submission).where(submission.c.batch == sent.id, submission.c.state == State.SENDING)
        connection.execute(of_batch.values(state=State.SENT, sent_at=run.as_of))
        values = {"files": dict(files), "sent_run_id": run.id, "sent_at": run.as_of}
        connection.execute(update(batch).where(batch.c.id == sent.id).values(**values))


def _make_batch(connection: Connection, outbox: Outbox, action: Action, run: Run) -> bool:
    """The next batch of pending submissions; False when there are none."""
    pending = and_(outbox.here(), submission.c.action == action, submission.c.state == State.PENDING)
    first = select(submission.c.id).where(pending).order_by(submission.c.id).limit(outbox.standard.max_rows)
    rows, last = connection.execute(select(func.count(), func.max(first.subquery().c.id))).one()
    if last is None:
        return False
    number = next_id(connection, batch.c.id)
    values: dict[str, Any] = {"channel": outbox.channel, "record": outbox.kind.value, "action": action}
    values |= {"id": number, "standard": outbox.standard.name, "rows": rows, "files": {}}
    connection.execute(insert(batch).values(**values, run_id=run.id, made_at=run.as_of))
    chosen = update(submission).where(pending, submission.c.id <= last)
    connection.execute(chosen.values(state=State.SENDING, batch=number))
    return True
