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
        found = np.searchsorted(self.keys, distinct, "right") - np.searchsorted(self.keys, distinct, "left")
        counts: Keys = found[places]
        return counts

    def join(self, keys: Keys, askers: Rows) -> tuple[Rows, Rows]:
        """(asker, row) for every row that has a key that an asker asks with; a pair may come more than once."""
        order = np.argsort(keys, kind="stable")  # neighbours in the table are asked one after the other
        keys, askers = keys[order], askers[order]
        first = np.searchsorted(self.keys, keys, "left")
        counts = np.searchsorted(self.keys, keys, "right") - first
        hit = counts > 0
        first, counts, askers = first[hit], counts[hit], askers[hit]
        return np.repeat(askers, counts), self.rows[spans(first, first + counts)]
