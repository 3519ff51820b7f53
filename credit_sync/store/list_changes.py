"""What came, went and changed between two versions of a source of listings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from credit_sync.store.list_history import Steps, Version, steps_since, touched_of

What = Literal["came", "went", "changed"]
NOT_SAID = frozenset(["warnings", "extra"])
"""Columns of a record that are no part of what it says."""


@dataclass(frozen=True, slots=True)
class ListChange:
    """One listing that is not the same in both versions; its columns before and after, None where it is not there."""

    what: What
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that say something else; none for what came or went."""
        if self.before is None or self.after is None:
            return ()
        return tuple(name for name in self.after if self.before[name] != self.after[name] and name not in NOT_SAID)

    @property
    def said(self) -> Mapping[str, Any]:
        """What it says, or said last."""
        return self.after or self.before or {}


def moves(connection: Connection, older: Version, newer: Version) -> Iterator[tuple[int, What]]:
    """Which listings came, went or changed, in the order in which they were first seen.

    Their history tells, without what they said; that is read only of those that changed more than once, perhaps back again.
    """
    for block in steps_since(connection, older):
        found = {number: _moved(steps, older, newer) for number, steps in block.items()}
        unsure = [number for number, what in found.items() if what == "unsure"]
        for touched in touched_of(connection, older, unsure):
            found[touched.id] = _kind(touched.content_at(older), touched.content_at(newer))
        yield from ((number, what) for number, what in found.items() if what is not None and what != "unsure")


def changes_of(connection: Connection, older: Version, newer: Version, ids: Sequence[int]) -> Iterator[ListChange]:
    """Of some listings (ascending) what they said before and after; those that say the same are left out."""
    for touched in touched_of(connection, older, ids):
        before, after = touched.content_at(older), touched.content_at(newer)
        if (what := _kind(before, after)) is not None:
            yield ListChange(what, before, after)


def _moved(steps: Steps, older: Version, newer: Version) -> What | Literal["unsure"] | None:
    before, after = steps.there_at(older), steps.there_at(newer)
    if before and after:
        between = steps.between(older, newer)
        return None if not between else "changed" if between == ("changed",) else "unsure"
    return "went" if before else "came" if after else None


def _kind(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> What | None:
    if before is None:
        return None if after is None else "came"
    return "went" if after is None else None if before == after else "changed"
