"""The outbox: submissions, and the states they go through. Each is sent exactly once.

    pending    valid, waits for the next batch
    invalid    validation found errors; looked at again in every run, sent once they are gone
    sending    in a batch that may or may not have arrived
    sent       handed over; the platform has not said what it makes of it
    accepted   an addition or correction that the platform has taken
    withdrawn  a withdrawal that the platform has taken: the record is no longer public
    rejected   refused by the platform, with its reason; waits for its source to change, or for a person
    unchanged  nothing to send: a new version publishes the same, or a person let the record stay public
    held       waits for a person: a withdrawal of what is gone at its source or no longer to be published, an addition
               of what a person has taken back before, of what was repaired or over by a day that its source no longer
               names, or in the place of a published record that is gone
    superseded a later submission took its place

A submission is one version of a record in one channel; `step` counts those that the same version calls for later, when
a day has come, a person has decided or the platform has refused the one before.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from credit_sync.publishing.standard import FieldTable, Standard, load_standard
from credit_sync.publishing.values import PUBLISHED_KINDS, Reporting
from credit_sync.records import RecordKind
from credit_sync.settings import Settings
from credit_sync.store.schema import submission


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


class Decided(StrEnum):
    """What a person has decided with a submission."""

    WITHDRAW = "withdraw"
    KEEP = "keep"
    RESUME = "resume"


HANDED_OVER = (State.SENDING, State.SENT, State.ACCEPTED, State.WITHDRAWN)
"""States that say what the platform has, or will have once it has answered."""
WAITING = (State.PENDING, State.INVALID, State.HELD, State.UNCHANGED, State.REJECTED)
"""States that a later submission of the record replaces."""


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

    @property
    def table(self) -> FieldTable:
        """The standard's table of these records."""
        return self.standard.table(self.kind)


def next_id(connection: Connection, column: Any) -> int:
    """Ids are handed out by the one writer, in order."""
    return (connection.scalar(select(func.max(column))) or 0) + 1


def outboxes_of(settings: Settings, channel: str, on: date) -> list[Outbox]:
    """A channel's outboxes on a day, one for each kind of record. Raises SettingsError for an unusable standard."""
    found = settings.channels[channel]
    standard = load_standard(settings.mappings_folder, found.standard)
    reporting = Reporting(settings.department, on)
    rows = min(standard.max_rows, found.most_rows or standard.max_rows)
    return [Outbox(channel, kind, standard, reporting, rows) for kind in PUBLISHED_KINDS if found.carries(kind)]
