"""What is public in a website channel now: of every record the last submission that left, or is leaving, the outbox.

Not shown: withdrawn records, penalties whose publicity (公示截止期) ended before the day of the build, and rows of an
edition that the channel no longer uses (their corrections are on the way).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from credit_sync.publishing.checks import read_day
from credit_sync.publishing.outbox import HANDED_OVER, Action
from credit_sync.publishing.standard import FieldTable, Row, Standard
from credit_sync.records import RecordKind
from credit_sync.store.schema import batch, submission

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """One public record, with the row of the submission that says what is shown of it."""

    record_id: int
    row: Row


@dataclass(frozen=True, slots=True)
class PublicTable:
    """The public records of one kind, by their submissions, the newest decision first."""

    kind: RecordKind
    table: FieldTable
    submissions: tuple[int, ...]

    def records(self, connection: Connection) -> Iterator[PublicRecord]:
        """All of them in order, read some at a time."""
        columns = (submission.c.id, submission.c.record_id, submission.c.row)
        for start in range(0, len(self.submissions), _CHUNK):
            wanted = self.submissions[start : start + _CHUNK]
            rows = connection.execute(select(*columns).where(submission.c.id.in_(wanted)))
            found = {row.id: PublicRecord(row.record_id, row.row) for row in rows}
            yield from (found[number] for number in wanted)


def public_table(
    connection: Connection, channel: str, kind: RecordKind, standard: Standard, on: date
) -> PublicTable:
    """What the public sees of one kind on a day."""
    table = standard.table(kind)
    decided = filled_from(table, "decided_on")
    until = filled_from(table, "public_until")
    order: list[tuple[date, int, int]] = []
    for found in _last_submissions(connection, channel, kind, standard):
        ends = _day(found.row, until, standard)
        if ends is None or ends >= on:
            day = _day(found.row, decided, standard) or date.min
            order.append((day, found.record_id, found.id))
    order.sort(reverse=True)
    return PublicTable(kind, table, tuple(number for _, _, number in order))


def filled_from(table: FieldTable, *names: str) -> list[str]:
    """Codes of the fields that one of our values fills."""
    return [field.code for field in table.fields if set(names) & set(field.from_)]


def _last_submissions(connection: Connection, channel: str, kind: RecordKind, standard: Standard) -> Iterator[Any]:
    left = (
        submission.c.channel == channel,
        submission.c.record == kind.value,
        submission.c.state.in_(HANDED_OVER),
    )
    last = select(func.max(submission.c.id)).where(*left).group_by(submission.c.record_id)
    query = (
        select(submission.c.id, submission.c.record_id, submission.c.row)
        .join(batch, submission.c.batch == batch.c.id)
        .where(
            submission.c.id.in_(last), submission.c.action != Action.WITHDRAW, batch.c.standard == standard.name
        )
        .execution_options(yield_per=1000)
    )
    return iter(connection.execute(query))


def _day(row: Row, codes: Sequence[str], standard: Standard) -> date | None:
    texts = (row.get(code, "") for code in codes)
    return next((day for text in texts if (day := read_day(text, standard.date_format)[0])), None)
