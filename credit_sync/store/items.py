"""What a pull brings of records, one after the other: those read, those known, those gone, and rows that could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_sync.store.quarantine import BadRow
from credit_sync.store.read_records import ReadRecords


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that the source says is gone."""

    key: str


@dataclass(frozen=True, slots=True)
class Held:
    """A row that could not be read but names its record, which therefore stays as it is."""

    key: str


@dataclass(frozen=True, slots=True)
class Like:
    """A row that could not be read, and what is sure of its record's key: what it may be stays where it does not come."""

    key: str


@dataclass(frozen=True, slots=True)
class Obscure:
    """A row that could not be read and of whose key nothing is sure: what it says, '' where it may be anybody's."""

    text: str
    """As `credit_sync.store.unread_rows.folded` makes it."""


@dataclass(frozen=True, slots=True)
class Uneven:
    """Beside what a row came to: what it says, since it has not as many cells as there are titles and may be another's."""

    text: str
    last: str
    """What its last cell says, which may be cut off."""
    row: BadRow | None
    """As it is told to people, where it became a record that may say what is meant of another."""


@dataclass(frozen=True, slots=True)
class Again:
    """Rows one after the other that are known: each comes to the record that it came to before."""

    place: str
    rows: bytes
    """Their row numbers, as 64 bit integers."""
    known: bytes
    """Their places among the known rows, as 64 bit integers."""

    def __len__(self) -> int:
        return len(self.rows) // 8


Item = ReadRecords | Gone | Held | Like | Obscure | Uneven | Again


def keys_of(item: Item) -> Sequence[str]:
    """The keys of the records that it surely brings or speaks of."""
    if isinstance(item, ReadRecords):
        return item.keys
    return () if isinstance(item, Again | Like | Obscure | Uneven) else (item.key,)
