"""Builds this product's index of a made list, and a file of its listings: python -m ... INPUT OUT.

In chunks spread over the processors, as the product builds it from its store. The file of listings, which stands for
that store, is made afterwards and not part of the time.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.methods.memory import peak_megabytes
from benchmarks.methods.own import recognised, rows_of
from benchmarks.methods.own_blocks import BUILT, COLUMNS, INDEX, LISTINGS, subjects
from credit_sync.processes import Helper, Team, cores
from credit_sync.records import Listing
from credit_sync.screening.entries import Entries, listed_entries
from credit_sync.screening.index import FOREVER, segment_of
from credit_sync.screening.texts import Texts

_CHUNK = 10_000


def main() -> None:
    """Writes the index, the listings, and what it took."""
    folder, out = map(Path, sys.argv[1:])
    place = out / INDEX
    place.mkdir(parents=True, exist_ok=True)
    path = folder / "listings.parquet"
    count = pl.scan_parquet(path).select(pl.len()).collect().item()
    starts = range(0, count, _CHUNK)
    began = time.perf_counter()
    blocks: list[Entries] = _spread(_entries_in, path, starts)
    segment_of([(block, np.full(len(block), FOREVER, np.int32)) for block in blocks]).save(place)
    facts = {"seconds": time.perf_counter() - began, "megabytes": peak_megabytes(), "listings": count}
    facts["size"] = sum(file.stat().st_size for file in place.iterdir() if file.suffix == ".npy") / 1e6
    del blocks
    Texts.joined(_spread(_rows_in, path, starts)).save(out, LISTINGS)
    (out / BUILT).write_text(json.dumps(facts), encoding="utf-8")


def _spread(start: Callable[[Path], Callable[[int], Any]], path: Path, starts: Sequence[int]) -> list[Any]:
    team: Team[int, Any] = Team(start(path))
    for _ in range(cores() - 1):
        team.add(Helper(start, path))
    answers = list(team.answers(starts))
    team.close()
    return answers


def _recognised(path: Path, start: int) -> pl.DataFrame:
    return recognised(pl.scan_parquet(path).slice(start, _CHUNK).collect())


def _rows_in(path: Path) -> Callable[[int], Texts]:
    return lambda start: rows_of(_recognised(path, start))


def _entries_in(path: Path) -> Callable[[int], Entries]:
    def entries(start: int) -> Entries:
        rows = _recognised(path, start)
        listings = (Listing(subject=subject, list="") for subject in subjects(rows.select(COLUMNS).iter_rows()))
        return listed_entries(zip(rows["id"].to_list(), listings, strict=True))

    return entries


if __name__ == "__main__":
    main()
