"""The index of the lists: entries of all listings with their keys, as sorted arrays in files.

Derived from the store and rebuilt from it; the store stays the one truth. Screening, look-up and `screen-file` find
their candidates here, so that they cannot disagree. Arrays are mapped into memory: a look-up reads a few pages.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from credit_sync.screening.entries import TEXTS, Entries
from credit_sync.screening.key_table import KeyTable, Runs
from credit_sync.screening.texts import Array, Texts, mapped

_COLUMNS = (
    "owner",
    "until",
    "person",
    "number",
    "subject",
    "name",
    "core",
    "bare_name",
    "representative",
    "places",
)
_TABLES = ("numbers", "names", "bigrams")
FOREVER = 2**31 - 1
"""`until` of a listing without a day of removal; others carry the day's ordinal."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Entries of listings with their key tables: the whole of the lists, or what changed since."""

    columns: dict[str, Array]
    texts: dict[str, Texts]
    tables: dict[str, KeyTable]
    shapes: tuple[str, ...]
    place: Path | None = None
    """The folder where it is saved; another process that is handed the segment maps it from there."""

    def __reduce__(self) -> tuple[Any, ...]:
        if self.place is not None:
            return type(self).open, (self.place,)
        return type(self), (self.columns, self.texts, self.tables, self.shapes)

    def __len__(self) -> int:
        return len(self.columns["owner"])

    @classmethod
    def of(cls, entries: Entries, until: Array) -> Self:
        """Sorts the keys. `until`: the last day's ordinal of each entry (int32)."""
        columns = {name: until if name == "until" else getattr(entries, name) for name in _COLUMNS}
        texts = {name: getattr(entries, name) for name in TEXTS}
        tables = {
            "numbers": KeyTable.of(entries.number_keys, entries.number_entries),
            "names": KeyTable.of(entries.name_keys, entries.name_entries),
            "bigrams": KeyTable.of(entries.bigram_keys, entries.bigram_entries),
        }
        return cls(columns, texts, tables, entries.shapes)

    def replaced(self, later: Self) -> Self:
        """This segment with a later one's listings in place of its own, the same as if all were made together.

        Mask shapes that only a replaced listing showed stay: asking by them finds nothing.
        """
        kept = np.flatnonzero(~np.isin(self.columns["owner"], later.columns["owner"]))
        order = np.argsort(np.concatenate([self.columns["owner"][kept], later.columns["owner"]]), kind="stable")
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        moved = np.full(len(self), -1, np.int32)
        moved[kept] = place[: len(kept)]
        columns = {n: np.concatenate([self.columns[n][kept], later.columns[n]])[order] for n in _COLUMNS}
        texts = {n: Texts.joined([self.texts[n].taken(kept), later.texts[n]]).taken(order) for n in TEXTS}
        tables = {
            n: self.tables[n].moved(moved).merged(later.tables[n].moved(place[len(kept) :])) for n in _TABLES
        }
        return type(self)(columns, texts, tables, tuple(sorted({*self.shapes, *later.shapes})))

    def save(self, folder: Path) -> None:
        """Writes every array into a folder."""
        for name, column in self.columns.items():
            np.save(folder / f"{name}.npy", column)
        for name, texts in self.texts.items():
            texts.save(folder, name)
        for name, table in self.tables.items():
            table.save(folder, name)
        (folder / "shapes.json").write_text(json.dumps(self.shapes), encoding="ascii")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """A saved segment, mapped into memory."""
        columns = {name: mapped(folder / f"{name}.npy") for name in _COLUMNS}
        texts = {name: Texts.open(folder, name) for name in TEXTS}
        tables = {name: KeyTable.open(folder, name) for name in _TABLES}
        shapes = json.loads((folder / "shapes.json").read_text(encoding="ascii"))
        return cls(columns, texts, tables, tuple(shapes), folder)


@dataclass(frozen=True, slots=True)
class ListingIndex:
    """The segments in force together: usually one, after a quiet night a small second one.

    How common bigrams are is counted in the first: what a night changed does not change who is a candidate of whom
    among what it left alone.
    """

    segments: tuple[Segment, ...]
    dead: Array = field(default_factory=lambda: np.zeros(0, bool))
    """Entries of the first segment that no longer hold; empty where all do."""

    @property
    def shapes(self) -> tuple[str, ...]:
        """Which places the masked numbers of the lists show."""
        return tuple(sorted({shape for segment in self.segments for shape in segment.shapes}))

    def bigram_runs(self, keys: Array) -> Runs:
        """Where the first segment's table has the entries of each bigram: how many they are says how common it is."""
        return self.segments[0].tables["bigrams"].runs(keys)

    def in_force(self, number: int, rows: Array, day: int) -> NDArray[np.bool_]:
        """Which rows of a segment hold on a day (its ordinal)."""
        alive: NDArray[np.bool_] = self.segments[number].columns["until"][rows] > day
        return alive & ~self.dead[rows] if number == 0 and len(self.dead) else alive

    def ended(self, after: int, until: int) -> list[int]:
        """Listings whose last day came in a span of days (ordinals, the first not included), ascending."""
        found: set[int] = set()
        for number, segment in enumerate(self.segments):
            days = segment.columns["until"]
            rows = np.flatnonzero((days > after) & (days <= until))
            if number == 0 and len(self.dead):
                rows = rows[~self.dead[rows]]
            found.update(segment.columns["owner"][rows].tolist())
        return sorted(found)


def segment_of(blocks: Sequence[tuple[Entries, Array]]) -> Segment:
    """One segment of blocks of (entries, until)."""
    return Segment.of(Entries.joined([e for e, _ in blocks]), np.concatenate([until for _, until in blocks]))
