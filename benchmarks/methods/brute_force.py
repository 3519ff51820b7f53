"""Everybody with everybody: RapidFuzz's cdist on a sample of the applicants, extrapolated to all of them.

Ratio of at least 78 between organisations' cores, of at least 90 between persons' names.
"""

from pathlib import Path

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process

from benchmarks.methods import prepared
from benchmarks.methods.measured import Measured

_SAMPLE = {"organisation": 300, "person": 100}
_CUT = {"organisation": 78, "person": 90}
_AT_ONCE = 25


def run(folder: Path, out: Path) -> None:
    measured = Measured("brute")
    with measured.phase("read"):
        tables = prepared.read(folder)
    with measured.phase("prepare"):
        tables = prepared.prepare(tables)
    found: list[pl.DataFrame] = []
    for kind, size in _SAMPLE.items():
        asking, listed = (t.filter(pl.col("kind") == kind) for t in (tables.applicants, tables.listings))
        sample = asking.sample(min(size, len(asking)), seed=1)
        measured.sample += sample["id"].to_list()
        spent = Measured("")
        with spent.phase("screen"):
            found += _compared(sample, listed, _CUT[kind])
        factor = len(asking) / max(len(sample), 1)
        measured.add("screen", spent.seconds["screen"] * factor, spent.cpu["screen"] * factor)
        measured.candidates += len(asking) * len(listed)
        measured.accounted += len(asking)
        measured.notes.append(f"{len(sample)} of {len(asking)} {kind}s asked")
    pairs = pl.concat(found)
    measured.finish(out, pairs.with_columns(rank=2))


def _compared(sample: pl.DataFrame, listed: pl.DataFrame, cut: int) -> list[pl.DataFrame]:
    queries, ids = sample["core"].to_list(), sample["id"].to_numpy()
    choices, numbers = listed["core"].to_list(), listed["id"].to_numpy()
    found = []
    for start in range(0, len(queries), _AT_ONCE):
        scores = process.cdist(
            queries[start : start + _AT_ONCE],
            choices,
            scorer=fuzz.ratio,
            score_cutoff=cut,
            workers=-1,
            dtype=np.float32,
        )
        asker, entry = np.nonzero(scores)
        found.append(pl.DataFrame({"applicant": ids[start + asker], "listing": numbers[entry]}))
    return found
