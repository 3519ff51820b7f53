"""What works out a block of made applicants, in the first process or in a helper.

Rows are read by their numbers from a file that holds what the store would hold. Imports nothing that the product would
not.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.methods.memory import private_megabytes
from credit_sync.records import Listing
from credit_sync.screening.block import BLOCK, judge_entries
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.entries import Entries, entries_of
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index import ListingIndex, Segment
from credit_sync.screening.reference import reference
from credit_sync.screening.texts import Texts
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind
from credit_sync.subjects.subject import Sex, Subject

_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE}
_OWNERS = {kind.value: kind for kind in SubjectKind}
_KINDS = {kind.value: kind for kind in IdentifierKind}
_TODAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """A block's judgements, and where they were made."""

    judgements: list[Judgement]
    process: int
    private_mb: float


class Apart:
    """What takes a block of applicants apart into what they ask with, as the night does of new and changed ones."""

    def __init__(self, out: Path) -> None:
        self.arguments = (out,)
        self._shapes = ListingIndex((Segment.open(out / INDEX),)).shapes
        self._applicants = Texts.open(out, APPLICANTS)

    def __call__(self, first: int) -> Entries:
        """The block that begins with a row."""
        return entries_of(_block(self._applicants, first).items(), self._shapes)


class Blocks:
    """What works out a block of applicants whose entries are made, here or in a helper."""

    def __init__(self, out: Path, listed: int) -> None:
        self.arguments = (out, listed)
        self._scales = Scales(load_weights(), reference(), listed=listed)
        self._index = ListingIndex((Segment.open(out / INDEX),))
        self._listings = Texts.open(out, LISTINGS)
        self._applicants = Texts.open(out, APPLICANTS)
        self._asking = Entries.open(out / ASKING)

    def __call__(self, first: int) -> Answer:
        """The block that begins with a row."""
        block = _block(self._applicants, first)
        asking = self._asking.of_owners(np.array(list(block), np.int64))
        judged = judge_entries(block, asking, self._index, self._fetch, self._scales, _TODAY)
        return Answer(list(judged.values()), os.getpid(), private_megabytes())

    def _fetch(self, ids: Sequence[int]) -> Mapping[int, Listing]:
        found = _subjects_in(self._listings, ids)
        return {number: Listing(subject=subject, list="") for number, subject in zip(ids, found, strict=True)}


def _block(applicants: Texts, first: int) -> dict[int, Subject]:
    rows = range(first, min(first + BLOCK, len(applicants.ends)))
    return dict(zip(rows, _subjects_in(applicants, rows), strict=True))


def _subjects_in(rows: Texts, wanted: Sequence[int]) -> Iterator[Subject]:
    return subjects(row.split(SEPARATOR) for row in rows.of_rows(np.array(wanted, np.int64)))


INDEX, LISTINGS, APPLICANTS, ASKING = "index", "listings", "applicants", "asking"
"""What the folder of the index, the files of rows, and the folder of what applicants ask with are called."""
BUILT = "built.json"
"""What tells what building both took."""
SEPARATOR = "\t"
"""Between the columns of a row."""
COLUMNS = (
    "kind",
    "name",
    "number_kind",
    "number",
    "valid",
    "former_names",
    "legal_representative",
    "sex",
    "birth_year",
    "region",
)


def subjects(rows: Iterable[tuple[Any, ...]]) -> Iterator[Subject]:
    """Recognised rows of `COLUMNS` as subjects; what is absent may be empty."""
    for kind, name, number_kind, number, valid, former_names, representative, sex, birth_year, region in rows:
        yield Subject(
            kind=_OWNERS[kind],
            name=name,
            identifiers=(Identifier(_KINDS[number_kind], number, bool(valid)),) if number_kind else (),
            former_names=tuple(former_names.split(";")) if former_names else (),
            legal_representative=representative,
            sex=_SEXES.get(sex),
            birth_year=int(birth_year) if birth_year else None,
            region=region,
        )
