"""The entries of a block of subjects as columns: keys and traits, one entry a name.

A pure function of its subjects, so that blocks can be made on several processors or machines and put together.
"""

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
    key_hashes,
    mask_shapes,
    name_keys,
    number_keys,
    projected_keys,
    whole_numbers,
)
from credit_sync.screening.reference import reference
from credit_sync.screening.texts import Array, Texts, mapped, ordered, spans
from credit_sync.screening.traits import Traits, traits_of
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Subject

NUMBER = "S18"
TEXTS = ("full", "bare")
_HASHES = ("name", "core", "bare_name", "legal_person", "representative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Columns of equal length, one place an entry; then (key, entry) pairs, each once, by entry and key."""

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
        rows = np.flatnonzero(np.isin(self.owner, owners))
        columns: dict[str, Any] = {"shapes": self.shapes}
        for name in _COLUMNS:
            columns[name] = getattr(self, name).taken(rows) if name in TEXTS else getattr(self, name)[rows]
        for table in _TABLES:
            entries = getattr(self, f"{table}_entries")
            starts, ends = np.searchsorted(entries, rows, "left"), np.searchsorted(entries, rows, "right")
            columns[f"{table}_keys"] = getattr(self, f"{table}_keys")[spans(starts, ends)]
            columns[f"{table}_entries"] = np.repeat(np.arange(len(rows), dtype=np.int32), ends - starts)
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
        """Saved entries, mapped into memory; mask shapes are not kept with them."""
        columns: dict[str, Any] = {
            name: Texts.open(folder, name) if name in TEXTS else mapped(folder / f"{name}.npy") for name in _ARRAYS
        }
        return cls(shapes=(), **columns)


_ARRAYS = tuple(column.name for column in fields(Entries) if column.name != "shapes")
_COLUMNS = tuple(name for name in _ARRAYS if not name.endswith(("_keys", "_entries")))
_TABLES = ("number", "name", "bigram")


@dataclass(slots=True)
class _Keyed:
    """Keys of entries, as they are gathered: `counts` says how many each entry has, up to the last one that has any."""

    keys: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def add(self, keys: Sequence[str], entry: int) -> None:
        """The keys of one entry; entries come ascending."""
        self.counts += [0] * (entry - len(self.counts))
        self.counts.append(len(keys))
        self.keys += keys

    def entries(self) -> Array:
        """The entry of each key."""
        return np.repeat(np.arange(len(self.counts), dtype=np.int32), self.counts)


def entries_of(subjects: Iterable[tuple[int, Subject]], asked_shapes: Sequence[str]) -> Entries:
    """What numbered subjects ask with, in their order; `asked_shapes`: the mask shapes of the lists."""
    return _entries(((owner, Via.SUBJECT, subject) for owner, subject in subjects), asked_shapes)


def listed_entries(listings: Iterable[tuple[int, Listing]]) -> Entries:
    """The entries of numbered listings, of all their faces, in their order."""
    return _entries((number, via, face) for number, listing in listings for via, face in faces(listing))


def _entries(
    found_faces: Iterable[tuple[int, Via, Subject]], asked_shapes: Sequence[str] | None = None
) -> Entries:
    owners: list[int] = []
    traits: list[Traits] = []
    numbers, whole, names, bigrams = _Keyed(), _Keyed(), _Keyed(), _Keyed()
    shapes: set[str] = set()
    asks = asked_shapes is not None
    keys_of_name = asked_name_keys if asks else name_keys
    for owner, via, subject in found_faces:
        reached = via is Via.LEGAL_REPRESENTATIVE
        if subject.identifiers:
            shapes.update(mask_shapes(subject))
            numbers.add(number_keys(subject), len(traits))
            whole.add(whole_numbers(subject), len(traits))
        employed = employed_keys(subject) if asks or reached else []
        known_by = reference().names_of(subject)
        found = list(traits_of(subject, known_by, listed=not asks and not reached))
        for entry, name in enumerate(known_by, len(traits)):
            by_name = [] if reached and not subject.identifiers else keys_of_name(subject.kind, name)
            names.add([*by_name, *employed], entry)
            if subject.kind is SubjectKind.ORGANISATION:
                bigrams.add(bigram_keys(name), entry)
        owners += [owner] * len(found)
        traits += found
    columns = dict(zip(Traits._fields, zip(*traits, strict=True), strict=True)) if traits else _NO_TRAITS
    number_pairs = _number_pairs(numbers, whole, asked_shapes or ())
    name_pairs, bigram_pairs = _pairs(names), _pairs(bigrams)
    return Entries(
        owner=np.array(owners, np.int64),
        person=np.array(columns["person"], bool),
        number=np.array(columns["number"], NUMBER),
        subject=np.array(columns["subject"], np.int64),
        **{name: _hashes(columns[name]) for name in _HASHES},
        places=_places(columns["places"]),
        full=Texts.of(columns["full"]),
        bare=Texts.of(columns["bare"]),
        number_keys=number_pairs[0],
        number_entries=number_pairs[1],
        name_keys=name_pairs[0],
        name_entries=name_pairs[1],
        bigram_keys=bigram_pairs[0],
        bigram_entries=bigram_pairs[1],
        shapes=tuple(sorted(shapes)),
    )


_NO_TRAITS: dict[str, tuple[Any, ...]] = dict.fromkeys(Traits._fields, ())


def _number_pairs(numbers: _Keyed, whole: _Keyed, shapes: Sequence[str]) -> tuple[Array, Array]:
    projected, places = projected_keys(whole.keys, shapes)
    keys = np.concatenate([key_hashes(numbers.keys), projected])
    return _distinct(keys, np.concatenate([numbers.entries(), whole.entries()[places]]))


def _pairs(found: _Keyed) -> tuple[Array, Array]:
    return _distinct(key_hashes(found.keys), found.entries())


def _distinct(keys: Array, entries: Array) -> tuple[Array, Array]:
    """Each (key, entry) once, by entry and key."""
    order = ordered(entries, keys)
    keys, entries = keys[order], entries[order]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (entries[1:] != entries[:-1])
    return keys[first], entries[first]


def _hashes(keys: Sequence[str]) -> Array:
    """0 for what is empty."""
    there = np.array([key != "" for key in keys], bool)
    hashes = np.zeros(len(keys), np.int64)
    hashes[there] = key_hashes([key for key in keys if key])
    return hashes


def _places(found: Sequence[tuple[int, ...]]) -> Array:
    places = np.zeros((len(found), 2), np.int32)
    for row, codes in enumerate(found):
        if codes:
            places[row, : len(codes)] = codes
    return places
