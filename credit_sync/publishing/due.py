"""What is not published yet, and by when it must be: for `credit-sync status` and the run report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, or_, select

from credit_sync.publishing.actions import FOR_A_PERSON, IN_PLACE
from credit_sync.publishing.deadline_rules import DeadlineRules, load_deadline_rules
from credit_sync.publishing.deadlines import Deadline
from credit_sync.publishing.findings import Finding, Severity, finding_of
from credit_sync.publishing.outbox import Action, Decided, Outbox, State, outboxes_of
from credit_sync.publishing.queueing import submissions_of
from credit_sync.publishing.rows import says_the_same
from credit_sync.publishing.selection import to_publish
from credit_sync.publishing.shown import STATES
from credit_sync.records import RecordKind
from credit_sync.settings import Settings
from credit_sync.store.schema import RECORD_TABLES, submission

UNSEEN = "尚未入库"
"""The state, in Chinese, of a record that the outbox has not seen."""
_OPEN = (State.PENDING, State.SENDING, State.INVALID, State.HELD, State.REJECTED)
_TAKEN = (State.SENT, State.ACCEPTED, State.WITHDRAWN)
_CHUNK = 500


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
    decision; None for what waits for a person, unless it is a withdrawal that has days of its own."""
    withdraws: bool
    """It takes back what is public."""
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
    def by_when(self) -> str:
        """Until which day what is to be done, in Chinese; '' where there is none."""
        if self.deadline is None:
            return ""
        guessed = "" if self.deadline.certain else "（按周末推算）"
        return f"应于 {self.deadline.day} 前{'撤回' if self.withdraws else '报送'}{guessed}"

    @property
    def state_title(self) -> str:
        """The state in Chinese."""
        return STATES[State(self.state)] if self.state else UNSEEN


def due(engine: Engine, settings: Settings, on: date) -> list[Due]:
    """Everything that is due on a day, the most urgent first. Raises SettingsError for an unusable standard."""
    found: list[Due] = []
    rules = load_deadline_rules(settings.mappings_folder)
    with engine.connect() as connection:
        for name in sorted(settings.channels):
            for outbox in outboxes_of(settings, name, on):
                found += [_item(row, since, outbox, rules, on) for row, since in _due(connection, outbox)]
    return sorted(found, key=lambda item: (item.deadline.day if item.deadline else date.max, item.channel))


def _due(connection: Connection, outbox: Outbox) -> Iterator[tuple[Row[Any], datetime | None]]:
    """What is due, each with the day since when, where it is not that of the decision."""
    record = RECORD_TABLES[outbox.kind]
    # an earlier version may still be on its way, though the present one calls for nothing more
    present = or_(submission.c.record_version == record.c.version, submission.c.state == State.SENDING)
    own = and_(outbox.here(), submission.c.record_id == record.c.id, present)
    unseen = and_(submission.c.id.is_(None), to_publish(outbox, record))
    open_ = submission.c.state.in_(_OPEN)
    head = ("id", "version", "document_number", "subject_name", "decided_on", "changed_at")
    columns = (
        *(record.c[name] for name in (*head, "source", "place", "row")),
        submission.c.state,
        submission.c.action,
        submission.c.created_at,
        submission.c.findings,
        submission.c.reason,
        submission.c.cause,
    )
    query = select(*columns).select_from(record.outerjoin(submission, own)).where(or_(unseen, open_))
    newest = {row.id: row for row in connection.execute(query.order_by(record.c.id, submission.c.id))}
    found = list(newest.values())
    for first in range(0, len(found), _CHUNK):
        block = found[first : first + _CHUNK]
        past = submissions_of(connection, outbox, [row.id for row in block])
        yield from ((row, _due_since(row, past[row.id], outbox)) for row in block)


def _due_since(found: Row[Any], submissions: Sequence[Row[Any]], outbox: Outbox) -> datetime | None:
    """Since when a record that the platform has had calls for something else, without a pause: since it changed, or
    since a day that came later or a person's decision, however often that was refused or could not go out before the
    record changed once more. None where the platform has had nothing."""
    taken = next((n for n in reversed(range(len(submissions))) if submissions[n].state in _TAKEN), None)
    if taken is None:
        return None
    since: datetime = found.changed_at
    for later in reversed(submissions[taken + 1 :]):
        if _calls_for_nothing(later, submissions[taken], outbox):
            break
        changed = later.record_version == found.version and later.step == 0
        since = found.changed_at if changed else later.created_at
    return since


def _calls_for_nothing(later: Row[Any], taken: Row[Any], outbox: Outbox) -> bool:
    """It waited for a person, or published what the platform has; also where another has taken its place since."""
    if later.decision == Decided.KEEP or (later.cause in FOR_A_PERSON and not later.decision):
        return True
    return later.action == Action.CORRECT and says_the_same(later.row, taken.row, outbox.standard, outbox.kind)


def _item(found: Row[Any], since: datetime | None, outbox: Outbox, rules: DeadlineRules, on: date) -> Due:
    deadline = _deadline(found, since.date() if since else found.decided_on, outbox, rules)
    findings = [finding_of(stored) for stored in found.findings or ()]
    return Due(
        channel=outbox.channel,
        kind=outbox.kind,
        record_id=found.id,
        document_number=found.document_number,
        subject=found.subject_name,
        decided_on=found.decided_on,
        deadline=deadline,
        withdraws=found.action == Action.WITHDRAW,
        state=found.state or "",
        late=deadline is not None and on > deadline.day,
        reason=found.reason or found.cause or "",
        errors=tuple(finding for finding in findings if finding.severity is Severity.ERROR),
        source=found.source,
        place=found.place,
        row=found.row,
    )


def _deadline(found: Row[Any], begin: date, outbox: Outbox, rules: DeadlineRules) -> Deadline | None:
    own = rules.withdrawal
    if found.action == Action.WITHDRAW and own is not None and own.record == outbox.kind:
        return own.deadline(found.created_at.date() if found.state == State.HELD else begin)
    held = found.state == State.HELD and found.cause != IN_PLACE
    return None if held else rules.publication.deadline(begin)
