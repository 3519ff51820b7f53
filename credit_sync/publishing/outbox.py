"""The outbox: one submission per record version and channel, each sent exactly once.

    pending    valid, waits for the next batch
    invalid    validation found errors; looked at again in every run, sent once they are gone
    sending    in a batch that may or may not have arrived
    sent       handed over; the platform has not said what it makes of it
    accepted   an addition or correction that the platform has taken
    withdrawn  a withdrawal that the platform has taken: the record is no longer public
    rejected   refused by the platform, with its reason; waits for its source to change, or for a person
    unchanged  a new version that publishes the same as what was sent before
    held       a withdrawal that is due: the record is gone at its source, or no longer to be published; a person decides
    superseded a later version took its place before it was sent

A transaction queues some hundred records; ids are given out in the order of records. So a run that was killed
goes on behind the last record it queued and ends with the same rows as one that was not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from credit_sync.publishing.findings import Finding, has_errors
from credit_sync.publishing.rows import is_published, published_row, says_the_same
from credit_sync.publishing.standard import Standard
from credit_sync.publishing.validation import validate
from credit_sync.publishing.values import PUBLISHED_KINDS, Reporting
from credit_sync.records import RecordKind
from credit_sync.store.columns import from_columns
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import RECORD_TABLES, submission

_CHUNK = 500


class State(StrEnum):
    """Where a submission stands; see above."""

    PENDING = "pending"
    INVALID = "invalid"
    SENDING = "sending"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    UNCHANGED = "unchanged"
    HELD = "held"
    SUPERSEDED = "superseded"


class Action(StrEnum):
    """What a submission asks the platform to do."""

    ADD = "add"
    CORRECT = "correct"
    WITHDRAW = "withdraw"


_HANDED_OVER = (State.SENDING, State.SENT, State.ACCEPTED, State.WITHDRAWN)
_WAITING = (State.PENDING, State.INVALID, State.HELD, State.UNCHANGED, State.REJECTED)
"""States that a later version of the record replaces."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """One channel's outbox for one kind of record, and by what its rows are made and judged."""

    channel: str
    kind: RecordKind
    standard: Standard
    reporting: Reporting
    batch_rows: int
    """Most rows of one batch."""

    def here(self) -> ColumnElement[bool]:
        """The submissions of this outbox."""
        return and_(submission.c.channel == self.channel, submission.c.record == self.kind.value)


def queue(engine: Engine, outbox: Outbox, run: Run) -> None:
    """Puts every record version into the outbox that is not there yet, then looks again at the earlier invalid ones."""
    for after, last in _chunks(engine, _unqueued(outbox), RECORD_TABLES[outbox.kind].c.id):
        with writing(engine) as connection:
            _queue_chunk(connection, outbox, run, after, last)
    invalid = and_(outbox.here(), submission.c.state == State.INVALID, submission.c.run_id != run.id)
    for after, last in _chunks(engine, select(submission.c.id).where(invalid), submission.c.id):
        with writing(engine) as connection:
            _look_again(connection, outbox, and_(invalid, submission.c.id > after, submission.c.id <= last))


def next_id(connection: Connection, column: Any) -> int:
    """Ids are handed out by the one writer, in order."""
    return (connection.scalar(select(func.max(column))) or 0) + 1


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


def _unqueued(outbox: Outbox) -> Any:
    """Ids of records whose version is not in the outbox. Of those that are not published: only if they once were."""
    record = RECORD_TABLES[outbox.kind]
    mine = and_(outbox.here(), submission.c.record_id == record.c.id)
    this_version = exists().where(mine, submission.c.record_version == record.c.version)
    earlier = exists().where(mine, submission.c.state != State.SUPERSEDED)
    published: ColumnElement[bool] = record.c.removed_at.is_(None)
    if only := outbox.standard.table(outbox.kind).only:
        published = and_(published, record.c[only.field].in_(only.values))
    return select(record.c.id).where(~this_version, or_(published, earlier))


