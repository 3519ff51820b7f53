"""Names that sources have had: by which of them a record was handed over first, whatever it is called now.

A rename is an entry of the ledger, in the transaction that carries it out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from credit_sync.records import RecordKind
from credit_sync.store import ledger
from credit_sync.store.ledger import Run
from credit_sync.store.schema import RECORD_TABLES, stage

_BLOCK = 5000
"""Values in one IN list: below the limit of SQLite (32,766 parameters)."""


@dataclass(frozen=True, slots=True)
class Rename:
    """A source of records got another name; what came under both changed places."""

    former: str
    name: str
    alone: frozenset[str]
    """Keys of the records that had been handed over under the new name, and that there were none of under the former."""


def note_rename(  # noqa: PLR0913
    connection: Connection, run: Run, kind: RecordKind, *, former: str, name: str, alone: Iterable[int]
) -> None:
    """Puts a rename into the ledger. `alone`: the ids of those records."""
    counts = {"former": former, "record": kind.value, "alone": sorted(alone)}
    ledger.stage_done(connection, run, "rename", name, counts)


def renames(connection: Connection, kind: RecordKind) -> list[Rename]:
    """The renames of sources of such records, the first one first."""
    query = select(stage.c.part, stage.c.counts).where(stage.c.name == "rename").order_by(stage.c.run_id)
    noted = [(name, counts) for name, counts in connection.execute(query) if counts["record"] == kind.value]
    c = RECORD_TABLES[kind].c
    alone = [number for _, counts in noted for number in counts["alone"]]
    keys: dict[int, str] = {}
    for start in range(0, len(alone), _BLOCK):
        here = select(c.id, c.key).where(c.id.in_(alone[start : start + _BLOCK]))
        keys.update((number, key) for number, key in connection.execute(here))
    return [
        Rename(counts["former"], name, frozenset(map(keys.__getitem__, counts["alone"]))) for name, counts in noted
    ]


def first_name(source: str, key: str, since: Sequence[Rename]) -> str:
    """What the source of a record was called when it first handed the record over.

    What has come later has a name that no other record of its key has, or had.

    >>> renamed = [Rename("old", "new", frozenset({"k"}))]
    >>> first_name("new", "a", renamed), first_name("new", "k", renamed)
    ('old', 'new')
    >>> first_name("old", "a", renamed), first_name("old", "k", renamed)
    ('new', 'old')
    """
    for rename in reversed(since):
        if key not in rename.alone and source in (rename.former, rename.name):
            source = rename.former if source == rename.name else rename.name
    return source
