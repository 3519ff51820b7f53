"""The entries of a block of subjects as columns: keys and traits, one entry a name.

A pure function of its subjects, so that blocks can be made on several processors or machines and put together. Taken
apart column by column: all numbers, then all names of persons, then all of organisations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Self

import numpy as np

from credit_sync.screening.damaged_names import name_shapes
from credit_sync.screening.faces import Listed, Via, faces
from credit_sync.screening.hashed import hash_of, hashes_of, signed
from credit_sync.screening.keys import (
    asked_keys,
    bigram_keys,
    damaged_keys,
    employed_keys,
    organisation_keys,
    person_keys,
    projected_keys,
)
from credit_sync.screening.listed_subject import listed_numbers
from credit_sync.screening.numbers import numbers_of_all
from credit_sync.screening.reference import reference
from credit_sync.screening.texts import Array, Texts, mapped, ordered, spans
from credit_sync.screening.traits import legal_person_of, places_of
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Named

NUMBER = "S18"
TEXTS = ("full", "bare")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Columns of equal length, one place an entry; then (key, entry) pairs, each once, by entry and key."""

    owner: Array
    """int64: whose entry it is, as the caller numbers its subjects."""
    person: Array
    number: Array
    """As `Numbers.only`; all entries of a subject carry it."""
    subject: Array
    """Equal for every case of one listed subject; 0 for whoever is not listed himself."""
    name: Array
    """The folded name, hashed as the following are; 0 where there is nothing to compare."""
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
    """Which places the masked numbers of listings show, and those of their names that are damaged."""

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
        """Saved entries, mapped into memory; shapes are not kept with them."""
        columns: dict[str, Any] = {
            name: Texts.open(folder, name) if name in TEXTS else mapped(folder / f"{name}.npy") for name in _ARRAYS
        }
        return cls(shapes=(), **columns)


_ARRAYS = tuple(column.name for column in fields(Entries) if column.name != "shapes")
_COLUMNS = tuple(name for name in _ARRAYS if not name.endswith(("_keys", "_entries")))
_TABLES = ("number", "name", "bigram")


_AT_ONCE = 2000
"""Faces that are taken apart together: few enough for what is made of them to stay near the processor."""

_SUBJECT, _PERSON = Via.SUBJECT, SubjectKind.PERSON  # members are slow to be found through their class
_Face = tuple[int, Via, Named]
_Pairs = tuple[Array, Array]
"""Keys, and the entries that have them."""


def entries_of(subjects: Iterable[tuple[int, Named]], asked_shapes: Sequence[str]) -> Entries:
    """What numbered subjects ask with, in their order; `asked_shapes`: the shapes of the lists."""
    return _entries(((owner, Via.SUBJECT, subject) for owner, subject in subjects), asked_shapes)


def listed_entries(listings: Iterable[tuple[int, Listed]]) -> Entries:
    """The entries of numbered listings, of all their faces, in their order."""
    return _entries((number, via, face) for number, listing in listings for via, face in faces(listing))


def _entries(found: Iterable[_Face], asked_shapes: Sequence[str] | None = None) -> Entries:
    rest = iter(found)
    blocks = [_Block(list(islice(rest, _AT_ONCE)), asked_shapes).entries()]
    while some := list(islice(rest, _AT_ONCE)):
        blocks.append(_Block(some, asked_shapes).entries())
    return blocks[0] if len(blocks) == 1 else Entries.joined(blocks)


