"""What one run did to a channel, counted from the store: the same for a run that was killed and resumed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, select

from credit_sync.publishing.outbox import Outbox, State
from credit_sync.store.ledger import Run
from credit_sync.store.schema import RECORD_TABLES, batch, submission

_AS_IT_IS = (State.SENT, State.ACCEPTED, State.UNCHANGED)


@dataclass(frozen=True, slots=True)
class PublishCounts:
    """One channel in one run. `problem` (Chinese) says why it failed; then the other numbers are 0."""

    queued: int = 0
    """Record versions put into the outbox by this run."""
    sent: int = 0
    """Submissions handed over by this run."""
    accepted: int = 0
    """Submissions, withdrawals too, whose acceptance this run has learnt of."""
    rejected: int = 0
    """Submissions that are refused and wait for a change or a person."""
    invalid: int = 0
    """Records kept back by errors."""
    held: int = 0
    """Submissions that wait for a person."""
    unchanged: int = 0
    """Records that had gone out before as they are."""
    files: tuple[str, ...] = ()
    problem: str = ""

    def stored(self) -> dict[str, Any]:
        """For the ledger."""
        numbers = {
            name: getattr(self, name)
            for name in ("queued", "sent", "accepted", "rejected", "invalid", "held", "unchanged")
        }
        return numbers | {"files": list(self.files)}


def count(connection: Connection, outboxes: list[Outbox], run: Run) -> PublishCounts:
    """The counts of a channel: its outboxes, one for each kind of record it carries."""
    channel = outboxes[0].channel
    of_run = and_(batch.c.channel == channel, batch.c.sent_run_id == run.id)
    batches = connection.execute(select(batch.c.rows, batch.c.files).where(of_run).order_by(batch.c.id)).all()
    mine = submission.c.channel == channel
    queued = select(func.count()).select_from(submission).where(mine, submission.c.run_id == run.id)
    return PublishCounts(
        queued=connection.scalar(queued) or 0,
        sent=sum(sent.rows for sent in batches),
        accepted=_accepted(connection, channel, run),
        rejected=_in_state(connection, channel, State.REJECTED),
        invalid=_in_state(connection, channel, State.INVALID),
        held=_in_state(connection, channel, State.HELD),
        unchanged=sum(_unchanged(connection, outbox, run) for outbox in outboxes),
        files=tuple(name for sent in batches for name in sent.files),
    )


def _in_state(connection: Connection, channel: str, state: State) -> int:
    here = and_(submission.c.channel == channel, submission.c.state == state)
    return connection.scalar(select(func.count()).select_from(submission).where(here)) or 0


def _accepted(connection: Connection, channel: str, run: Run) -> int:
    taken = submission.c.state.in_((State.ACCEPTED, State.WITHDRAWN))
    learnt = and_(submission.c.channel == channel, taken, submission.c.received_at == run.as_of)
    return connection.scalar(select(func.count()).select_from(submission).where(learnt)) or 0


def _unchanged(connection: Connection, outbox: Outbox, run: Run) -> int:
    record = RECORD_TABLES[outbox.kind]
    own = and_(submission.c.record_id == record.c.id, submission.c.record_version == record.c.version)
    now = and_(outbox.here(), record.c.removed_at.is_(None), submission.c.state.in_(_AS_IT_IS))
    joined = submission.join(record, own).outerjoin(batch, submission.c.batch == batch.c.id)
    before = batch.c.sent_run_id.is_distinct_from(run.id)
    return connection.scalar(select(func.count()).select_from(joined).where(now, before)) or 0
