"""Looking up one subject among M listings in a real store: as a fresh process, and inside a running one.

    python -m benchmarks.lookup --listings 5000000 [--data FOLDER] [--url postgresql+psycopg://USER@HOST/DB]

Loads the store through the ordinary pull, once per input and URL. Asks for applicants of the made input (planted ones and
strangers), and checks that the look-up gives the candidates and verdicts of the batch. Ends with 2 when a target is
missed, with 1 when an answer differs.
"""

import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
from sqlalchemy import Connection

from benchmarks.made_input.write import make_input
from benchmarks.methods.own import recognised
from benchmarks.methods.own_blocks import COLUMNS, subjects
from benchmarks.options import store_parser
from benchmarks.stores import MadeStore, loaded
from credit_sync.lookup import Answer, ground, look_up
from credit_sync.records import Listing
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index_files import open_index
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings, load_settings
from credit_sync.store.engine import open_engine
from credit_sync.subjects.subject import Subject

FRESH_SECONDS, WARM_SECONDS = 1.0, 0.1
_FRESH = 9
_Verdicts = list[tuple[str, str]]
"""(number of the listing, verdict), sorted."""


def main() -> int:
    """Loads, measures, checks, prints."""
    options = store_parser(__doc__, "--queries", 1000).parse_args()
    folder = make_input(options.folder, options.seed, options.queries, options.listings, options.data)
    place = folder / ("store" if not options.url else f"store-{options.url.split(':')[0]}")
    store = loaded(place, folder, options.url)
    asked = pl.read_parquet(folder / "applicants.parquet")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    fresh = [_fresh(store, row) for row in asked.head(_FRESH).iter_rows(named=True)]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / len(fresh)
    times, cpu, differing = _running(store, list(subjects(recognised(asked).select(COLUMNS).iter_rows())))
    median, p95 = statistics.median(fresh), float(np.percentile(times, 95))
    print(f"| fresh process, median of {len(fresh)} | {median:.2f} s | target < {FRESH_SECONDS} s |")
    print(f"| its CPU time, mean | {worked:.2f} s | |")
    print(f"| inside a running one, median of {len(times)} | {statistics.median(times) * 1000:.1f} ms | |")
    print(f"| 95 % within | {p95 * 1000:.1f} ms | target < {WARM_SECONDS * 1000:.0f} ms |")
    print(f"| CPU time, 95 % within | {np.percentile(cpu, 95) * 1000:.1f} ms | |")
    print(f"| slowest | {max(times) * 1000:.0f} ms | |")
    print(f"| differing from the batch | {len(differing)} of {len(times)} | target 0 |")
    for line in differing[:10]:
        print(f"  {line}")
    return 1 if differing else 2 if median >= FRESH_SECONDS or p95 >= WARM_SECONDS else 0


def _fresh(store: MadeStore, row: dict[str, str]) -> float:
    arguments = ["lookup", "--reason", "benchmark", "--json", "--name", row["name"]]
    if row["identifier"]:
        arguments += ["--id" if row["kind"] == "person" else "--code", row["identifier"]]
    return store.run(*arguments)[0]


def _running(store: MadeStore, asked: Sequence[Subject]) -> tuple[list[float], list[float], list[str]]:
    """Seconds of each look-up, by the clock and of CPU; the subjects that the batch judges otherwise."""
    settings = load_settings(store.config)
    now = datetime.now().replace(microsecond=0)
    scales = Scales(load_weights(settings.mappings_folder), reference())
    engine = open_engine(settings)
    index = settings.path(settings.store.index)
    times: list[float] = []
    cpu: list[float] = []
    answers: list[_Verdicts] = []
    with engine.connect() as connection:
        for subject in asked:
            began, worked = time.perf_counter(), time.process_time()
            rests_on = ground(connection, settings, now, open_index(connection, index))
            answer = look_up(connection, subject, rests_on)
            times.append(time.perf_counter() - began)
            cpu.append(time.process_time() - worked)
            answers.append(_of_look_up(answer))
        batch = _batch(connection, settings, asked, scales, now)
    engine.dispose()
    both = zip(asked, answers, batch, strict=True)
    return times, cpu, [f"{s.name}: {a} but the batch says {b}" for s, a, b in both if a != b]


def _of_look_up(answer: Answer) -> _Verdicts:
    listed = ((f.record.number, f.comparison.verdict.value) for f in answer.found if isinstance(f.record, Listing))
    return sorted(listed)


def _batch(
    connection: Connection, settings: Settings, asked: Sequence[Subject], scales: Scales, now: datetime
) -> list[_Verdicts]:
    current = open_index(connection, settings.path(settings.store.index))
    scales = replace(scales, listed=current.stamp.entries)
    judged, listings = StoredCandidates(connection, current).judge(dict(enumerate(asked)), scales, now)
    number = {i: found.number for i, (found, _) in listings.items()}
    return [
        sorted(
            (
                *((number[i], c.verdict.value) for i, c in judgement.matches),
                *((number[i], "unverifiable") for i in judgement.namesake_ids),
                *((number[i], "clear") for i, _ in judgement.related),
            )
        )
        for judgement in judged.values()
    ]


if __name__ == "__main__":
    sys.exit(main())
