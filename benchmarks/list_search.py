"""Finding damaged names of organisations in a large list, and leaving strangers alone: this product beside RapidFuzz.

    python benchmarks/list_search.py NAMES.csv.gz PAIRS.csv [--size 150000] [--queries 1000]

NAMES has a column `name`: `--size` of them are the list, others ask as strangers. PAIRS has name_a, name_b, same, kind:
the names of pairs with same = 1 are listed as name_b and asked for as name_a. No identifiers are given to either.
The peer compares every query with every entry (ratio >= 90), on every tenth query.
"""

import argparse
import csv
import gzip
import platform
import random
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rapidfuzz import fuzz, process

from credit_sync.records import Listing
from credit_sync.screening.evidence import Scales
from credit_sync.screening.reference import reference
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Subject

CUT = 90
EVERY = 10


def organisation(name: str) -> Subject:
    """An organisation of which nothing but the name is known."""
    return Subject(kind=SubjectKind.ORGANISATION, name=name)


def read(path: Path) -> Iterable[dict[str, str]]:
    """The rows of a CSV file, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def main() -> None:
    """Prints how many strangers are flagged, and what share of each kind of damage is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--size", type=int, default=150_000)
    parser.add_argument("--queries", type=int, default=1000)
    options = parser.parse_args()
    names = sorted({row["name"] for row in read(options.names)})
    random.Random(5).shuffle(names)
    listed, strangers = names[: options.size], names[options.size : options.size + options.queries]
    pairs = [row for row in read(options.pairs) if row["same"] == "1"]
    entries = [*listed, *(pair["name_b"] for pair in pairs)]
    print(f"{platform.machine()}, Python {platform.python_version()}; {len(entries)} entries")
    ours(entries, len(listed), strangers, pairs)
    peer(entries, len(listed), strangers[::EVERY], pairs[::EVERY])


def ours(entries: list[str], own: int, strangers: list[str], pairs: list[dict[str, str]]) -> None:
    """This product: `possible` or better."""
    scales = Scales(load_weights(), reference())
    began = time.perf_counter()
    table = ListingTable({n: Listing(subject=organisation(name), list="") for n, name in enumerate(entries)})
    print(f"credit_sync: keys of the list made in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    verdicts = Counter[str]()
    for name in strangers:
        others = [c.verdict for n, c in table.judge([organisation(name)], scales)[0].matches if n < own]
        verdicts.update([max(others, key=lambda v: v.rank).value] if others else [])
    found, total = Counter[str](), Counter[str]()
    for number, pair in enumerate(pairs, start=own):
        total[pair["kind"]] += 1
        found[pair["kind"]] += any(
            n == number for n, _ in table.judge([organisation(pair["name_a"])], scales)[0].matches
        )
    took = time.perf_counter() - began
    print(f"  strangers flagged: {verdicts.total()} of {len(strangers)} {dict(sorted(verdicts.items()))}")
    print(f"  damaged names found: {found.total() / total.total():.3f} of {total.total()}")
    for kind, count in sorted(total.items()):
        print(f"    {kind:28} {found[kind] / count:.3f} of {count}")
    print(f"  {(len(strangers) + len(pairs)) / took:.0f} queries a second")


def peer(entries: list[str], own: int, strangers: list[str], pairs: list[dict[str, str]]) -> None:
    """RapidFuzz: edit ratio of 90 or better, every query against every entry."""
    began = time.perf_counter()
    flagged = sum(any(n < own for _, _, n in _near(name, entries)) for name in strangers)
    numbers = range(own, len(entries), EVERY)
    found = sum(
        any(n == number for _, _, n in _near(pair["name_a"], entries))
        for number, pair in zip(numbers, pairs, strict=True)
    )
    took = time.perf_counter() - began
    print(f"rapidfuzz ratio >= {CUT}, brute force")
    print(f"  strangers flagged: {flagged} of {len(strangers)}")
    print(f"  damaged names found: {found / len(pairs):.3f} of {len(pairs)}")
    print(f"  {(len(strangers) + len(pairs)) / took:.0f} queries a second")


def _near(name: str, entries: list[str]) -> list[tuple[str, float, int]]:
    return process.extract(name, entries, scorer=fuzz.ratio, score_cutoff=CUT, limit=None)


if __name__ == "__main__":
    main()
