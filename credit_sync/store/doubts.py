"""Records that were read with a doubt: a number that fails its check, a field left unused. For people to look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Text, cast, func, select

from credit_sync.store.schema import RECORD_TABLES

UNUSED = "，未使用"
"""How the note on a field ends that could not be read and was left out."""
_NONE = "[]"


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One live record and what is doubtful about it (Chinese, numbers hidden)."""

    source: str
    place: str
    row: int
    warnings: tuple[str, ...]


def count_doubtful(connection: Connection) -> dict[str, int]:
    """How many live records of each source were read with a doubt."""
    counts: dict[str, int] = {}
    for table in RECORD_TABLES.values():
        here = (table.c.removed_at.is_(None), cast(table.c.warnings, Text) != _NONE)
        query = select(table.c.source, func.count()).where(*here).group_by(table.c.source)
        for source, count in connection.execute(query):
            counts[source] = count
    return dict(sorted(counts.items()))


def doubtful(connection: Connection, source: str, most: int) -> Iterator[Doubtful]:
    """The first `most` of a source's doubtful records, in the order of arrival."""
    for table in RECORD_TABLES.values():
        c = table.c
        here = (c.source == source, c.removed_at.is_(None), cast(c.warnings, Text) != _NONE)
        for row in connection.execute(select(c.place, c.row, c.warnings).where(*here).order_by(c.id).limit(most)):
            yield Doubtful(source, row.place, row.row, tuple(row.warnings))
