"""What is not published yet, and by when it must be: for `credit-sync status` and the run report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, and_, case, func, or_, select

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
    """Of a first publication from the decision, of what follows from the change, the day that has come or a person's
    decision; None for a withdrawal, and what was withdrawn, that waits for a person."""
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
    record = RECORD_TABLES[outbox.kind]
    own = and_(
        outbox.here(),
        submission.c.record_id == record.c.id,
        submission.c.record_version == record.c.version,
    )
    unseen = and_(submission.c.id.is_(None), to_publish(outbox, record))
    open_ = submission.c.state.in_(_OPEN)
    head = ("id", "document_number", "subject_name", "decided_on", "changed_at", "source", "place", "row")
    columns = (
        *(record.c[name] for name in head),
        submission.c.state,
        submission.c.findings,
        submission.c.reason,
        submission.c.cause,
        _due_since(outbox, record).label("since"),
    )
    query = select(*columns).select_from(record.outerjoin(submission, own)).where(or_(unseen, open_))
    yield from connection.execute(query.order_by(record.c.id))


def _due_since(outbox: Outbox, record: Table) -> ColumnElement[datetime | None]:
    """Since when a record that the platform has had calls for something else: since it changed, or since the submission
    of a day that came later or a person's decision, however often that was refused. None where it has had nothing."""
    taken, waiting = submission.alias("taken"), submission.alias("waiting")
    here = {
        one: and_(
            one.c.channel == outbox.channel, one.c.record == outbox.kind.value, one.c.record_id == record.c.id
        )
        for one in (taken, waiting)
    }
    took = taken.c.state.in_((State.SENT, State.ACCEPTED, State.WITHDRAWN))
    last = select(func.max(taken.c.id)).where(here[taken], took).correlate(record).scalar_subquery()
    began = func.min(case((waiting.c.step == 0, record.c.changed_at), else_=waiting.c.created_at))
    this_version = waiting.c.record_version == record.c.version
    since = (
        select(began).where(here[waiting], this_version, waiting.c.id > last).correlate(record).scalar_subquery()
    )
    return case((last.is_not(None), func.coalesce(since, record.c.changed_at)))


def _item(found: Row[Any], outbox: Outbox, term: PublicationTerm, on: date) -> Due:
    begin = found.since.date() if found.since else found.decided_on
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
