"""Submissions as people see them: for `credit-sync publish list`, `status` and the run report."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from credit_sync.publishing.outbox import Action, State
from credit_sync.publishing.selection import known_by
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.records import RecordKind
from credit_sync.store.schema import RECORD_TABLES, submission

STATES = {
    State.PENDING: "待报送",
    State.INVALID: "校验未通过",
    State.SENDING: "报送中",
    State.SENT: "已报送",
    State.ACCEPTED: "平台已接收",
    State.REJECTED: "被平台退回",
    State.WITHDRAWN: "已撤回",
    State.UNCHANGED: "无需报送",
    State.HELD: "待人工决定",
    State.SUPERSEDED: "已被替代",
}
ACTIONS = {Action.ADD: "新增", Action.CORRECT: "更正", Action.WITHDRAW: "撤回"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One submission with what it is about."""

    id: int
    channel: str
    kind: RecordKind
    document_number: str
    subject: str
    action: Action
    state: State
    cause: str
    who: str
    reason: str
    """Of a rejection, the platform's words."""
    platform_id: str
    created_at: datetime
    sent_at: datetime | None
    received_at: datetime | None


def shown_submissions(
    connection: Connection, *, channel: str, states: tuple[State, ...], document: str
) -> list[Shown]:
    """Submissions in the order in which they were made; those of a channel, in these states, of one document (its
    number, or the licence's)."""
    found: list[Shown] = []
    for kind in PUBLISHED_KINDS:
        record = RECORD_TABLES[kind]
        joined = submission.join(record, submission.c.record_id == record.c.id)
        wanted = select(submission, record.c.document_number, record.c.subject_name).select_from(joined)
        wanted = wanted.where(submission.c.record == kind.value)
        if channel:
            wanted = wanted.where(submission.c.channel == channel)
        if states:
            wanted = wanted.where(submission.c.state.in_(states))
        if document:
            wanted = wanted.where(known_by(record, document))
        found += [
            Shown(
                id=row.id,
                channel=row.channel,
                kind=kind,
                document_number=row.document_number,
                subject=row.subject_name,
                action=Action(row.action),
                state=State(row.state),
                cause=row.cause,
                who=row.who,
                reason=row.reason,
                platform_id=row.platform_id,
                created_at=row.created_at,
                sent_at=row.sent_at,
                received_at=row.received_at,
            )
            for row in connection.execute(wanted)
        ]
    return sorted(found, key=lambda item: item.id)
