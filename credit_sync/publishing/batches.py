"""Batches: how submissions leave the outbox, exactly once whatever dies in between.

    1. make_batches  one transaction: pending -> sending, with the batch's number
    2. begin_attempt one transaction, before anything leaves
    3. the channel sends the open batch; called again it finds out what has arrived (channels/channel.py)
    4. mark_sent     one transaction: sending -> sent, and on to accepted or rejected where the answer came at once

A run that is killed, or whose channel fails, leaves open batches; the next run begins with them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, insert, select, update

from credit_sync.publishing.channels.channel import Batch, Handover, Submitted
from credit_sync.publishing.names import record_names, submission_key
from credit_sync.publishing.outbox import Action, Outbox, State, next_id
from credit_sync.publishing.receipts import record_receipts
from credit_sync.records import RecordKind
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import batch, submission

_CHUNK = 1000


def make_batches(engine: Engine, outbox: Outbox, run: Run) -> None:
    """Everything pending goes into batches of at most the number of rows that standard and channel allow."""
    with writing(engine) as connection:
        for action in Action:
            while _make_batch(connection, outbox, action, run):
                pass


def open_batches(engine: Engine, channel: str) -> list[Batch]:
    """The batches that are not sent yet, oldest first."""
    open_ = select(batch).where(batch.c.channel == channel, batch.c.sent_at.is_(None)).order_by(batch.c.id)
    with engine.connect() as connection:
        return [
            Batch(
                b.id, b.channel, RecordKind(b.record), Action(b.action), b.standard, b.rows, b.made_at, b.attempts
            )
            for b in connection.execute(open_)
        ]


def begin_attempt(engine: Engine, opened: Batch) -> Batch:
    """On record before the first byte leaves: whoever goes on after a crash knows that some of it may have arrived."""
    begun = replace(opened, attempts=opened.attempts + 1)
    with writing(engine) as connection:
        connection.execute(update(batch).where(batch.c.id == begun.id).values(attempts=begun.attempts))
    return begun


def submitted_in(engine: Engine, batch_id: int) -> Iterator[Submitted]:
    """The submissions of a batch, in order, some at a time."""
    return _submitted(engine, submission.c.batch == batch_id)


def waiting_for_receipts(engine: Engine, channel: str) -> Iterator[Submitted]:
    """The submissions of a channel that were sent and have no answer yet, in order, some at a time."""
    return _submitted(engine, and_(submission.c.channel == channel, submission.c.state == State.SENT))


def mark_sent(engine: Engine, sent: Batch, handover: Handover, run: Run) -> None:
    """The batch has left the house; receipts that came at once are on record with it."""
    with writing(engine) as connection:
        of_batch = update(submission).where(submission.c.batch == sent.id, submission.c.state == State.SENDING)
        connection.execute(of_batch.values(state=State.SENT, sent_at=run.as_of))
        values = {"files": dict(handover.files), "sent_run_id": run.id, "sent_at": run.as_of}
        connection.execute(update(batch).where(batch.c.id == sent.id).values(**values))
        record_receipts(connection, sent.channel, handover.receipts, run.as_of)


def _submitted(engine: Engine, chosen: ColumnElement[bool]) -> Iterator[Submitted]:
    after = 0
    while True:
        chunk = select(submission).where(chosen, submission.c.id > after).order_by(submission.c.id).limit(_CHUNK)
        with engine.connect() as connection:
            found = connection.execute(chunk).all()
            named = {kind: record_names(connection, kind, ids) for kind, ids in _by_kind(found).items()}
        if not found:
            return
        yield from (_submitted_of(one, named) for one in found)
        after = found[-1].id


def _by_kind(found: Iterable[Row[Any]]) -> dict[RecordKind, set[int]]:
    records: dict[RecordKind, set[int]] = {}
    for one in found:
        records.setdefault(RecordKind(one.record), set()).add(one.record_id)
    return records


def _submitted_of(found: Row[Any], named: Mapping[RecordKind, Mapping[int, str]]) -> Submitted:
    kind = RecordKind(found.record)
    key = submission_key(found, named[kind][found.record_id])
    return Submitted(id=found.id, kind=kind, action=Action(found.action), row=found.row, key=key)


def _make_batch(connection: Connection, outbox: Outbox, action: Action, run: Run) -> bool:
    """The next batch of pending submissions; False when there are none."""
    pending = and_(outbox.here(), submission.c.action == action, submission.c.state == State.PENDING)
    first = select(submission.c.id).where(pending).order_by(submission.c.id).limit(outbox.batch_rows)
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
