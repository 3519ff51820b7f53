"""What is not published yet, and by when it must be: for `credit-sync status` and the run report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, and_, case, exists, func, or_, select

from credit_sync.publishing.actions import IN_PLACE
from credit_sync.publishing.deadline_rules import PublicationTerm, load_deadline_rules
from credit_sync.publishing.deadlines import Deadline
from credit_sync.publishing.findings import Finding, Severity, finding_of
from credit_sync.publishing.outbox import Outbox, State, outboxes_of
from credit_sync.publishing.selection import to_publish
from credit_sync.publishing.shown import STATES
from credit_sync.records import RecordKind
from credit_sync.settings import Settings
from credit_sync.store.schema import RECORD_TABLES, submission

UNSEEN = "尚未入库"
"""The state, in Chinese, of a record that the outbox has not seen."""
_OPEN = (State.PENDING, State.SENDING, State.INVALID, State.HELD, State.REJECTED)


@dataclass(frozen=True, slots=True)
class Due:
    """One record that a channel must still publish, correct or withdraw."""

    channel: str
    kind: RecordKind
    record_id: int
    document_number: str
    subject: str
    decided_on: date
    deadline: Deadline | None
    """Of a first publication from the decision, of what comes later from the change, or from the day that called for
    it; None for a withdrawal, and what was withdrawn, that waits for a person."""
    state: str
    """`pending`, `sending`, `invalid`, `held`, `rejected`, or '' when it is not in the outbox."""
    late: bool
    errors: tuple[Finding, ...]
    reason: str
    """Why it waits: the platform's words on a rejection, or what makes it wait for a person."""
    source: str
    place: str
    row: int

    @property
    def state_title(self) -> str:
        """The state in Chinese."""
        return STATES[State(self.state)] if self.state else UNSEEN


def due(engine: Engine, settings: Settings, on: date) -> list[Due]:
    """Everything that is due on a day, the most urgent first. Raises SettingsError for an unusable standard."""
    found: list[Due] = []
    term = load_deadline_rules(settings.path(settings.mappings)).publication
    with engine.connect() as connection:
        for name in sorted(settings.channels):
            for outbox in outboxes_of(settings, name, on):
                found += [_item(row, outbox, term, on) for row in _due(connection, outbox)]
    return sorted(found, key=lambda item: (item.deadline.day if item.deadline else date.max, item.channel))


def _due(connection: Connection, outbox: Outbox) -> Iterator[Row[Any]]:
    channel, kind = outbox.channel, outbox.kind
    record, earlier = RECORD_TABLES[kind], submission.alias("earlier")
    own = and_(
        outbox.here(),
        submission.c.record_id == record.c.id,
        submission.c.record_version == record.c.version,
    )
    unseen = and_(submission.c.id.is_(None), to_publish(outbox, record))
    open_ = submission.c.state.in_(_OPEN)
    head = ("id", "document_number", "subject_name", "decided_on", "changed_at", "source", "place", "row")
    was_sent = exists().where(
        earlier.c.channel == channel,
        earlier.c.record == kind.value,
        earlier.c.record_id == record.c.id,
        earlier.c.state.in_((State.SENT, State.ACCEPTED)),
    )
    columns = (
        *(record.c[name] for name in head),
        submission.c.state,
        submission.c.findings,
        submission.c.reason,
        submission.c.cause,
        was_sent.label("sent"),
        _since(outbox, record).label("since"),
    )
    query = select(*columns).select_from(record.outerjoin(submission, own)).where(or_(unseen, open_))
    yield from connection.execute(query.order_by(record.c.id))


def _since(outbox: Outbox, record: Table) -> Any:
    """When what was not taken yet of a record's version was called for first: by its change, or later by a day."""
    mine, taken = submission.alias("mine"), submission.alias("taken")
    here = [
        and_(s.c.channel == outbox.channel, s.c.record == outbox.kind.value, s.c.record_id == record.c.id)
        for s in (mine, taken)
    ]
    settled = taken.c.state.in_((State.SENT, State.ACCEPTED, State.WITHDRAWN))
    last = (
        select(func.coalesce(func.max(taken.c.id), 0)).where(here[1], settled).correlate(record).scalar_subquery()
    )
    called = case((mine.c.step == 0, record.c.changed_at), else_=mine.c.created_at)
    later = (mine.c.record_version == record.c.version, mine.c.id > last)
    return select(func.min(called)).where(here[0], *later).correlate(record).scalar_subquery()


def _item(found: Row[Any], outbox: Outbox, term: PublicationTerm, on: date) -> Due:
    begin = (found.since or found.changed_at).date() if found.sent else found.decided_on
    held = found.state == State.HELD and found.cause != IN_PLACE
    deadline = None if held else term.deadline(begin)
    findings = [finding_of(stored) for stored in found.findings or ()]
    return Due(
        channel=outbox.channel,
        kind=outbox.kind,
        record_id=found.id,
        document_number=found.document_number,
        subject=found.subject_name,
        decided_on=found.decided_on,
        deadline=deadline,
        state=found.state or "",
        late=deadline is not None and on > deadline.day,
        reason=found.reason or found.cause or "",
        errors=tuple(finding for finding in findings if finding.severity is Severity.ERROR),
        source=found.source,
        place=found.place,
        row=found.row,
    )
