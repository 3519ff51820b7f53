"""What a person decides about publications: withdraw, keep, resume, send again, credit repair. All of it is on record.

A decision changes the outbox, nothing else; the publish stage that follows carries it out, exactly as at night.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.actions import Past, called_for, withdrawn_row
from credit_sync.publishing.channels.channel import Receipt
from credit_sync.publishing.neighbours import beside
from credit_sync.publishing.outbox import HANDED_OVER, WAITING, Action, Decided, Outbox, State, next_id
from credit_sync.publishing.queueing import repaired_on, submissions_of
from credit_sync.publishing.receipts import record_receipts
from credit_sync.publishing.selection import known_by
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.records import RecordKind
from credit_sync.store import audit
from credit_sync.store.columns import from_columns
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import RECORD_TABLES, credit_repair, penalty, submission
from credit_sync.subjects.identifiers import hide_in_text


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

    @property
    def unanswered(self) -> Row[Any] | None:
        """What went out last and the platform has said nothing final about."""
        last = next((s for s in reversed(self.submissions) if s.state in HANDED_OVER), None)
        return last if last is not None and last.state == State.SENT else None

    @property
    def can_be_resumed(self) -> bool:
        """A person has taken it back, or has to say whether it is published."""
        past, held = self.past, self.held
        return past.public is None and (
            past.taken_back is not None or (held is not None and held.action == Action.ADD)
        )


def find(
    connection: Connection, outboxes: Sequence[Outbox], decide: "Decide", number: str, subject: str
) -> Publication:
    """The one record of a channel with this document or licence number.

    Several records of one subject are told apart by what can be decided: only what is public can be withdrawn. Raises
    CreditSyncError when there is none, or several.
    """
    found = candidates(connection, outboxes, number, subject)
    if not found:
        raise CreditSyncError(
            f"渠道 {outboxes[0].channel} 里没有文书号（许可编号）为 {number} 的报送",
            remedy="用 credit-sync publish list 查看",
        )
    subjects = list(dict.fromkeys(item.record.subject_name for item in found))
    if len(subjects) > 1:
        names = "、".join(map(hide_in_text, subjects))
        raise CreditSyncError(f"有 {len(found)} 条记录的文书号都是 {number}", remedy=f"用 --subject 指明：{names}")
    possible = [item for item in found if _POSSIBLE[decide](item)] or found
    if len(possible) > 1:
        numbers = "、".join(
            item.record.licence_number for item in possible if "licence_number" in item.record._fields
        )
        raise CreditSyncError(
            f"{subjects[0]} 有 {len(possible)} 条记录的文书号都是 {number}",
            remedy=f"请改写许可编号：{numbers}" if numbers else "请先在来源中改正重复的记录",
        )
    return possible[0]


def candidates(connection: Connection, outboxes: Sequence[Outbox], number: str, subject: str) -> list[Publication]:
    """The records of a channel, of this subject if one is named, with this document or licence number."""
    found = []
    for outbox in outboxes:
        record = RECORD_TABLES[outbox.kind]
        named = select(record).where(known_by(record, number))
        if subject:
            named = named.where(record.c.subject_name == subject)
        records = connection.execute(named.order_by(record.c.id)).all()
        past = submissions_of(connection, outbox, [row.id for row in records])
        found += [Publication(outbox, row, past[row.id]) for row in records if past[row.id]]
    return found


def withdraw(connection: Connection, found: Publication, order: Order, run: Run) -> None:
    """Takes a record back, held or not. Raises CreditSyncError when the platform has nothing to take back."""
    past, outbox = found.past, found.outbox
    row = withdrawn_row(from_columns(PUBLISHED_KINDS[outbox.kind], found.record._asdict()), past, outbox)
    if row is None:
        raise CreditSyncError(f"{found.record.document_number} 没有在平台公示，不用撤回")
    _note(connection, audit.Action.WITHDRAW, found, order, run)
    values = {"record_id": found.record.id, "record_version": found.record.version, "step": past.steps}
    values |= {"action": Action.WITHDRAW, "state": State.PENDING, "row": row, "findings": []}
    _add(connection, found, values | {"decision": Decided.WITHDRAW}, order, run)


def keep(connection: Connection, found: Publication, order: Order, run: Run) -> None:
    """Leaves what waits for a person as it is: public stays public, taken back stays taken back."""
    if found.held is None:
        raise CreditSyncError(f"{found.record.document_number} 没有等待决定的报送")
    _note(connection, audit.Action.KEEP, found, order, run)
    kept = update(submission).where(submission.c.id == found.held.id)
    values = {"state": State.UNCHANGED, "decision": Decided.KEEP, "who": order.who, "cause": order.reason}
    connection.execute(kept.values(**values))


def keep_gone(connection: Connection, outboxes: Sequence[Outbox], source: str, order: Order, run: Run) -> int:
    """Leaves in public what is gone with its source, without anybody having to decide on each; not what a person has
    decided to withdraw.

    Returns how many publications.
    """
    kept = 0
    for outbox in outboxes:
        record = RECORD_TABLES[outbox.kind]
        gone = (record.c.source == source, record.c.removed_at.is_not(None))
        for row in connection.execute(select(record).where(*gone).order_by(record.c.id)).all():
            found = Publication(outbox, row, submissions_of(connection, outbox, [row.id])[row.id])
            if (
                found.past.public is None
                or found.past.taken_back
                or found.submissions[-1].decision == Decided.KEEP
            ):
                continue
            _note(connection, audit.Action.KEEP, found, order, run)
            values = {"record_id": row.id, "record_version": row.version, "step": found.past.steps}
            values |= {
                "action": Action.WITHDRAW,
                "state": State.UNCHANGED,
                "row": found.past.public,
                "findings": [],
            }
            _add(connection, found, values | {"decision": Decided.KEEP}, order, run)
            kept += 1
    return kept


def resume(connection: Connection, found: Publication, order: Order, run: Run) -> None:
    """Publishes what a person had taken back, or an addition that waits for a person.

    Raises CreditSyncError where that is not so, or may not be.
    """
    if not found.can_be_resumed:
        raise CreditSyncError(f"{found.record.document_number} 不是由人工撤回的，也没有等待公示，不用恢复")
    repaired = repaired_on(connection, found.outbox, [found.record.id]).get(found.record.id)
    others = beside(connection, found.outbox, [found.record])[found.record.id]
    past = replace(found.past, taken_back=None, resumed=True, ended=None)
    values = called_for(found.record._asdict(), past, found.outbox, repaired, others)
    if values is None:
        raise CreditSyncError(f"{found.record.document_number} 来源中已没有，或公示期已满，不能恢复公示")
    _note(connection, audit.Action.RESUME, found, order, run)
    _add(connection, found, values | {"decision": Decided.RESUME}, order, run)


def lost(connection: Connection, found: Publication, order: Order, run: Run) -> None:
    """The platform does not have what went out last: that counts as refused, and is made and sent again.

    Only a person can find that out: a platform that cannot find a row may just answer late.
    """
    sent, outbox = found.unanswered, found.outbox
    if sent is None:
        raise CreditSyncError(f"{found.record.document_number} 没有已报送、待回执的一条，不用补报")
    _note(connection, audit.Action.LOST, found, order, run)
    record_receipts(connection, outbox.channel, [Receipt(sent.id, Answer.REJECTED, order.reason)], run.as_of)
    connection.execute(update(submission).where(submission.c.id == sent.id).values(state=State.SUPERSEDED))


Decide = Callable[[Connection, Publication, Order, Run], None]
_POSSIBLE: Mapping[Decide, Callable[[Publication], bool]] = {
    withdraw: lambda found: found.past.public is not None,
    keep: lambda found: found.held is not None,
    resume: lambda found: found.can_be_resumed and found.record.removed_at is None,
    lost: lambda found: found.unanswered is not None,
}


def send_again(connection: Connection, channel: str, number: str) -> int:
    """Makes way for refused submissions to be made and sent again; all of a channel, or those of one document (its
    number, or the licence's).

    Returns how many.
    """
    again = 0
    for kind in (RecordKind.LICENCE, RecordKind.PENALTY):
        record = RECORD_TABLES[kind]
        here = and_(submission.c.channel == channel, submission.c.record == kind.value)
        refused = select(submission.c.record_id).where(here, submission.c.state == State.REJECTED)
        if number:
            named = select(record.c.id).where(known_by(record, number))
            refused = refused.where(submission.c.record_id.in_(named))
        ids = list(connection.scalars(refused))
        again += len(ids)
        waiting = and_(here, submission.c.record_id.in_(ids), submission.c.state.in_(WAITING))
        connection.execute(update(submission).where(waiting).values(state=State.SUPERSEDED))
    return again


def repair(  # noqa: PLR0913 - what stands on record
    connection: Connection, document: str, subject: str, order: Order, run: Run, *, on: date
) -> int:
    """Puts credit repair (信用修复) of the penalties with this document number on record; returns how many there are.

    From that day on they are public in no channel; a later call corrects the day. Raises CreditSyncError when there
    is none, and when the decision is on several subjects and none of them is named.
    """
    c = penalty.c
    numbered = select(c.id, c.subject_name).where(c.document_number == document).order_by(c.id)
    found = connection.execute(numbered.where(c.subject_name == subject) if subject else numbered).all()
    if not found:
        raise CreditSyncError(f"没有文书号为 {document} 的行政处罚", remedy="请核对文书号和相对人名称")
    subjects = dict.fromkeys(hide_in_text(row.subject_name) for row in found)
    if len(subjects) > 1:
        raise CreditSyncError(
            f"{document} 处罚了 {len(subjects)} 个相对人", remedy=f"用 --subject 指明是谁：{'、'.join(subjects)}"
        )
    ids = [row.id for row in found]
    values = {"repaired_on": on, "reason": order.reason, "who": order.who, "at": run.as_of}
    connection.execute(delete(credit_repair).where(credit_repair.c.penalty_id.in_(ids)))
    connection.execute(insert(credit_repair), [{"penalty_id": number, **values} for number in ids])
    _make_anew(connection, ids)
    detail = {"reason": order.reason, "subject": next(iter(subjects)), "on": on.isoformat()}
    audit.note(connection, at=run.as_of, who=order.who, action=audit.Action.REPAIR, target=document, detail=detail)
    return len(ids)


def _make_anew(connection: Connection, penalties: Sequence[int]) -> None:
    """Withdrawals that nobody asked for and that have not gone out make way for what the day now on record calls for."""
    mine = and_(submission.c.record == RecordKind.PENALTY.value, submission.c.record_id.in_(penalties))
    by_itself = and_(submission.c.action == Action.WITHDRAW, submission.c.decision == "")
    waiting = submission.c.state.in_((State.PENDING, State.REJECTED))
    connection.execute(update(submission).where(mine, by_itself, waiting).values(state=State.SUPERSEDED))


def _note(connection: Connection, action: audit.Action, found: Publication, order: Order, run: Run) -> None:
    target = f"{found.outbox.channel} {found.record.document_number}"
    detail = {"reason": order.reason, "subject": found.record.subject_name}
    audit.note(connection, at=run.as_of, who=order.who, action=action, target=target, detail=detail)


def _add(connection: Connection, found: Publication, values: dict[str, Any], order: Order, run: Run) -> None:
    """A submission that a person asked for takes the place of what waits."""
    outbox = found.outbox
    waiting = and_(outbox.here(), submission.c.record_id == found.record.id, submission.c.state.in_(WAITING))
    connection.execute(update(submission).where(waiting).values(state=State.SUPERSEDED))
    head = {"id": next_id(connection, submission.c.id), "channel": outbox.channel, "record": outbox.kind.value}
    head |= {"run_id": run.id, "created_at": run.as_of, "cause": order.reason, "who": order.who}
    connection.execute(insert(submission).values(**(values | head)))
