"""A table of keys: which rows have which key, as two sorted arrays that may live in a file.

Joins are by equality, all keys of all askers at once; nothing is scanned.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from credit_sync.screening.texts import mapped, spans

Keys = NDArray[np.int64]
Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
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

    def counts(self, keys: Keys) -> Keys:
        """How many rows have each of `keys`."""
        distinct, places = np.unique(
            keys, return_inverse=True
        )  # in order: neighbours lie side by side in the file
        starts, ends = self._runs(distinct)
        counts: Keys = (ends - starts)[places]
        return counts

    def join(self, keys: Keys, askers: Rows) -> tuple[Rows, Rows]:
        """(asker, row) for every row that has a key that an asker asks with; a pair may come more than once."""
        order = np.argsort(keys)  # neighbours in the table are asked one after the other
        starts, ends = self._runs(keys[order])
        hit = np.flatnonzero(ends > starts)
        starts, ends = starts[hit], ends[hit]
        return np.repeat(askers[order[hit]], ends - starts), self.rows[spans(starts, ends)]

    def _runs(self, keys: Keys) -> tuple[Keys, Keys]:
        """Where the rows of each key start and end; most keys have none, so ends are looked for where a key is found."""
        starts = np.searchsorted(self.keys, keys, "left")
        ends = starts.copy()
        found = np.flatnonzero(np.take(self.keys, starts, mode="clip") == keys) if len(self.keys) else starts[:0]
        ends[found] = np.searchsorted(self.keys, keys[found], "right")
        return starts, ends