class _Block:
    """Some faces, taken apart column by column. `asked_shapes` is None for listings, which nobody asks with."""

    def __init__(self, found: Sequence[_Face], asked_shapes: Sequence[str] | None) -> None:
        self._asks, self._asked_shapes = asked_shapes is not None, asked_shapes or ()
        self._faces = found
        self._subjects = [subject for _, _, subject in found]
        self._known_by = list(map(reference().names_of, self._subjects))
        self._sizes = np.fromiter(map(len, self._known_by), np.int32, len(found))
        self._first = np.cumsum(self._sizes, dtype=np.int32) - self._sizes
        self._numbers = numbers_of_all(self._subjects)

    def entries(self) -> Entries:
        """Its columns."""
        names = list(chain.from_iterable(self._known_by))
        person = self._of_each([subject.kind is _PERSON for subject in self._subjects], bool)
        persons, organisations = np.flatnonzero(person), np.flatnonzero(~person)
        of_persons = [names[entry] for entry in persons.tolist()]
        by_person = signed(person_keys(of_persons))
        apart = _Organisations([names[entry] for entry in organisations.tolist()])
        name = np.zeros(len(names), np.int64)
        name[persons], name[organisations] = by_person, apart.name
        number_keys, number_entries = self._number_pairs()
        name_keys, name_entries = _distinct(
            self._found_by_name(persons, by_person),
            self._asked_as_damaged(persons, of_persons),
            apart.keys(organisations, asks=self._asks),
            self._employed(),
        )
        bigram_keys, bigram_entries = _distinct(apart.bigrams(organisations))
        spread = partial(_spread, entries=organisations, count=len(names))
        return Entries(
            owner=self._of_each([owner for owner, _, _ in self._faces], np.int64),
            person=person,
            number=self._of_each(self._numbers.only, NUMBER),
            subject=np.repeat(self._listed_subjects(), self._sizes),
            name=name,
            core=spread(apart.core),
            bare_name=spread(apart.bare_name),
            legal_person=spread(apart.legal_person),
            representative=np.repeat(self._representatives(), self._sizes),
            places=spread(apart.places),
            full=Texts.of(apart.full).spread(organisations, len(names)),
            bare=Texts.of(apart.bare).spread(organisations, len(names)),
            number_keys=number_keys,
            number_entries=number_entries,
            name_keys=name_keys,
            name_entries=name_entries,
            bigram_keys=bigram_keys,
            bigram_entries=bigram_entries,
            shapes=() if self._asks else tuple(sorted({*self._numbers.shapes, *name_shapes(of_persons)})),
        )

    def _of_each(self, values: Sequence[Any], dtype: Any) -> Array:
        """What all entries of a face carry."""
        return np.repeat(np.array(values, dtype), self._sizes)

    def _listed_subjects(self) -> Array:
        """Of faces that are a listing's own subject; 0 of others."""
        own = [] if self._asks else [place for place, (_, via, _) in enumerate(self._faces) if via is _SUBJECT]
        found = np.zeros(len(self._faces), np.int64)
        found[own] = listed_numbers([self._subjects[place] for place in own])
        return found

    def _representatives(self) -> Array:
        """Keys of the names of organisations' representatives, 0 of others."""
        found = [
            (place, face.legal_representative)
            for place, face in enumerate(self._subjects)
            if face.legal_representative and face.kind is not _PERSON
        ]
        keys = np.zeros(len(self._subjects), np.int64)
        keys[[place for place, _ in found]] = signed(person_keys([name for _, name in found]))
        return keys

    def _number_pairs(self) -> _Pairs:
        """The keys of a face's numbers stand with its first entry."""
        found = self._numbers
        pairs = signed(hashes_of(found.keys)), self._first[np.array(found.whose, np.int64)]
        if not self._asks:
            return _distinct(pairs)
        projected, whose = projected_keys(found.whole, self._asked_shapes)
        return _distinct(pairs, (projected, self._first[whose]))

    def _found_by_name(self, persons: Array, keys: Array) -> _Pairs:
        """Keys of persons' names; a representative of a listed organisation without a number is not found by his alone."""
        alone = [via is _SUBJECT or bool(face.identifiers) for _, via, face in self._faces]
        found = self._of_each(alone, bool)[persons] & (keys != 0)
        return keys[found], persons[found]

    def _asked_as_damaged(self, persons: Array, names: Sequence[str]) -> _Pairs:
        """Keys of persons' names as the lists' damaged ones show them."""
        keys, places = damaged_keys(names, self._asked_shapes)
        return signed(keys), persons[np.array(places, np.int64)]

    def _employed(self) -> _Pairs:
        """Keys of persons at an employer, of askers and of representatives of listed organisations."""
        employed = [
            (place, employed_keys(face.employer, self._known_by[place], self._asked_shapes))
            for place, (_, via, face) in enumerate(self._faces)
            if (self._asks or via is not _SUBJECT) and face.employer and face.kind is _PERSON
        ]
        in_entries = [
            (entry, keys)
            for place, keys in employed
            for entry in range(self._first[place], self._first[place] + self._sizes[place])
        ]
        return _pairs([entry for entry, _ in in_entries], [keys for _, keys in in_entries])


class _Organisations:
    """Names of organisations taken apart, a place a name in each column."""

    def __init__(self, names: Sequence[str]) -> None:
        self._parsed = list(map(reference().organisations.parse, names))
        self._keys = list(map(organisation_keys, self._parsed))
        whole = [
            keys[:3] or (hash_of(f"organisation:{parsed.full}"), 0, 0)
            for parsed, keys in zip(self._parsed, self._keys, strict=True)
        ]
        self.name, self.bare_name, self.core = signed(whole).reshape(-1, 3).T
        self.legal_person = signed(list(map(legal_person_of, self._parsed)))
        self.places = np.array(list(map(places_of, self._parsed)), np.int32).reshape(-1, 2)
        self.full = [parsed.full for parsed in self._parsed]
        self.bare = [parsed.bare for parsed in self._parsed]

    def keys(self, entries: Array, *, asks: bool) -> _Pairs:
        """Their keys; `entries`: which entries they are."""
        keys = self._keys
        if asks:
            keys = [[*own, *asked_keys(parsed)] for own, parsed in zip(keys, self._parsed, strict=True)]
        return _pairs(entries, keys)

    def bigrams(self, entries: Array) -> _Pairs:
        """Their bigrams."""
        return _pairs(entries, list(map(bigram_keys, self._parsed)))


def _pairs(entries: Any, keys: Sequence[Sequence[int]]) -> _Pairs:
    return signed(list(chain.from_iterable(keys))), np.repeat(np.array(entries, np.int32), list(map(len, keys)))


def _distinct(*pairs: _Pairs) -> _Pairs:
    """Each (key, entry) once, by entry and key."""
    keys = np.concatenate([of for of, _ in pairs])
    entries = np.concatenate([of for _, of in pairs]).astype(np.int32, copy=False)
    order = ordered(entries, keys)
    keys, entries = keys[order], entries[order]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (entries[1:] != entries[:-1])
    return keys[first], entries[first]


def _spread(values: Array, entries: Array, count: int) -> Array:
    """Values of some entries; 0 for all others."""
    column = np.zeros((count, *values.shape[1:]), values.dtype)
    column[entries] = values
    return column
