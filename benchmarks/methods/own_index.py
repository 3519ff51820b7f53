"""Builds this product's index of a made list, and an Arrow file of its listings: python -m ... INPUT FOLDER.

In chunks spread over the processors, as the product builds it from its store.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.methods.measured import peak_megabytes
from benchmarks.methods.own import recognised, subjects, write_rows
from credit_sync.records import Listing
from credit_sync.screening.entries import Entries, listed_entries
from credit_sync.screening.index import FOREVER, segment_of

_CHUNK = 50_000


def main() -> None:
    """Writes the index, the Arrow file, and built.json with what it took."""
    folder, place = map(Path, sys.argv[1:])
    place.mkdir(parents=True, exist_ok=True)
    count = pl.scan_parquet(folder / "listings.parquet").select(pl.len()).collect().item()
    starts = range(0, count, _CHUNK)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        found = list(pool.map(_entries, [str(folder / "listings.parquet")] * len(starts), starts))
    arrow = place / "listings.arrow"
    write_rows(pl.concat([rows for rows, _ in found]).sort("id"), arrow)
    blocks = [block for _, block in found]
    del found
    segment_of([(block, np.full(len(block), FOREVER, np.int32)) for block in blocks]).save(place)
    size = sum(path.stat().st_size for path in place.iterdir() if path != arrow) / 1e6
    facts = {"listings": count, "size": size, "megabytes": peak_megabytes()}
    (place / "built.json").write_text(json.dumps(facts), encoding="utf-8")


def _entries(path: str, start: int) -> tuple[pl.DataFrame, Entries]:
    frame = recognised(pl.scan_parquet(path).slice(start, _CHUNK).collect())
    listings = (Listing(subject=subject, list="") for subject in subjects(frame.iter_rows(named=True)))
    return frame, listed_entries(zip(frame["id"].to_list(), listings, strict=True))


if __name__ == "__main__":
    main()
