"""What a person decides about publications: withdraw, keep, resume, send again, credit repair. All of it is on record.

A decision changes the outbox, nothing else; the publish stage that follows carries it out, exactly as at night.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.actions import Past, called_for
from credit_sync.publishing.outbox import WAITING, Action, Decided, Outbox, State, next_id
from credit_sync.publishing.queueing import repaired_on, submissions_of
from credit_sync.records import RecordKind
from credit_sync.store.ledger import Run
from credit_sync.store.schema import RECORD_TABLES, credit_repair, penalty, submission
from credit_sync.subjects.identifiers import hide_in_text


@dataclass(frozen=True, slots=True)
class Asked:
    """A person's decision: who, and why."""

    who: str
    reason: str

    @classmethod
    def of(cls, who: str, reason: str) -> "Asked":
        """Raises CreditSyncError without a reason or a name."""
        if not reason.strip() or not who.strip():
            raise CreditSyncError("没有写明事由或操作人", remedy='例如 --reason "处罚决定已撤销" --who 张科')
        return cls(hide_in_text(who.strip())[:128], hide_in_text(reason.strip()))


@dataclass(frozen=True, slots=True)
class Publication:
    """A record that a decision is about, and what was done with it in one channel."""

    outbox: Outbox
    record: Row[Any]
    submissions: Sequence[Row[Any]]

    @property
    def past(self) -> Past:
        """What was done with it."""
        return Past.of(self.submissions, self.record.version)

    @property
    def held(self) -> Row[Any] | None:
        """The submission that waits for a person."""
        return next((s for s in self.submissions if s.state == State.HELD), None)


def find(connection: Connection, outboxes: Sequence[Outbox], document: str, subject: str) -> Publication:
    """The one record of a channel with this document number. Raises CreditSyncError when there is none, or several."""
    found = []
    for outbox in outboxes:
        record = RECORD_TABLES[outbox.kind]
        named = select(record).where(record.c.document_number == document)
        if subject:
            named = named.where(record.c.subject_name == subject)
        records = connection.execute(named.order_by(record.c.id)).all()
        past = submissions_of(connection, outbox, [row.id for row in records])
        found += [Publication(outbox, row, past[row.id]) for row in records if past[row.id]]
    if not found:
        raise CreditSyncError(
            f"渠道 {outboxes[0].channel} 里没有文书号为 {document} 的报送",
            remedy="用 credit-sync publish list 查看",
        )
    if len(found) > 1:
        names = "、".join(hide_in_text(item.record.subject_name) for item in found)
        raise CreditSyncError(
            f"有 {len(found)} 条记录的文书号都是 {document}", remedy=f"用 --subject 指明：{names}"
        )
    return found[0]


def withdraw(connection: Connection, found: Publication, asked: Asked, run: Run) -> None:
    """Takes a record back, held or not. Raises CreditSyncError when the platform has nothing to take back."""
    past = found.past
    if past.public is None:
        raise CreditSyncError(f"{found.record.document_number} 没有在平台公示，不用撤回")
    if found.held is not None and found.held.action == Action.WITHDRAW:
        _decide(connection, found.held.id, State.PENDING, Decided.WITHDRAW, asked)
        return
    values = {"record_id": found.record.id, "record_version": found.record.version, "step": past.steps}
    values |= {"action": Action.WITHDRAW, "state": State.PENDING, "row": past.public, "findings": []}
    _add(connection, found, values | {"decision": Decided.WITHDRAW}, asked, run)


def keep(connection: Connection, found: Publication, asked: Asked, run: Run) -> None:  # noqa: ARG001 - a decision
    """Leaves what waits for a person as it is: public stays public, taken back stays taken back."""
    if found.held is None:
        raise CreditSyncError(f"{found.record.document_number} 没有等待决定的报送")
    _decide(connection, found.held.id, State.UNCHANGED, Decided.KEEP, asked)


