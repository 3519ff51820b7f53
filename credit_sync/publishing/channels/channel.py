"""What a channel is: it takes batches of submissions, once, and says what became of them.

A channel never decides what is sent; publishing/outbox.py does. It must stand being asked again: a run may die, or the
line may be cut, at any moment between sending and knowing that it was sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.standard import FieldTable, Row
from credit_sync.records import RecordKind


@dataclass(frozen=True, slots=True)
class Batch:
    """Submissions of one channel, kind and action that leave together. `made_at` is the time of the run that made it."""

    id: int
    channel: str
    kind: RecordKind
    action: Action
    standard: str
    rows: int
    made_at: datetime
    attempts: int = 1
    """How often sending was begun, this time included: above 1, some of it may have arrived before."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """One submission, as a channel needs it."""

    id: int
    kind: RecordKind
    action: Action
    row: Row
    key: str
    """The same whenever this submission is sent, and no other's: publishing/names.py."""

    @property
    def record_key(self) -> str:
        """What the record is known by in all its versions: `anhui/licence/0f…`."""
        return self.key.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform says about a submission."""

    submission_id: int
    answer: Answer
    reason: str = ""
    """Of a rejection, in the platform's words; identity numbers hidden."""
    platform_id: str = ""
    """The platform's number for the row, '' where it gives none."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What came of sending a batch."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Names of files with their SHA-256."""
    receipts: tuple[Receipt, ...] = ()
    """Those that came at once."""


class Channel(Protocol):
    """A way to a platform."""

    def send(self, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> Handover:
        """Hands over a batch; called again for the same batch after a crash or a time-out, it finds out what has
        arrived (by asking, by the key, or because the files are identical) and sends only the rest.

        Raises CreditSyncError when it cannot reach the platform or cannot know; the batch stays open, the next run
        goes on with it.
        """
        ...

    def receipts(self, waiting: Iterable[Submitted]) -> Iterable[Receipt]:
        """Answers that come later, for submissions that were sent and have none yet; nothing where there are none.

        Raises CreditSyncError when the platform cannot be asked.
        """
        ...
