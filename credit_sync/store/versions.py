"""Versions of sources: every pull ends as one, accepted or refused, with its counts and facts.

Deliveries: `full`, `delta`, `query` (answers to single questions); `retry` (rows out of quarantine); `rename` (what had come
under a new name before the source was renamed); `rollback` (back to what an earlier version held) and `end` (the source is
given up, its records are gone). The last four bring nothing new from the source.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from credit_sync.records import RecordKind
from credit_sync.store.counts import Counts
from credit_sync.store.facts import Facts
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import run as runs
from credit_sync.store.schema import source_version

CLOCKS_DIFFER = timedelta(minutes=5)
"""By so much the clocks of two machines may differ."""
_NO_PULL = ("retry", "rename")


@dataclass(frozen=True, slots=True)
class PulledSource:
    """What a version is a version of."""

    name: str
    record: RecordKind
    list: str
    delivery: str
    back_to: int | None = None
    """Of a rollback the version whose content the source has again."""


def next_version(connection: Connection, source: str, run: Run) -> int:
    """The number that the pull under way will have as a version.

    A pull that the same run had refused before, and tried again, takes the place of the earlier refusal.
    """
    c = source_version.c
    of_source = select(c.version, c.run_id, c.state).where(c.source == source)
    last = connection.execute(of_source.order_by(c.version.desc()).limit(1)).first()
    if last is None:
        return 1
    again = last.state == "refused" and last.run_id == run.id
    return int(last.version if again else last.version + 1)


def add_version(  # noqa: PLR0913 - the parts of one entry
    connection: Connection,
    source: PulledSource,
    run: Run,
    counts: Counts,
    *,
    refusal: str = "",
    note: str = "",
    facts: Facts | None = None,
    order: Order | None = None,
) -> int:
    """Adds the next version of a source and returns its number; `refusal` (Chinese) says why it was not accepted, `note`
    of an accepted delta why an earlier one was not whose rows it does not bring, of a whole list what stays unbrought."""
    c = source_version.c
    number = next_version(connection, source.name, run)
    connection.execute(source_version.delete().where(c.source == source.name, c.version == number))
    values = {
        "source": source.name,
        "version": number,
        "run_id": run.id,
        "record": source.record.value,
        "list": source.list,
        "delivery": source.delivery,
        "pulled_at": run.as_of,
        "state": "refused" if refusal else "accepted",
        "reason": order.reason if order else refusal or note,
        "facts": facts.stored() if facts else {},
        "who": order.who if order else "",
        "back_to": source.back_to,
    }
    connection.execute(source_version.insert().values(**values, **counts.stored()))
    return number


class Accepted(NamedTuple):
    """An accepted version: its number and when it was pulled."""

    version: int
    pulled_at: datetime


def last_accepted(connection: Connection, source: str) -> Accepted | None:
    """The last accepted version of a source."""
    c = source_version.c
    accepted = select(c.version, c.pulled_at).where(c.source == source, c.state == "accepted")
    last = connection.execute(accepted.order_by(c.version.desc()).limit(1)).first()
    return None if last is None else Accepted(*last)


def pull_in_force(connection: Connection, source: str, of: RecordKind | None = None) -> datetime | None:
    """When the pull was made whose records (`of` a kind, where one is meant) a source holds; None where there is none.

    That is the last accepted one; after a rollback the one that was gone back to, so a rollback makes a list no
    younger, and the next delta goes on from where the records are. After an end there is none.
    """
    return next((pulled_at for pulled_at, _ in _pulls_in_force(connection, source, of)), None)


def changes_since(connection: Connection, source: str, of: RecordKind) -> datetime | None:
    """Since when a source is asked for changes: shortly before the pull in force; None for all that it has.

    Its clock may be behind ours. A pull that a later run says was made after it was made by a clock that was ahead: when,
    nobody knows, and what came next would be missed. So the one before counts.
    """
    for pulled_at, run_id in _pulls_in_force(connection, source, of):
        later = connection.scalar(select(func.min(runs.c.as_of)).where(runs.c.id > run_id))
        if later is None or pulled_at <= later:
            return pulled_at - CLOCKS_DIFFER
    return None


def _pulls_in_force(connection: Connection, source: str, of: RecordKind | None) -> Iterator[tuple[datetime, int]]:
    """The pulls whose records a source holds, with their runs, the last first."""
    c = source_version.c
    accepted = select(c.version, c.delivery, c.pulled_at, c.back_to, c.run_id)
    accepted = accepted.where(c.source == source, c.state == "accepted")
    accepted = accepted.where(c.record == of.value) if of else accepted
    below: int | None = None
    for row in connection.execute(accepted.order_by(c.version.desc())):
        if below is not None and row.version > below:
            continue
        if row.delivery == "end":
            return
        if row.delivery == "rollback":
            below = row.back_to
        elif row.delivery not in _NO_PULL:
            yield row.pulled_at, row.run_id


def has_come_whole(connection: Connection, source: str) -> bool:
    """Whether a source holds more than what deltas have brought."""
    c = source_version.c
    whole = (c.source == source, c.state == "accepted", c.delivery.in_(("full", "query")))
    return connection.scalar(select(c.version).where(*whole).limit(1)) is not None


def last_refusal(connection: Connection, source: str, *, before: int | None = None) -> str:
    """Why a delivery of a source was refused whose rows have not come since; '' where there is none.

    That is the last one, or an earlier one that the deltas after it do not make good. Rows that were read anew, a
    rename and a rollback are no delivery. `before`: as it was before that version.
    """
    c = source_version.c
    of_source = (c.source == source, c.delivery.not_in((*_NO_PULL, "rollback")))
    deliveries = select(c.state, c.delivery, c.reason).where(*of_source)
    if before is not None:
        deliveries = deliveries.where(c.version < before)
    last = connection.execute(deliveries.order_by(c.version.desc()).limit(1)).first()
    return str(last.reason) if last is not None and (last.state == "refused" or last.delivery == "delta") else ""