def resume(connection: Connection, found: Publication, asked: Asked, run: Run) -> None:
    """Publishes again what a person had taken back. Raises CreditSyncError where that is not so, or may not be."""
    past = found.past
    if past.taken_back is None or past.public is not None:
        raise CreditSyncError(f"{found.record.document_number} 不是由人工撤回的，不用恢复")
    repaired = repaired_on(connection, found.outbox, [found.record.id]).get(found.record.id)
    values = called_for(found.record._asdict(), replace(past, taken_back=None), found.outbox, repaired)
    if values is None:
        raise CreditSyncError(f"{found.record.document_number} 来源中已没有，或公示期已满，不能恢复公示")
    _add(connection, found, values | {"decision": Decided.RESUME}, asked, run)


Decide = Callable[[Connection, Publication, Asked, Run], None]


def send_again(connection: Connection, channel: str, document: str) -> int:
    """Makes way for refused submissions to be made and sent again; all of a channel, or those of one document.

    Returns how many.
    """
    again = 0
    for kind in (RecordKind.LICENCE, RecordKind.PENALTY):
        record = RECORD_TABLES[kind]
        here = and_(submission.c.channel == channel, submission.c.record == kind.value)
        refused = select(submission.c.record_id).where(here, submission.c.state == State.REJECTED)
        if document:
            named = select(record.c.id).where(record.c.document_number == document)
            refused = refused.where(submission.c.record_id.in_(named))
        ids = list(connection.scalars(refused))
        again += len(ids)
        waiting = and_(here, submission.c.record_id.in_(ids), submission.c.state.in_(WAITING))
        connection.execute(update(submission).where(waiting).values(state=State.SUPERSEDED))
    return again


def repair(connection: Connection, document: str, on: date, asked: Asked, run: Run) -> int:
    """Puts credit repair (信用修复) of the penalties with this document number on record; returns how many there are.

    From that day on they are public in no channel; a later call corrects the day. Raises CreditSyncError when there
    is none.
    """
    ids = list(connection.scalars(select(penalty.c.id).where(penalty.c.document_number == document)))
    if not ids:
        raise CreditSyncError(f"没有文书号为 {document} 的行政处罚", remedy="请核对文书号")
    values = {"repaired_on": on, "reason": asked.reason, "who": asked.who, "at": run.as_of}
    connection.execute(delete(credit_repair).where(credit_repair.c.penalty_id.in_(ids)))
    connection.execute(insert(credit_repair), [{"penalty_id": number, **values} for number in ids])
    _make_anew(connection, ids)
    return len(ids)


def _make_anew(connection: Connection, penalties: Sequence[int]) -> None:
    """Withdrawals that nobody asked for and that have not gone out make way for what the day now on record calls for."""
    mine = and_(submission.c.record == RecordKind.PENALTY.value, submission.c.record_id.in_(penalties))
    by_itself = and_(submission.c.action == Action.WITHDRAW, submission.c.who == "")
    waiting = submission.c.state.in_((State.PENDING, State.REJECTED))
    connection.execute(update(submission).where(mine, by_itself, waiting).values(state=State.SUPERSEDED))


def _decide(connection: Connection, submission_id: int, state: State, decision: Decided, asked: Asked) -> None:
    decided = update(submission).where(submission.c.id == submission_id)
    connection.execute(decided.values(state=state, decision=decision, who=asked.who, cause=asked.reason))


def _add(connection: Connection, found: Publication, values: dict[str, Any], asked: Asked, run: Run) -> None:
    """A submission that a person asked for takes the place of what waits."""
    outbox = found.outbox
    waiting = and_(outbox.here(), submission.c.record_id == found.record.id, submission.c.state.in_(WAITING))
    connection.execute(update(submission).where(waiting).values(state=State.SUPERSEDED))
    head = {"id": next_id(connection, submission.c.id), "channel": outbox.channel, "record": outbox.kind.value}
    head |= {"run_id": run.id, "created_at": run.as_of, "cause": asked.reason, "who": asked.who}
    connection.execute(insert(submission).values(**(values | head)))
