"""A quiet night against a full screening: 0.5 % of the listings and 1 % of the applicants have changed.

    python -m benchmarks.quiet_night --applicants 50000 --listings 1000000 [--data FOLDER] [--url URL]
                                   [--nights N]

In a real store, by the ordinary pull: a first night, the changes, the quiet night's screening (several in a row, each
after changes of its own), then everybody again. Both must leave the same verdicts and matches (else it ends with 1); a
quiet night may cost a third at most (else 2).
"""

import shutil
import sys
import time
from datetime import datetime

import numpy as np
import polars as pl
from numpy.random import Generator
from sqlalchemy import Engine, select

from benchmarks.made_input.damage import unlike
from benchmarks.made_input.write import make_input
from benchmarks.methods.measured import processor_time
from benchmarks.options import store_parser
from benchmarks.stores import MadeStore
from credit_sync.screening.screen import ScreenCounts, screen
from credit_sync.settings import Settings, load_settings
from credit_sync.store import ledger, schema
from credit_sync.store.engine import open_engine

LISTINGS_CHANGED, APPLICANTS_CHANGED, MOST = 0.005, 0.01, 1 / 3


def main() -> int:
    """A first night, quiet ones, and a full screening."""
    parser = store_parser(__doc__, "--applicants", 2000)
    parser.add_argument("--nights", type=int, default=1, help="quiet nights in a row")
    options = parser.parse_args()
    folder = make_input(options.folder, options.seed, options.applicants, options.listings, options.data)
    place = folder / "nights"
    shutil.rmtree(place, ignore_errors=True)
    store = MadeStore(place, options.url)
    applicants, listings = (pl.read_parquet(folder / f"{n}.parquet") for n in ("applicants", "listings"))
    _pull(store, applicants, listings)
    settings = load_settings(store.config)
    engine = open_engine(settings)
    (first, _), counts = _screened(engine, settings, everybody=False)
    print(f"first screening, index built on the way: {first:.1f} s, {counts.judged} of {counts.applicants} judged")
    rng = np.random.default_rng(options.seed)
    nights = []
    for night in range(2, options.nights + 2):
        applicants = _changed(rng, applicants, APPLICANTS_CHANGED)
        listings = _changed(rng, listings, LISTINGS_CHANGED)
        _pull(store, applicants, listings)
        took, counts = _screened(engine, settings, everybody=False)
        nights.append(took)
        print(f"night {night}, quiet: {_told(took)}, {counts.judged} of {counts.applicants} judged", flush=True)
    after_quiet = _outcome(engine)
    full, counts = _screened(engine, settings, everybody=True)
    same = after_quiet == _outcome(engine)
    print(f"everybody again: {_told(full)}, {counts.judged} of {counts.applicants} judged")
    shares = [[part / whole for part, whole in zip(quiet, full, strict=True)] for quiet in nights]
    share = ", ".join(f"{clock:.2f} (of CPU {cpu:.2f})" for clock, cpu in shares)
    print(f"share {share}, at most {MOST:.2f}; {'the same matches' if same else 'MATCHES DIFFER'}")
    return 1 if not same else 2 if max(shares)[0] > MOST else 0


def _told(took: tuple[float, float]) -> str:
    return f"{took[0]:.2f} s ({took[1]:.2f} of CPU)"


def _pull(store: MadeStore, applicants: pl.DataFrame, listings: pl.DataFrame) -> None:
    store.write_applicants(applicants)
    store.write_listings(listings)
    took, _ = store.run("run", "--only", "pull")
    print(f"pulled in {took:.0f} s")


def _screened(engine: Engine, settings: Settings, *, everybody: bool) -> tuple[tuple[float, float], ScreenCounts]:
    """Seconds by the clock and of CPU, helpers included; what the screening came to."""
    run = ledger.begin(engine, datetime.now().replace(microsecond=0), {"benchmark": everybody})
    began, worked = time.perf_counter(), processor_time()
    counts = screen(engine, settings, run, everybody=everybody)
    took = time.perf_counter() - began, processor_time() - worked
    ledger.finish(engine, run, "done")
    if counts.applicants != sum(counts.verdicts.values()):
        sys.exit(f"INCOMPLETE: {counts.applicants} applicants, verdicts {counts.verdicts}")
    return took, counts


def _changed(rng: Generator, frame: pl.DataFrame, share: float) -> pl.DataFrame:
    """A share of the rows changed: half get another character in their name, a quarter go, a quarter come."""
    count = max(round(len(frame) * share), 4)
    rows = rng.permutation(len(frame))[: count * 3 // 4]
    renamed, gone = rows[: count // 2], rows[count // 2 :]
    names = frame["name"].to_list()
    for row in renamed.tolist():
        names[row] = names[row][:-1] + unlike(names[row][-1], rng)
    kept = frame.with_columns(pl.Series("name", names)).filter(~pl.col("id").is_in(gone.tolist()))
    fresh = frame[gone].with_columns(id=pl.col("id") + len(frame), name=pl.Series([names[r] for r in gone[::-1]]))
    return pl.concat([kept, fresh])


def _outcome(engine: Engine) -> list[tuple[object, ...]]:
    """Every applicant's verdict, and every open flag with its listings."""
    screening, flag = schema.screening, schema.flag
    with engine.connect() as connection:
        verdicts = connection.execute(
            select(screening.c.applicant_id, screening.c.verdict, screening.c.reason).order_by(
                screening.c.applicant_id
            )
        ).all()
        flags = connection.execute(select(*(flag.c[n] for n in _FLAG_COLUMNS)).order_by(flag.c.id)).all()
    return [*map(tuple, verdicts), *map(tuple, flags)]


_FLAG_COLUMNS = tuple(c.name for c in schema.flag.columns if not c.name.endswith("_at"))


if __name__ == "__main__":
    sys.exit(main())
