"""What came, went and changed between two versions of a source of listings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from credit_sync.store.list_history import Version, touched_since

_NOT_SAID = frozenset(["warnings", "extra"])


@dataclass(frozen=True, slots=True)
class ListChange:
    """One listing that is not the same in both versions; its columns before and after, None where it is not there."""

    what: Literal["came", "went", "changed"]
    key: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that say something else; none for what came or went."""
        if self.before is None or self.after is None:
            return ()
        return tuple(
            name for name in self.after if self.before[name] != self.after[name] and name not in _NOT_SAID
        )

    @property
    def said(self) -> Mapping[str, Any]:
        """What it says, or said last."""
        return self.after or self.before or {}


def list_changes(connection: Connection, older: Version, newer: Version) -> Iterator[ListChange]:
    """In the order in which the listings were first seen."""
    for touched in touched_since(connection, older):
        before, after = touched.content_at(older), touched.content_at(newer)
        if before is None and after is not None:
            yield ListChange("came", touched.key, None, after)
        elif before is not None and after is None:
            yield ListChange("went", touched.key, before, None)
        elif before != after:
            yield ListChange("changed", touched.key, before, after)
