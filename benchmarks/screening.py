"""Screening N applicants against M listings: this product, its peers and the floor, in one run on the same input.

    python -m benchmarks.screening --applicants 50000 --listings 1000000 --data FOLDER

Each method runs in a process of its own, so that its peak memory is its own. With `--rounds` all take turns several times, for
the clock is not the same twice; of each the round in the middle counts. FOLDER holds real names of organisations,
brands and characters, and pairs_train_derived.csv; without it names are generated and the derived pairs left out.
Needs the optional dependencies `bench`. Ends with 1 when a method's answer is incomplete, with 2 when a target is missed.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.made_input.write import make_derived, make_input
from benchmarks.methods import KEEP_INDEX, METHODS
from benchmarks.methods.measured import Measured
from benchmarks.options import input_parser


def main() -> int:
    """Runs what was asked for and prints the report."""
    options = _options()
    if options.derived:
        folder = make_derived(options.folder, options.seed, options.listings, options.data)
    else:
        folder = make_input(options.folder, options.seed, options.applicants, options.listings, options.data)
    out = folder / "results"
    out.mkdir(exist_ok=True)
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}; input {folder.name}")
    rounds = [_round(options.methods, folder, out) for _ in range(options.rounds)]
    for method in options.methods:
        found = sorted((taken[method] for taken in rounds), key=report.screen_seconds)
        found[(len(found) - 1) // 2].write(out)
        if len(found) > 1:
            print(f"  {method}: {', '.join(f'{report.screen_seconds(one):.2f}' for one in found)} s")
    return report.show(folder, out, options.methods)


def _round(methods: list[str], folder: Path, out: Path) -> dict[str, Measured]:
    """Each method once; an index that was built is kept for the rounds that follow."""
    taken = {method: _measure(method, folder, out) for method in methods}
    os.environ[KEEP_INDEX] = "1"
    return taken


def _measure(method: str, folder: Path, out: Path) -> Measured:
    """One method in a process of its own. Raises SystemExit when it fails."""
    (out / f"{method}.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.methods", method, folder, out]
    print(f"  {method} ...", end="", flush=True)
    done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True)
    print(" done" if done.returncode == 0 else " FAILED", flush=True)
    if done.returncode:
        sys.exit(f"{method} gave no answer:\n{done.stderr[-3000:]}")
    return Measured.read(out, method)


def _options() -> argparse.Namespace:
    parser = input_parser(__doc__, "--applicants", 2000)
    parser.add_argument("--derived", action="store_true", help="the pairs of pairs_train_derived.csv instead")
    parser.add_argument("--rounds", type=int, default=1, help="how often each method runs")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    if options.derived and not options.data:
        parser.error("--derived needs --data")
    return options


if __name__ == "__main__":
    sys.exit(main())