def _queue_chunk(connection: Connection, outbox: Outbox, run: Run, after: int, last: int) -> None:
    record = RECORD_TABLES[outbox.kind]
    chosen = _unqueued(outbox).where(record.c.id > after, record.c.id <= last)
    records = connection.execute(select(record).where(record.c.id.in_(chosen)).order_by(record.c.id)).all()
    ids = [found.id for found in records]
    sent = _last_handed_over(connection, outbox, ids)
    waiting = and_(outbox.here(), submission.c.record_id.in_(ids), submission.c.state.in_(_WAITING))
    connection.execute(update(submission).where(waiting).values(state=State.SUPERSEDED))
    made = [_submission_of(found, sent.get(found.id), outbox) for found in records]
    first = next_id(connection, submission.c.id)
    head = {"channel": outbox.channel, "record": outbox.kind.value, "run_id": run.id, "created_at": run.as_of}
    rows = [head | values for values in made if values]
    if rows:
        connection.execute(insert(submission), [{"id": n, **row} for n, row in enumerate(rows, first)])


def _last_handed_over(connection: Connection, outbox: Outbox, ids: Sequence[int]) -> dict[int, Any]:
    """What each record's last submission said that left, or is leaving, the house."""
    left = and_(outbox.here(), submission.c.record_id.in_(ids), submission.c.state.in_(_HANDED_OVER))
    columns = (submission.c.record_id, submission.c.action, submission.c.row)
    found = connection.execute(select(*columns).where(left).order_by(submission.c.id))
    return {row.record_id: row for row in found}


def _submission_of(found: Row[Any], sent: Any, outbox: Outbox) -> dict[str, Any] | None:
    """The submission that a record version calls for; None where there is nothing to take back."""
    values: dict[str, Any] = {"record_id": found.id, "record_version": found.version}
    public = sent is not None and sent.action != Action.WITHDRAW
    record = from_columns(PUBLISHED_KINDS[outbox.kind], found._asdict())
    if found.removed_at is not None or not is_published(record, outbox.standard):
        held = {"action": Action.WITHDRAW, "state": State.HELD, "findings": []}
        return values | held | {"row": sent.row} if public else None
    row = published_row(record, outbox.standard, outbox.reporting)
    findings = validate(row, outbox.kind, outbox.standard, outbox.reporting.on)
    values |= {"row": row, "findings": [finding.stored() for finding in findings]}
    if not public:
        return values | {"action": Action.ADD, "state": _state(findings)}
    same = says_the_same(row, sent.row, outbox.standard, outbox.kind)
    return values | {"action": Action.CORRECT, "state": State.UNCHANGED if same else _state(findings)}


def _look_again(connection: Connection, outbox: Outbox, chosen: ColumnElement[bool]) -> None:
    """Invalid submissions, by today's date, settings and standard."""
    record = RECORD_TABLES[outbox.kind]
    own = and_(submission.c.record_id == record.c.id, submission.c.record_version == record.c.version)
    kept = [c.label(f"submission_{c.name}") for c in (submission.c.id, submission.c.row, submission.c.findings)]
    changes = []
    for found in connection.execute(select(record, *kept).join(submission, own).where(chosen)).all():
        stored = found._asdict()
        row = published_row(from_columns(PUBLISHED_KINDS[outbox.kind], stored), outbox.standard, outbox.reporting)
        findings = validate(row, outbox.kind, outbox.standard, outbox.reporting.on)
        now: dict[str, Any] = {"row": row, "findings": [f.stored() for f in findings]}
        if now != {"row": stored["submission_row"], "findings": stored["submission_findings"]}:
            changes.append({"the_id": stored["submission_id"], "state": _state(findings), **now})
    if changes:
        connection.execute(update(submission).where(submission.c.id == bindparam("the_id")), changes)


def _state(findings: Sequence[Finding]) -> State:
    return State.INVALID if has_errors(findings) else State.PENDING
