"""Names of organisations that are, or are not, one organisation: this product beside a plain edit similarity.

    python benchmarks/name_pairs.py PAIRS.csv

PAIRS.csv has the columns name_a, name_b and same (1 or 0; other rows are left out). Both sides see the names only.
"""

import csv
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from rapidfuzz.fuzz import ratio

from credit_sync.records import Listing
from credit_sync.screening.comparison import Verdict, compare
from credit_sync.screening.evidence import Scales
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Subject

CUT = 90


def organisation(name: str) -> Subject:
    """An organisation of which nothing but the name is known."""
    return Subject(kind=SubjectKind.ORGANISATION, name=name)


def main(path: Path) -> None:
    """Prints, for pairs of one and of different organisations, the share that each method calls the same."""
    scales = Scales(load_weights(), reference())
    found: dict[str, Counter[str]] = {"0": Counter(), "1": Counter()}
    with path.open(encoding="utf-8", newline="") as file:
        pairs = [row for row in csv.DictReader(file) if row["same"] in found]
    for pair in pairs:
        counts = found[pair["same"]]
        counts["pairs"] += 1
        left, right = (unicodedata.normalize("NFKC", pair[side]) for side in ("name_a", "name_b"))
        counts[f"ratio >= {CUT}"] += ratio(left, right) >= CUT
        listing = Listing(subject=organisation(pair["name_b"]), list="")
        rank = compare(organisation(pair["name_a"]), listing, scales).verdict.rank
        for verdict in (Verdict.PROBABLE, Verdict.POSSIBLE):
            counts[f"{verdict} or better"] += rank >= verdict.rank
    for same, counts in found.items():
        print("one organisation" if same == "1" else "different organisations", counts["pairs"])
        for method, count in counts.items():
            if method != "pairs":
                print(f"  {method:24} {count / counts['pairs']:.1%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
