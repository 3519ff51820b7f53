"""The floor: polars reads the same rows and makes two hash joins, by number and by name with region. No scores.

Reading counts: nothing that looks at every row once can do with less.
"""

import statistics
import time
from pathlib import Path

import polars as pl

from benchmarks.methods.measured import Measured

_KEYS = (["identifier"], ["name", "region"])
_ROUNDS = 5
"""It is over so soon that one round tells more of the machine's other work than of polars."""


def run(folder: Path, out: Path) -> None:
    measured = Measured("floor")
    rounds: list[tuple[float, float]] = []
    worked = time.process_time()
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        applicants, listings = (pl.read_parquet(folder / f"{n}.parquet") for n in ("applicants", "listings"))
        loaded = time.perf_counter()
        found = [_joined(applicants, listings, keys) for keys in _KEYS]
        rounds.append((loaded - began, time.perf_counter() - loaded))
    measured.add("screen", statistics.median(map(sum, rounds)), (time.process_time() - worked) / _ROUNDS)
    told = ", ".join(f"{read:.2f} + {joins:.2f}" for read, joins in rounds)
    measured.notes.append(f"reading + joins: {told} s; the median counts")
    pairs = pl.concat(found).unique()
    measured.candidates, measured.accounted = len(pairs), len(applicants)
    measured.finish(out, pairs.with_columns(rank=2))


def _joined(applicants: pl.DataFrame, listings: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    asking = applicants.filter(pl.col(keys[0]) != "")
    found = asking.join(listings, on=keys, how="inner")
    return found.select(pl.col("id").alias("applicant"), pl.col("id_right").alias("listing"))
