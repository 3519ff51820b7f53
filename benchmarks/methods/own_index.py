"""Builds this product's index of a made list, and an Arrow file of its listings: python -m ... INPUT FOLDER.

In chunks spread over the processors, as the product builds it from its store. The Arrow file, which stands for that
store, is made afterwards and not part of the time.
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
from benchmarks.methods.own import recognised, write_rows
from benchmarks.methods.own_blocks import COLUMNS, subjects
from credit_sync.processes import Helper, Team, cores
from credit_sync.records import Listing
from credit_sync.screening.entries import Entries, listed_entries
from credit_sync.screening.index import FOREVER, segment_of

_CHUNK = 10_000


def main() -> None:
    """Writes the index, the Arrow file, and built.json with what it took."""
    folder, place = map(Path, sys.argv[1:])
    place.mkdir(parents=True, exist_ok=True)
    path = folder / "listings.parquet"
    count = pl.scan_parquet(path).select(pl.len()).collect().item()
    starts = range(0, count, _CHUNK)
    began = time.perf_counter()
    blocks: list[Entries] = _spread(_entries_in, path, starts)
    segment_of([(block, np.full(len(block), FOREVER, np.int32)) for block in blocks]).save(place)
    facts = {"seconds": time.perf_counter() - began, "megabytes": peak_megabytes(), "listings": count}
    del blocks
    arrow = place / "listings.arrow"
    write_rows(pl.concat(_spread(_recognised_in, path, starts)).sort("id"), arrow)
    facts["size"] = sum(file.stat().st_size for file in place.iterdir() if file.suffix == ".npy") / 1e6
    (place / "built.json").write_text(json.dumps(facts), encoding="utf-8")


def _spread(start: Callable[[Path], Callable[[int], Any]], path: Path, starts: Sequence[int]) -> list[Any]:
    team: Team[int, Any] = Team(start(path))
    for _ in range(cores() - 1):
        team.add(Helper(start, path))
    answers = list(team.answers(starts))
    team.close()
    return answers


def _recognised_in(path: Path) -> Callable[[int], pl.DataFrame]:
    return lambda start: recognised(pl.scan_parquet(path).slice(start, _CHUNK).collect())


def _entries_in(path: Path) -> Callable[[int], Entries]:
    chunk = _recognised_in(path)

    def entries(start: int) -> Entries:
        rows = chunk(start)
        listings = (Listing(subject=subject, list="") for subject in subjects(rows.select(COLUMNS).iter_rows()))
        return listed_entries(zip(rows["id"].to_list(), listings, strict=True))

    return entries


if __name__ == "__main__":
    main()
