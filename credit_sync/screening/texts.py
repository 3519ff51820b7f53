"""Many short texts in one block of bytes: small on disk, mapped into memory, decoded when asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_WIDTH = 60
"""Bytes up to which texts are looked at as a table: names of up to twenty Chinese characters, as nearly all are."""
_OF_THREE = 0b1110
"""How the first byte of a character begins that has three in UTF-8."""


@dataclass(frozen=True, slots=True)
class Texts:
    """`content` holds the UTF-8 of all texts one after the other, `ends` (int64) where each ends."""

    ends: Array
    content: Array

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        """Packs texts in their order."""
        encoded = [value.encode(errors="replace") for value in values]
        ends = np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))
        return cls(ends, np.frombuffer(b"".join(encoded), np.uint8))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Several blocks as one."""
        starts = np.cumsum([0, *(len(part.content) for part in parts)])
        ends = [part.ends + start for part, start in zip(parts, starts, strict=False)]
        return cls(np.concatenate(ends), np.concatenate([part.content for part in parts]))

    def spread(self, rows: Array, count: int) -> Self:
        """These texts as those of some rows (ascending) among so many; all others are empty."""
        sizes = np.zeros(count, np.int64)
        sizes[rows] = np.diff(self.ends, prepend=0)
        return type(self)(np.cumsum(sizes), self.content)

    def sizes(self, rows: Array) -> Array:
        """How many bytes the texts of some rows have."""
        return self.ends[rows] - np.where(rows > 0, self.ends[rows - 1], 0)

    def of_rows(self, rows: Array) -> NDArray[np.object_]:
        """The texts of some rows, as an array of str."""
        ends = self.ends[rows]
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        texts = np.empty(len(rows), object)
        content = self.content.data
        texts[:] = [str(content[a:b], "utf-8") for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        return texts

    def character_sets(self, rows: Array) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """Which characters the texts of some rows have, hashed to 64 bits each; and of which texts that is known.

        It is read off a table of bytes, without decoding: of texts of Chinese characters only, which have three bytes each.
        """
        if len(self.content) < _WIDTH:
            return np.zeros(len(rows), np.uint64), np.zeros(len(rows), bool)
        windows = np.ndarray((len(self.content) - _WIDTH + 1,), f"V{_WIDTH}", self.content, 0, (1,))
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        sizes = self.ends[rows] - starts
        table = windows[np.minimum(starts, len(windows) - 1)].view(np.uint8).reshape(len(rows), _WIDTH)
        first, second, third = np.ascontiguousarray(table.T).reshape(_WIDTH // 3, 3, len(rows)).swapaxes(0, 1)
        there = np.arange(0, _WIDTH, 3)[:, None] < sizes
        known = (sizes <= _WIDTH) & (starts < len(windows)) & ((first >> 4 == _OF_THREE) | ~there).all(axis=0)
        hashes = (second << 1 ^ third) & 63
        return np.bitwise_or.reduce(np.left_shift(there, hashes, dtype=np.uint64), axis=0), known

    def taken(self, rows: Array) -> Self:
        """The texts of some rows, as they are packed."""
        ends = self.ends[rows]
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        return type(self)(np.cumsum(ends - starts), self.content[spans(starts, ends)])

    def save(self, folder: Path, name: str) -> None:
        """Writes both arrays into a folder."""
        np.save(folder / f"{name}_ends.npy", self.ends)
        np.save(folder / f"{name}_content.npy", self.content)

    @classmethod
    def open(cls, folder: Path, name: str) -> Self:
        """Texts saved under a name."""
        return cls(mapped(folder / f"{name}_ends.npy"), mapped(folder / f"{name}_content.npy"))


def spans(starts: Array, ends: Array) -> Array:
    """The places from each start to its end (not included), one span after the other."""
    lengths = ends - starts
    after = np.cumsum(lengths)
    total = int(after[-1]) if len(after) else 0
    places: Array = np.arange(total) + np.repeat(starts - (after - lengths), lengths)
    return places


def ordered(entries: Array, values: Array) -> Array:
    """The order by entry, then value. As `np.lexsort`, but a block has few entries: numbers of 16 bits are sorted by digits."""
    by_value = np.argsort(values)
    few = entries[by_value].astype(np.min_scalar_type(entries.max(initial=0)))
    order: Array = by_value[np.argsort(few, kind="stable")]
    return order


def mapped(path: Path) -> Array:
    """A saved array, mapped into memory; an empty one cannot be."""
    array: Array = np.load(path, mmap_mode="r" if path.stat().st_size > _HEADER else None)
    return array.view(np.ndarray)  # a plain one: every slice of a memmap is an object with a history


_HEADER = 128
"""Bytes of an .npy file without elements."""
