"""This product: evidence in bits on every candidate. The index is kept from night to night, so it is shown apart."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from benchmarks.methods.measured import Measured
from credit_sync.records import Listing
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.evidence import Scales
from credit_sync.screening.reference import reference
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import SubjectKind, recognise
from credit_sync.subjects.subject import Sex, Subject

_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE}


def run(folder: Path, out: Path) -> None:
    measured = Measured("credit_sync")
    scales = Scales(load_weights(), reference())
    with measured.phase("read"):
        applicants, listings = (
            pl.read_parquet(folder / f"{n}.parquet").sort("id") for n in ("applicants", "listings")
        )
    with measured.phase("prepare"):
        asking = list(subjects(applicants))
    with measured.phase("index"):
        table = ListingTable({n: Listing(subject=s, list="") for n, s in enumerate(subjects(listings))})
    with measured.phase("screen"):
        judgements = [table.judge(subject, scales) for subject in asking]
    measured.accounted = len(judgements)
    measured.candidates = sum(len(j.matches) + len(j.namesake_ids) + j.excluded for j in judgements)
    measured.write(out, put_out(judgements))


def subjects(frame: pl.DataFrame) -> Iterator[Subject]:
    """The rows as subjects, numbers recognised as a pull would."""
    for row in frame.iter_rows(named=True):
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
