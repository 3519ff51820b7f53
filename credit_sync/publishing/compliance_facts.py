"""What compliance is judged by, read from the store: what decisions said over time, and how they were sent."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, select

from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.compliance import Attempt, Repair
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.timeline import Said, Timeline
from credit_sync.records import RecordKind
from credit_sync.store.schema import RECORD_TABLES, credit_repair, record_history, submission

_HEAD = ("document_number", "subject_name", "decided_on")


def read_timelines(connection: Connection, kind: RecordKind, fields: Collection[str]) -> Iterator[Timeline]:
    """Every record of a kind that ever was, in the order of ids, with those of the fields that the kind has."""
    table = RECORD_TABLES[kind]
    columns = {name: table.c[name] for name in sorted({*_HEAD, *fields}) if name in table.c}
    dates = frozenset(name for name, column in columns.items() if isinstance(column.type, Date))
    changes = _changes(connection, kind)
    query = select(table.c.id, table.c.first_seen, table.c.removed_at, *columns.values()).order_by(table.c.id)
    for row in connection.execute(query).mappings():
        now = Said(row["first_seen"], row["removed_at"] is None, {name: row[name] for name in columns})
        yield Timeline(kind, (row["id"],), _versions(now, changes.get(row["id"], ()), dates))


def _versions(now: Said, changes: Sequence[Any], dates: frozenset[str]) -> tuple[Said, ...]:
    """Read backwards: a change holds what the record said before it."""
    there, content, found = now.there, now.content, []
    for change in reversed(changes):
        found.append(Said(change.at, there, content))
        content = {name: _typed(change.before.get(name, value), name in dates) for name, value in content.items()}
        there = change.change != "restored"
    return (Said(now.since, there, content), *reversed(found))


def _changes(connection: Connection, kind: RecordKind) -> dict[int, list[Any]]:
    """Rows of the changes after the first version, by record, the oldest first."""
    c = record_history.c
    later = (c.record == kind.value, c.change != "added")
    found: dict[int, list[Any]] = {}
    query = select(c.record_id, c.change, c.at, c.before).where(*later).order_by(c.record_id, c.version)
    for row in connection.execute(query):
        found.setdefault(row.record_id, []).append(row)
    return found


def _typed(value: Any, is_date: bool) -> Any:
    """A value of the history, where days are text."""
    return date.fromisoformat(value) if is_date and isinstance(value, str) else value


def read_attempts(connection: Connection, channel: str, kind: RecordKind) -> dict[int, tuple[Attempt, ...]]:
    """By record: every sending through a channel that makes the decision public, the oldest first.

    Corrections are among them: of a decision whose addition was refused, the first that is taken publishes it.
    """
    c = submission.c
    sent = (c.channel == channel, c.record == kind.value, c.action != Action.WITHDRAW, c.sent_at.is_not(None))
    columns = (c.record_id, c.sent_at, c.answer, c.received_at, c.reason)
    found: dict[int, list[Attempt]] = {}
    for row in connection.execute(select(*columns).where(*sent).order_by(c.record_id, c.sent_at, c.id)):
        answered_at = row.received_at if row.answer else None
        attempt = Attempt(row.sent_at, answered_at, row.answer == Answer.ACCEPTED, row.reason)
        found.setdefault(row.record_id, []).append(attempt)
    return {record_id: tuple(attempts) for record_id, attempts in found.items()}


def read_repairs(connection: Connection, kind: RecordKind) -> dict[int, Repair]:
    """By penalty: the credit repairs that people have put on record; none of licences."""
    if kind is not RecordKind.PENALTY:
        return {}
    c = credit_repair.c
    found = connection.execute(select(c.penalty_id, c.at, c.repaired_on))
    return {row.penalty_id: Repair(row.at, row.repaired_on) for row in found}
