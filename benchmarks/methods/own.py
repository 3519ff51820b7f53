"""This product: candidates by its index, evidence in bits on every one worth it.

The index is kept from night to night, as in the product: it is built by a process of its own and its time shown apart.
Listings are fetched by their ids from an Arrow file, for the store's database is not what is measured here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from benchmarks.methods.measured import Measured
from credit_sync.records import Listing
from credit_sync.screening.block import judge_entries
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.entries import entries_of
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index import ListingIndex, Segment
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import SubjectKind, recognise
from credit_sync.subjects.subject import Sex, Subject

_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE}
KEEP_INDEX = "BENCHMARK_KEEP_INDEX"
"""Environment variable: screen with the index that the last run built."""
_BLOCK = 2500
"""Applicants at a time, as the night takes them."""
_TODAY = date(2026, 1, 1)


def run(folder: Path, out: Path) -> None:
    """Builds the index in another process, then measures the screening with it opened."""
    measured = Measured("credit_sync")
    place = out / "index"
    command = [sys.executable, "-m", "benchmarks.methods.own_index", str(folder), str(place)]
    if not (KEEP_INDEX in os.environ and (place / "built.json").exists()):
        with measured.phase("index"):
            subprocess.run(command, check=True)
    built = json.loads((place / "built.json").read_text(encoding="utf-8"))
    measured.notes.append(
        f"building the index: {built['megabytes']:.0f} MB at most, on disk {built['size']:.0f} MB"
    )
    with measured.phase("read"):
        scales = replace(Scales(load_weights(), reference()), listed=built["listings"])
        index = ListingIndex((Segment.open(place),))
        listed = pa.ipc.open_file(pa.memory_map(str(place / "listings.arrow"))).read_all()
        applicants = pl.read_parquet(folder / "applicants.parquet").sort("id")
    with measured.phase("prepare"):
        asking = list(subjects(applicants.iter_rows(named=True)))
    judgements: list[Judgement] = []

    def fetch(ids: Sequence[int]) -> Mapping[int, Listing]:
        rows = listed.take(pa.array(ids, pa.int64())).to_pylist()
        return {n: Listing(subject=s, list="") for n, s in zip(ids, subjects(rows), strict=True)}

    for start in range(0, len(asking), _BLOCK):
        block = dict(enumerate(asking[start : start + _BLOCK]))
        with measured.phase("apart"):
            entries = entries_of(block.items(), index.shapes)
        with measured.phase("judge"):
            judgements += judge_entries(block, entries, index, fetch, scales, _TODAY).values()
    both = ("apart", "judge")
    measured.add("screen", sum(measured.seconds[p] for p in both), sum(measured.cpu[p] for p in both))
    measured.notes.append(
        f"of its screening {measured.seconds['apart']:.2f} s ({measured.cpu['apart']:.2f} of CPU) are taking applicants "
        "apart, which a night keeps for the next one; the rest is candidates and evidence"
    )
    measured.accounted = len(judgements)
    measured.candidates = sum(len(j.matches) + len(j.namesake_ids) + j.excluded for j in judgements)
    measured.write(out, put_out(judgements))


def subjects(rows: Iterator[dict[str, str]] | Sequence[dict[str, str]]) -> Iterator[Subject]:
    """The rows as subjects, numbers recognised as a pull would."""
    for row in rows:
        kind = SubjectKind(row["kind"])
        number = recognise(row["identifier"], kind) if row["identifier"] else None
        yield Subject(
            kind=kind,
            name=row["name"],
            identifiers=(number,) if number else (),
            former_names=tuple(row["former_names"].split(";")) if row["former_names"] else (),
            legal_representative=row["legal_representative"],
            sex=_SEXES.get(row["sex"]),
            birth_year=int(row["birth_year"]) if row["birth_year"] else None,
            region=row["region"],
        )


def put_out(judgements: Sequence[Judgement]) -> pl.DataFrame:
    """Every pair that is at least a namesake, with its rank."""
    flagged = ((a, n, c.verdict.rank) for a, j in enumerate(judgements) for n, c in j.matches)
    namesakes = ((a, n, 1) for a, j in enumerate(judgements) for n in j.namesake_ids)
    return pl.DataFrame([*flagged, *namesakes], schema=["applicant", "listing", "rank"], orient="row")
