"""A table of keys: which rows have which key, as two sorted arrays that may live in a file.

Joins are by equality, all keys of all askers at once; nothing is scanned.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from credit_sync.screening.texts import mapped

Keys = NDArray[np.int64]
Rows = NDArray[np.int32]
Runs = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Places in a table from which and up to which (not included) the rows of some keys stand."""


_STEP = 128
"""Keys between two landmarks, a power of two: the landmarks of a table of millions stay in the processor's cache."""
_MANY = 500
"""Keys, of the table and asked for, from which on landmarks pay."""


@dataclass(frozen=True)
class KeyTable:
    """`keys` ascending (int64), `rows` (int32) beside them; a key may stand several times."""

    keys: Keys
    rows: Rows

    @classmethod
    def of(cls, keys: Keys, rows: Rows) -> Self:
        """Sorts keys and rows together; equal keys keep the order of their rows."""
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], rows[order])

    @classmethod
    def open(cls, folder: Path, name: str) -> Self:
        """A table saved under a name, mapped into memory and not read before it is asked."""
        keys, rows = (mapped(folder / f"{name}_{part}.npy") for part in ("keys", "rows"))
        return cls(keys, rows)

    def save(self, folder: Path, name: str) -> None:
        """Writes both arrays into the folder."""
        np.save(folder / f"{name}_keys.npy", self.keys)
        np.save(folder / f"{name}_rows.npy", self.rows)

    def moved(self, places: Rows) -> Self:
        """The table after its rows have moved: `places` says where each stands now, -1 where it is gone."""
        rows = places[self.rows]
        there = rows >= 0
        return type(self)(self.keys[there], rows[there])

    def merged(self, other: Self) -> Self:
        """Both as one table; the rows of a key ascending."""
        keys, rows = np.concatenate([self.keys, other.keys]), np.concatenate([self.rows, other.rows])
        order = np.argsort(keys, kind="stable")  # of what is sorted in two parts already a single pass
        keys, rows = keys[order], rows[order]
        before = np.zeros(len(keys), np.int64)  # of each place a number that grows from key to key, beyond any row
        before[1:] = np.cumsum(keys[1:] != keys[:-1]) * (int(rows.max(initial=0)) + 1)
        return type(self)(keys, (np.sort(before + rows) - before).astype(np.int32))

    def join(self, keys: Keys, askers: Rows) -> tuple[Rows, Rows]:
        """(asker, row) for every row that has a key that an asker asks with; a pair may come more than once."""
        return self.rows_in(self.runs(keys), askers)

    def runs(self, keys: Keys) -> Runs:
        """Where the rows of each key start and end; most keys have none, so ends are looked for where a key is found."""
        order = np.argsort(keys)  # neighbours in the table are asked one after the other
        keys = keys[order]
        first = self.places(keys, "left")
        after = first.copy()
        found = np.flatnonzero(np.take(self.keys, first, mode="clip") == keys) if len(self.keys) else first[:0]
        after[found] = self.places(keys[found], "right")
        starts, ends = np.empty_like(first), np.empty_like(first)
        starts[order], ends[order] = first, after
        return starts, ends

    def places(self, keys: Keys, side: Literal["left", "right"]) -> NDArray[np.int64]:
        """As `np.searchsorted`; of many keys each is looked for among the landmarks, and then between two of them only."""
        if min(len(keys), len(self.keys)) < _MANY:
            return np.searchsorted(self.keys, keys, side)
        stands_before = np.less if side == "left" else np.less_equal
        landmark = np.searchsorted(self._landmarks, keys, side)
        places = np.maximum((landmark - 1) * _STEP + 1, 0)
        step = _STEP // 2
        while step:
            places += stands_before(np.take(self.keys, places + (step - 1), mode="clip"), keys) * step
            step //= 2
        behind = np.flatnonzero(landmark == len(self._landmarks))  # no landmark follows
        places[behind] = np.searchsorted(self.keys, keys[behind], side)
        return places

    @cached_property
    def _landmarks(self) -> Keys:
        return np.ascontiguousarray(self.keys[::_STEP])

    def rows_in(self, runs: Runs, askers: Rows) -> tuple[Rows, Rows]:
        """(asker, row) for every row of each asker's run."""
        starts, ends = runs
        hit = np.flatnonzero(ends > starts)
        starts, ends = starts[hit], ends[hit]
        rows = [self.rows[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        return np.repeat(askers[hit], ends - starts), np.concatenate(rows) if rows else self.rows[:0]
