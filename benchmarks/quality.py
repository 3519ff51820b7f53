"""How well two names are told to be one organisation or two, by kind of variant, beside other tools.

    python benchmarks/quality.py PAIRS.csv [PAIRS.csv ...] [--skip METHOD]

The files have the columns name_a, name_b, kind and same; rows whose `same` is neither 1 nor 0 are left out. Every
method sees the names only. Pairs of a parent and its branch, or of two branches, are scored apart: they are different
registrations, but not different legal persons. Libraries that are not installed are named and left out.
"""

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from quality_methods import OTHERS, Method, Pair
from quality_persons import print_ranking

from credit_sync.records import Listing
from credit_sync.screening.comparison import compare
from credit_sync.screening.evidence import Scales
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Subject

APART = {"neg_parent_branch", "neg_sibling_branch"}
BANDS = (0.0, 0.1, 0.5, 0.9, 0.99, 1.01)


@dataclass(frozen=True)
class Labelled:
    """A pair with its kind and answer."""

    names: Pair
    kind: str
    same: bool


def read(paths: Sequence[Path]) -> list[Labelled]:
    """The pairs whose answer is known."""
    found = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["same"] in ("0", "1"):
                    found.append(Labelled((row["name_a"], row["name_b"]), row["kind"], row["same"] == "1"))
    return found


def own_scores(pairs: Sequence[Pair], _: Sequence[bool]) -> list[float]:
    """The probability that this product gives."""
    scales = Scales(load_weights(), reference())
    return [
        compare(_organisation(a), Listing(subject=_organisation(b), list=""), scales).probability for a, b in pairs
    ]


def _organisation(name: str) -> Subject:
    return Subject(kind=SubjectKind.ORGANISATION, name=name)


def main() -> None:
    """Reads the pairs, scores them by every method, prints the tables as Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("pairs", type=Path, nargs="+")
    arguments.add_argument("--skip", action="append", default=[], help="leave a method out, e.g. logic-v2")
    given = arguments.parse_args()
    labelled = read(given.pairs)
    bands = load_weights().bands
    own = Method("probable", bands.probable, own_scores)
    scores = {"possible": (bands.possible, found := own_scores(*_columns(labelled))), own.title: (own.cut, found)}
    for method in (m for m in OTHERS if m.title not in given.skip):
        started = time.perf_counter()
        try:
            scores[method.title] = (method.cut, method.score(*_columns(labelled)))
        except ImportError as missing:
            print(f"{method.title}: not installed ({missing})")
            continue
        print(f"{method.title}: {time.perf_counter() - started:.0f} s")
    print_kinds(labelled, scores)
    print_totals(labelled, scores)
    print_calibration(labelled, found)
    print_ranking(given.skip)


def _columns(labelled: Sequence[Labelled]) -> tuple[list[Pair], list[bool]]:
    return [pair.names for pair in labelled], [pair.same for pair in labelled]


Scored = dict[str, tuple[float, list[float]]]


def print_kinds(labelled: Sequence[Labelled], scores: Scored) -> None:
    """Per kind: the share of its pairs that each method calls the same, in percent."""
    places: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for place, pair in enumerate(labelled):
        places[not pair.same, pair.kind].append(place)
    print(f"\n| kind | pairs | {' | '.join(scores)} |\n|---|---|{'---|' * len(scores)}")
    for (different, kind), of_kind in sorted(places.items()):
        shares = (
            f"{100 * sum(values[place] >= cut for place in of_kind) / len(of_kind):.1f}"
            for cut, values in scores.values()
        )
        print(f"| {'' if different else '**same** '}{kind} | {len(of_kind)} | {' | '.join(shares)} |")


def print_totals(labelled: Sequence[Labelled], scores: Scored) -> None:
    """Precision, recall and Brier score over everything, and recall of damaged names; branches left out."""
    places = [place for place, pair in enumerate(labelled) if pair.kind not in APART]
    damaged = [place for place in places if labelled[place].kind.startswith("derived_")]
    print(
        "\n| method | precision | recall | recall, damaged names | alarms on different ones | Brier |\n|---|---|---|---|---|---|"
    )
    for title, (cut, values) in scores.items():
        called = [place for place in places if values[place] >= cut]
        right = sum(labelled[place].same for place in called)
        positive = sum(labelled[place].same for place in places)
        wrong = (len(called) - right) / (len(places) - positive)
        brier = sum((values[place] - labelled[place].same) ** 2 for place in places) / len(places)
        found = sum(values[place] >= cut for place in damaged) / max(len(damaged), 1)
        print(
            f"| {title} | {right / max(len(called), 1):.3f} | {right / positive:.3f} | {found:.4f} "
            f"| {100 * wrong:.2f} % | {brier:.3f} |"
        )


def print_calibration(labelled: Sequence[Labelled], probabilities: Sequence[float]) -> None:
    """For each band of probability: what was said, and what was so."""
    print("\n| probability said | pairs | said on average | the same in fact |\n|---|---|---|---|")
    for low, high in pairwise(BANDS):
        chosen = [
            (p, pair.same)
            for p, pair in zip(probabilities, labelled, strict=True)
            if low <= p < high and pair.kind not in APART
        ]
        if chosen:
            said, so = (sum(column) / len(chosen) for column in zip(*chosen, strict=True))
            print(f"| {low:g} to {min(high, 1):g} | {len(chosen)} | {said:.3f} | {so:.3f} |")


if __name__ == "__main__":
    main()
