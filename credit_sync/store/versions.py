"""Versions of sources: every pull ends as one, accepted or refused, with its counts."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from credit_sync.records import RecordKind
from credit_sync.store.counts import Counts
from credit_sync.store.ledger import Run
from credit_sync.store.schema import source_version


@dataclass(frozen=True, slots=True)
class PulledSource:
    """What a version is a version of."""

    name: str
    record: RecordKind
    list: str
    delivery: str
    """full | delta | retry"""


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


def add_version(connection: Connection, source: PulledSource, run: Run, counts: Counts, refusal: str = "") -> int:
    """Adds the next version of a source and returns its number; `refusal` (Chinese) says why it was not accepted."""
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
        "reason": refusal,
    }
    connection.execute(source_version.insert().values(**values, **counts.stored()))
    return number


def was_ever_accepted(connection: Connection, source: str) -> bool:
    """Whether any pull of the source has been taken over."""
    c = source_version.c
    accepted = select(c.version).where(c.source == source, c.state == "accepted", c.delivery != "retry")
    return connection.execute(accepted.limit(1)).first() is not None
