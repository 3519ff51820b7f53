"""What one row may come to: a record, a removal, a rejection with its reason, or nothing worth reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from credit_sync.records import Record
from credit_sync.sources.rows import Origin


@dataclass(frozen=True, slots=True)
class Read:
    """A record. `key` identifies it within its source; `extra` holds the fields that the mapping does not know."""

    origin: Origin
    key: str
    record: Record
    extra: Mapping[str, Any]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """The source says that a record is gone."""

    origin: Origin
    key: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """What could not be read, and why (Chinese). `value` is shown to people, so numbers in it are hidden."""

    origin: Origin
    field: str
    value: str
    reason: str
    raw: Any
    """The whole row as plain data; text where the row could not even be taken apart."""
    key: str = ""
    """The key of the record it would have been, where that could be read: the record stays as it was."""
    like: frozenset[str] = frozenset()
    """Keys as far as they are sure, blank in the rest: a record that has it all may be this row's."""
    said: str | None = None
    """What it says (`credit_sync.store.unread_rows.folded`), where that has to tell whose it may be; '' for anybody's."""
    readable: bool = True
    """Reading `raw` again makes sense, once the mapping is better."""
    part: int = 0

    def fingerprint(self) -> str:
        """Equal for the same trouble with the same row, wherever the row stands."""
        content = orjson.dumps([self.part, self.field, self.raw], option=orjson.OPT_SORT_KEYS)
        return blake2b(content, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An empty row, a note or a total."""

    origin: Origin


Outcome = Read | Removed | Rejected | Skipped
