"""Names that sources have had: by which of them a record was handed over first, whatever it is called now.

A rename is an entry of the ledger, in the transaction that carries it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from credit_sync.records import RecordKind
from credit_sync.store import ledger
from credit_sync.store.ledger import Run
from credit_sync.store.schema import stage


@dataclass(frozen=True, slots=True)
class Rename:
    """A source of records got another name; what came under both changed places."""

    former: str
    name: str
    alone: frozenset[int]
    """Records that had been handed over under the new name, and that there were none of under the former."""


def note_rename(connection: Connection, run: Run, kind: RecordKind, rename: Rename) -> None:
    """Puts a rename into the ledger."""
    counts = {"former": rename.former, "record": kind.value, "alone": sorted(rename.alone)}
    ledger.stage_done(connection, run, "rename", rename.name, counts)


def renames(connection: Connection, kind: RecordKind) -> list[Rename]:
    """The renames of sources of such records, the first one first."""
    query = select(stage.c.part, stage.c.counts).where(stage.c.name == "rename").order_by(stage.c.run_id)
    return [
        Rename(counts["former"], name, frozenset(counts["alone"]))
        for name, counts in connection.execute(query)
        if counts["record"] == kind.value
    ]


def first_name(source: str, record_id: int, since: Sequence[Rename]) -> str:
    """What the source of a record was called when it first handed the record over.

    >>> renamed = [Rename("old", "new", frozenset({7}))]
    >>> first_name("new", 1, renamed), first_name("new", 7, renamed), first_name("old", 8, renamed)
    ('old', 'new', 'new')
    """
    for rename in reversed(since):
        if source == rename.former:
            source = rename.name
        elif source == rename.name and record_id not in rename.alone:
            source = rename.former
    return source
