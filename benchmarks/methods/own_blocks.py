"""What works out a block of made applicants, in the first process or in a helper.

Rows are read by their numbers from Arrow files that hold what the store would hold. Imports nothing that the product
would not, but for Arrow.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.methods.memory import private_megabytes
from credit_sync.records import Listing
from credit_sync.screening.block import judge_entries
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.entries import entries_of
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index import ListingIndex, Segment
from credit_sync.screening.judging import BLOCK
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind
from credit_sync.subjects.subject import Sex, Subject

_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE}
_KINDS = {kind.value: kind for kind in IdentifierKind}
_TODAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """A block's judgements, and what they took."""

    judgements: list[Judgement]
    apart: float
    """Seconds of CPU for taking applicants apart."""
    process: int
    private_mb: float


class Blocks:
    """What works out a block of applicants, here or in a helper."""

    def __init__(self, place: Path, applicants: Path, listed: int) -> None:
        self.arguments = (place, applicants, listed)
        self._scales = Scales(load_weights(), reference(), listed=listed)
        self._index = ListingIndex((Segment.open(place),))
        self._listings = _mapped(place / "listings.arrow")
        self._applicants = _mapped(applicants)

    def __call__(self, first: int) -> Answer:
        """The block that begins with a row."""
        block = dict(enumerate(subjects(self._applicants.slice(first, BLOCK).to_pylist())))
        began = time.process_time()
        asking = entries_of(block.items(), self._index.shapes)
        apart = time.process_time() - began
        judged = judge_entries(block, asking, self._index, self._fetch, self._scales, _TODAY)
        return Answer(list(judged.values()), apart, os.getpid(), private_megabytes())

    def _fetch(self, ids: Sequence[int]) -> Mapping[int, Listing]:
        rows = self._listings.take(pa.array(ids, pa.int64())).to_pylist()
        return {n: Listing(subject=s, list="") for n, s in zip(ids, subjects(rows), strict=True)}


def _mapped(path: Path) -> pa.RecordBatch:
    return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)


def subjects(rows: Iterable[Mapping[str, Any]]) -> Iterator[Subject]:
    """Recognised rows as subjects."""
    for row in rows:
        kind = row["number_kind"]
        yield Subject(
            kind=SubjectKind.PERSON if row["kind"] == "person" else SubjectKind.ORGANISATION,
            name=row["name"],
            identifiers=(Identifier(_KINDS[kind], row["number"], row["valid"]),) if kind else (),
            former_names=tuple(row["former_names"].split(";")) if row["former_names"] else (),
            legal_representative=row["legal_representative"],
            sex=_SEXES.get(row["sex"]),
            birth_year=int(row["birth_year"]) if row["birth_year"] else None,
            region=row["region"],
        )
