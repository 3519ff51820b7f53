"""The entries of a block of subjects as columns: keys and traits, one entry a name.

A pure function of its subjects, so that blocks can be made on several processors or machines and put together.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import numpy as np

from credit_sync.records import Listing
from credit_sync.screening.faces import Via, faces
from credit_sync.screening.keys import (
    asked_name_keys,
    bigram_keys,
    employed_keys,
    mask_shapes,
    name_keys,
    number_keys,
    projected_keys,
)
from credit_sync.screening.reference import reference
from credit_sync.screening.texts import Array, Texts
from credit_sync.screening.traits import Traits, traits_of
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Subject

NUMBER = "S18"
TEXTS = ("full", "bare")
_HASHES = ("subject", "name", "core", "bare_name", "legal_person", "representative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Columns of equal length, one place an entry; then (key, entry) pairs, unsorted."""

    owner: Array
    """int64: whose entry it is, as the caller numbers its subjects."""
    person: Array
    number: Array
    subject: Array
    name: Array
    core: Array
    bare_name: Array
    legal_person: Array
    representative: Array
    places: Array
    """int32 (entries, 2): codes, 0 where there is none."""
    full: Texts
    bare: Texts
    number_keys: Array
    number_entries: Array
    name_keys: Array
    name_entries: Array
    bigram_keys: Array
    bigram_entries: Array
    shapes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.owner)

    @classmethod
    def joined(cls, blocks: Sequence[Self]) -> Self:
        """Several blocks as one, in their order."""
        starts = np.cumsum([0, *map(len, blocks)])
        columns: dict[str, Any] = {}
        for name in _ARRAYS:
            parts = [getattr(block, name) for block in blocks]
            if name.endswith("_entries"):
                parts = [part + np.int32(start) for part, start in zip(parts, starts, strict=False)]
            columns[name] = Texts.joined(parts) if name in TEXTS else np.concatenate(parts)
        shapes = sorted({shape for block in blocks for shape in block.shapes})
        return cls(shapes=tuple(shapes), **columns)

    def of_owners(self, owners: Array) -> Self:
        """The entries of some subjects only (their numbers, ascending)."""
        wanted = np.isin(self.owner, owners)
        rows = np.flatnonzero(wanted)
        renumbered = np.cumsum(wanted, dtype=np.int32) - np.int32(1)
        columns: dict[str, Any] = {"shapes": self.shapes}
        for name in _ARRAYS:
            found = getattr(self, name)
            if name in TEXTS:
                columns[name] = Texts.of(found.of_rows(rows).tolist())
            elif name.endswith(("_keys", "_entries")):
                kept = wanted[getattr(self, name.replace("_keys", "_entries"))]
                columns[name] = renumbered[found[kept]] if name.endswith("_entries") else found[kept]
            else:
                columns[name] = found[rows]
        return type(self)(**columns)

    def save(self, folder: Path) -> None:
        """Writes every array into a folder."""
        for name in _ARRAYS:
            found = getattr(self, name)
            if name in TEXTS:
                found.save(folder, name)
            else:
                np.save(folder / f"{name}.npy", found)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Saved entries; mask shapes are not kept with them."""
        columns: dict[str, Any] = {
            name: Texts.open(folder, name) if name in TEXTS else np.load(folder / f"{name}.npy")
            for name in _ARRAYS
        }
        return cls(shapes=(), **columns)


_ARRAYS = tuple(column.name for column in fields(Entries) if column.name != "shapes")


@dataclass(slots=True)
class _Pairs:
    keys: "array[int]" = field(default_factory=lambda: array("q"))
    entries: "array[int]" = field(default_factory=lambda: array("i"))

    def add(self, keys: Iterable[int], entry: int) -> None:
        for key in sorted(keys):
            self.keys.append(key)
            self.entries.append(entry)


def entries_of(subjects: Iterable[tuple[int, Subject]], asked_shapes: Sequence[str]) -> Entries:
    """What numbered subjects ask with, in their order; `asked_shapes`: the mask shapes of the lists."""
    return _entries(((owner, Via.SUBJECT, subject) for owner, subject in subjects), asked_shapes)


def listed_entries(listings: Iterable[tuple[int, Listing]]) -> Entries:
    """The entries of numbered listings, of all their faces, in their order."""
    return _entries((number, via, face) for number, listing in listings for via, face in faces(listing))


def _entries(
    found_faces: Iterable[tuple[int, Via, Subject]], asked_shapes: Sequence[str] | None = None
) -> Entries:
    owners = array("q")
    traits: list[Traits] = []
    numbers, names, bigrams = _Pairs(), _Pairs(), _Pairs()
    shapes: set[str] = set()
    asks = asked_shapes is not None
    keys_of_name = asked_name_keys if asks else name_keys
    for owner, via, subject in found_faces:
        reached = via is Via.LEGAL_REPRESENTATIVE
        shapes.update(mask_shapes(subject))
        numbers.add(number_keys(subject) | projected_keys(subject, asked_shapes or ()), len(traits))
        employed = employed_keys(subject) if asks or reached else set[int]()
        known_by = reference().names_of(subject)
        listed = not asks and not reached
        for name, found in zip(known_by, traits_of(subject, known_by, listed=listed), strict=True):
            by_name = set() if reached and not subject.identifiers else keys_of_name(subject.kind, name)
            names.add(by_name | employed, len(traits))
            if subject.kind is SubjectKind.ORGANISATION:
                bigrams.add(bigram_keys(name), len(traits))
            owners.append(owner)
            traits.append(found)
    return Entries(
        owner=np.array(owners, np.int64),
        person=np.array([t.person for t in traits], bool),
        number=np.array([t.number for t in traits], NUMBER),
        **{name: _hashes(traits, name) for name in _HASHES},
        places=_places(traits),
        full=Texts.of(t.full for t in traits),
        bare=Texts.of(t.bare for t in traits),
        number_keys=np.array(numbers.keys, np.int64),
        number_entries=np.array(numbers.entries, np.int32),
        name_keys=np.array(names.keys, np.int64),
        name_entries=np.array(names.entries, np.int32),
        bigram_keys=np.array(bigrams.keys, np.int64),
        bigram_entries=np.array(bigrams.entries, np.int32),
        shapes=tuple(sorted(shapes)),
    )


def _hashes(traits: Sequence[Traits], name: str) -> Array:
    return np.fromiter((getattr(t, name) for t in traits), np.int64, len(traits))


def _places(traits: Sequence[Traits]) -> Array:
    found = np.zeros((len(traits), 2), np.int32)
    for row, t in enumerate(traits):
        if t.places:
            found[row, : len(t.places)] = t.places
    return found
