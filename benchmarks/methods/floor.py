"""The floor: polars reads the same rows and makes two hash joins, by number and by name with region. No scores."""

from pathlib import Path

import polars as pl

from benchmarks.methods.measured import Measured

_KEYS = (["identifier"], ["name", "region"])


def run(folder: Path, out: Path) -> None:
    measured = Measured("floor")
    with measured.phase("read"):
        applicants, listings = (pl.read_parquet(folder / f"{n}.parquet") for n in ("applicants", "listings"))
    with measured.phase("screen"):
        found = [
            applicants.filter(pl.col(keys[0]) != "")
            .join(listings, on=keys, how="inner")
            .select(pl.col("id").alias("applicant"), pl.col("id_right").alias("listing"))
            for keys in _KEYS
        ]
    pairs = pl.concat(found).unique()
    measured.candidates, measured.accounted = len(pairs), len(applicants)
    measured.write(out, pairs.with_columns(rank=2))
