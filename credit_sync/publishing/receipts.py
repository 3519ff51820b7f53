"""Receipts: what platforms say about submissions, on record. All channels bring theirs here, imported ones too."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, Row, and_, bindparam, exists, select, update

from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.channels.channel import Receipt
from credit_sync.publishing.outbox import HANDED_OVER, WAITING, Action, State
from credit_sync.store.engine import writing
from credit_sync.store.schema import submission
from credit_sync.subjects.identifiers import hide_in_text

_CHUNK = 1000
_LONGEST_ID = 128
"""What the store keeps of a platform's number."""
_ANSWERED = (State.SENDING, State.SENT, State.ACCEPTED, State.REJECTED, State.WITHDRAWN)
"""States in which a platform's word counts: it may change its mind, a superseded submission is past."""


def record_receipts(connection: Connection, channel: str, receipts: Iterable[Receipt], at: datetime) -> int:
    """Takes receipts over and returns how many said something new. `at` is the run's time.

    The last word about a submission counts. Receipts for another channel's submissions, or for some that were never
    sent, are left out.
    """
    return sum(_record_some(connection, channel, some, at) for some in _some_at_a_time(receipts))


def take_over(engine: Engine, channel: str, receipts: Iterable[Receipt], at: datetime) -> None:
    """The same as they arrive, some to a transaction: what was told before the line broke stays told."""
    for some in _some_at_a_time(receipts):
        with writing(engine) as connection:
            record_receipts(connection, channel, some, at)


def _record_some(connection: Connection, channel: str, receipts: Iterable[Receipt], at: datetime) -> int:
    said = {receipt.submission_id: receipt for receipt in receipts}
    mine = select(submission).where(submission.c.channel == channel, submission.c.state.in_(_ANSWERED))
    found = connection.execute(mine.where(submission.c.id.in_(said)).order_by(submission.c.id)).all()
    changes = [change for row in found if (change := _change(row, said[row.id], at))]
    if changes:
        connection.execute(update(submission).where(submission.c.id == bindparam("the_id")), changes)
        refused = {change["the_id"] for change in changes if change["state"] is State.REJECTED}
        _look_again_after(connection, refused)
    return len(changes)


def _change(found: Row[Any], receipt: Receipt, at: datetime) -> dict[str, Any] | None:
    answer = {
        "answer": receipt.answer.value,
        "reason": hide_in_text(receipt.reason) if receipt.answer is Answer.REJECTED else "",
        "platform_id": receipt.platform_id[:_LONGEST_ID] or found.platform_id,
    }
    if all(answer[name] == getattr(found, name) for name in answer):
        return None
    return {"the_id": found.id, "state": _state(receipt.answer, Action(found.action)), "received_at": at, **answer}


def _look_again_after(connection: Connection, refused: set[int]) -> None:
    """What waits behind a refused submission was made believing it would be taken: it is made anew. And a refusal of
    what a later submission has overtaken is nobody's business any more."""
    earlier, later = submission.alias("earlier"), submission.alias("later")
    behind = exists().where(
        _same_record(earlier, submission), earlier.c.id.in_(refused), earlier.c.id < submission.c.id
    )
    waits = submission.c.state.in_(WAITING)
    connection.execute(update(submission).where(behind, waits).values(state=State.SUPERSEDED))
    overtaken = exists().where(
        _same_record(later, submission), later.c.id > submission.c.id, later.c.state.in_(HANDED_OVER)
    )
    these = submission.c.id.in_(refused)
    connection.execute(update(submission).where(these, overtaken).values(state=State.SUPERSEDED))


def _same_record(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in ("channel", "record", "record_id")))


def _some_at_a_time(receipts: Iterable[Receipt]) -> Iterator[tuple[Receipt, ...]]:
    left = iter(receipts)
    while some := tuple(islice(left, _CHUNK)):
        yield some


def _state(answer: Answer, action: Action) -> State:
    if answer is Answer.REJECTED:
        return State.REJECTED
    return State.WITHDRAWN if action is Action.WITHDRAW else State.ACCEPTED
