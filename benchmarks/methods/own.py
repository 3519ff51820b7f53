"""This product: candidates by its index, evidence in bits on every one worth it, on every core as in the night.

The index is kept from night to night, as in the product: it is built by a process of its own and its time shown apart.
Taking the applicants apart into keys, of which a night keeps what has not changed, is part of preparing, as normalising
names and numbers is for the peers.
Applicants and listings are read by their ids from files that hold what the store would hold (numbers recognised), for
the store's database is not what is measured here; `benchmarks.quiet_night` measures it along.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.methods import KEEP_INDEX
from benchmarks.methods.measured import Measured
from benchmarks.methods.own_blocks import APPLICANTS, ASKING, BUILT, COLUMNS, SEPARATOR, Answer, Apart, Blocks
from credit_sync.processes import Helper, Team
from credit_sync.screening.block import BLOCK
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.entries import Entries
from credit_sync.screening.judging import helpers_for
from credit_sync.screening.texts import Texts
from credit_sync.subjects.identifiers import SubjectKind, recognise


def run(folder: Path, out: Path) -> None:
    """Builds the index in another process, then measures the screening with it opened."""
    measured = Measured("credit_sync")
    command = [sys.executable, "-m", "benchmarks.methods.own_index", str(folder), str(out)]
    if not (KEEP_INDEX in os.environ and (out / BUILT).exists()):
        subprocess.run(command, check=True)
    built = json.loads((out / BUILT).read_text(encoding="utf-8"))
    measured.add("index", built["seconds"], 0.0)
    measured.notes.append(
        f"building the index: {built['megabytes']:.0f} MB at most, on disk {built['size']:.0f} MB"
    )
    with measured.phase("prepare"):
        applicants = recognised(pl.read_parquet(folder / "applicants.parquet").sort("id"))
        rows_of(applicants).save(out, APPLICANTS)
        count = len(applicants)
        _take_apart(out, count)
    with measured.phase("read"):
        blocks = Blocks(out, built["listings"])
    with measured.phase("screen"):
        answers: list[Answer] = _spread(blocks, count)
    judgements = [judgement for answer in answers for judgement in answer.judgements]
    helpers = {answer.process: answer.private_mb for answer in answers if answer.process != os.getpid()}
    measured.notes.append(
        f"in {1 + len(helpers)} processes; helpers have {sum(helpers.values()):.0f} MB of their own in all, counted in "
        "the peak; the files of the index, which all map, are counted once"
    )
    measured.accounted = len(judgements)
    measured.candidates = sum(len(j.matches) + len(j.namesake_ids) + j.excluded for j in judgements)
    measured.finish(out, put_out(judgements), helpers_mb=sum(helpers.values()))


def _take_apart(out: Path, count: int) -> None:
    (out / ASKING).mkdir(exist_ok=True)
    Entries.joined(_spread(Apart(out), count)).save(out / ASKING)


def _spread(work: Apart | Blocks, count: int) -> list[Any]:
    """Every block worked out, with helpers that are started for it."""
    team: Team[int, Any] = Team(work)
    for _ in range(helpers_for(count)):
        team.add(Helper(type(work), *work.arguments))
    answers = list(team.answers(range(0, count, BLOCK)))
    team.close()
    return answers


def recognised(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with their numbers recognised, as a pull stores them: `number_kind`, `number`, `valid`; null without."""
    found = [
        recognise(number, SubjectKind(kind)) if number else None
        for kind, number in zip(frame["kind"], frame["identifier"], strict=True)
    ]
    return frame.drop("identifier").with_columns(
        pl.Series("number_kind", [n and n.kind.value for n in found], pl.String),
        pl.Series("number", [n and n.value for n in found], pl.String),
        pl.Series("valid", [n and n.valid for n in found], pl.Boolean),
    )


def rows_of(frame: pl.DataFrame) -> Texts:
    """Recognised rows as texts, from which any can be taken without reading the others."""
    valid = pl.when("valid").then(pl.lit("1"))
    columns = [(valid if name == "valid" else pl.col(name)).fill_null("") for name in COLUMNS]
    return Texts.of(frame.select(pl.concat_str(columns, separator=SEPARATOR)).to_series())


def put_out(judgements: Sequence[Judgement]) -> pl.DataFrame:
    """Every pair that is at least a namesake, with its rank."""
    flagged = ((a, n, c.verdict.rank) for a, j in enumerate(judgements) for n, c in j.matches)
    namesakes = ((a, n, 1) for a, j in enumerate(judgements) for n in j.namesake_ids)
    return pl.DataFrame([*flagged, *namesakes], schema=["applicant", "listing", "rank"], orient="row")
