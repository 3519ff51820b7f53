"""The report of one run: what each method took and found, per kind of variant, and the targets with pass or fail."""

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.methods.measured import Measured

_LARGE = 5_000_000
"""From this size on the targets of a large list hold."""
RANKS = {"clear": 0, "unverifiable": 1, "possible": 2, "probable": 3, "confirmed": 4}


@dataclass(frozen=True)
class Found:
    """One method's pairs held against the truth."""

    measured: Measured
    kinds: pl.DataFrame
    """variant, same, planted, found (of the same subject) or alarmed (of another), rate."""
    recall: float
    recall_ids: float
    precision: dict[str, float]
    """By verdict: the share of the pairs of that verdict or better that were planted as the same subject."""
    strangers: dict[str, float]
    """By verdict: of 1,000 applicants not on the list, how many raise it or better."""

    @property
    def screen(self) -> float:
        """As `screen_seconds`."""
        return screen_seconds(self.measured)

    @property
    def cpu(self) -> float:
        """The same in processor time."""
        return self.measured.cpu["screen"] + self.measured.cpu.get("blocks", 0.0)


def screen_seconds(measured: Measured) -> float:
    """Seconds from the prepared list to scored pairs. What does not outlive the process is part of it."""
    return measured.seconds["screen"] + measured.seconds.get("blocks", 0.0)


def show(folder: Path, out: Path, methods: list[str]) -> int:
    """Prints everything; the exit code."""
    facts = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    truth = pl.read_parquet(folder / "truth.parquet")
    results = {m: _found(folder, out, Measured.read(out, m), truth) for m in methods}
    incomplete = [m for m, r in results.items() if r.measured.accounted != facts["applicants"]]
    _print_methods(results)
    _print_kinds(results)
    missed = _print_targets(facts, results, out)
    for method in incomplete:
        print(f"INCOMPLETE: {method} answered {results[method].measured.accounted} of {facts['applicants']}")
    return 1 if incomplete else 2 if missed else 0


def _found(folder: Path, out: Path, measured: Measured, truth: pl.DataFrame) -> Found:
    pairs = (
        pl.read_parquet(out / f"{measured.method}.parquet")
        .group_by("applicant", "listing")
        .agg(pl.col("rank").max())
    )
    applicants = pl.read_parquet(folder / "applicants.parquet", columns=["id"])
    strangers = applicants.join(truth, left_on="id", right_on="applicant", how="anti")
    if measured.sample:
        asked = pl.DataFrame({"applicant": measured.sample})
        truth = truth.join(asked, on="applicant", how="semi")
        strangers = strangers.join(asked, left_on="id", right_on="applicant", how="semi")
    joined = truth.join(pairs, on=["applicant", "listing"], how="left").with_columns(pl.col("rank").fill_null(0))
    least = (
        pl.when(measured.method == "credit_sync")
        .then(pl.col("least").replace_strict(RANKS, default=0))
        .otherwise(2)
    )
    judged = joined.with_columns(
        hit=pl.when("same")
        .then(pl.col("rank") >= least)
        .otherwise(pl.col("rank") > pl.col("most").replace_strict(RANKS, default=0))
    )
    kinds = (
        judged.group_by("variant", "same").agg(planted=pl.len(), hits=pl.col("hit").sum()).sort("same", "variant")
    )
    same = judged.filter("same")
    with_ids = same.filter("compatible_ids")
    return Found(
        measured=measured,
        kinds=kinds,
        recall=_mean(same["hit"]),
        recall_ids=_mean(with_ids["hit"]),
        precision={v: _precision(pairs.filter(pl.col("rank") >= r), same) for v, r in RANKS.items() if r},
        strangers={v: _alarmed(pairs.filter(pl.col("rank") >= r), strangers) for v, r in RANKS.items() if r},
    )


def _mean(hits: pl.Series) -> float:
    return float(hits.mean() or 0.0) if len(hits) else float("nan")  # type: ignore[arg-type]


def _precision(pairs: pl.DataFrame, same: pl.DataFrame) -> float:
    right = pairs.join(same, on=["applicant", "listing"], how="semi")
    return len(right) / len(pairs) if len(pairs) else float("nan")


def _alarmed(pairs: pl.DataFrame, strangers: pl.DataFrame) -> float:
    alarmed = pairs.select("applicant").unique().join(strangers, left_on="applicant", right_on="id", how="semi")
    return 1000 * len(alarmed) / max(len(strangers), 1)


_HEADINGS = (
    "method", "read s", "prepare s", "index s", "screen s", "x floor", "screen CPU s", "x floor",
    "peak MB", "candidates", "recall", "ids", "precision",
)  # fmt: skip


def _print_methods(results: dict[str, Found]) -> None:
    floor = results.get("floor")
    print(f"\n| {' | '.join(_HEADINGS)} |\n|{'---|' * len(_HEADINGS)}")
    for method, r in results.items():
        print(f"| {' | '.join(_cells(method, r, floor))} |")
    for method, r in results.items():
        for note in r.measured.notes:
            print(f"{method}: {note}")
        shares = ", ".join(f"{r.strangers[v]:.1f} raise {v} or better" for v in _shown(method))
        print(f"{method}: of 1,000 strangers {shares}")
    if "credit_sync" in results:
        shares = ", ".join(f"{v} {results['credit_sync'].precision[v]:.3f}" for v in _shown("credit_sync")[1:])
        print(f"credit_sync: precision from each verdict upwards: {shares}")


def _shown(method: str) -> tuple[str, ...]:
    return ("unverifiable", "possible", "probable", "confirmed") if method == "credit_sync" else ("possible",)


def _cells(method: str, r: Found, floor: Found | None) -> list[str]:
    s = r.measured.seconds
    wall, cpu = (floor.screen, floor.cpu) if floor else (float("nan"), float("nan"))
    return [
        f"{method} (extrapolated)" if r.measured.sample else method,
        *(f"{s.get(phase, 0):.1f}" for phase in ("read", "prepare")),
        f"{s.get('index', 0) + s.get('train', 0):.1f}",
        f"{r.screen:.2f}",
        f"{r.screen / wall:.1f}",
        f"{r.cpu:.2f}",
        f"{r.cpu / cpu:.1f}",
        f"{r.measured.peak_mb:.0f}",
        f"{r.measured.candidates:,}",
        f"{r.recall:.4f}",
        f"{r.recall_ids:.4f}",
        f"{r.precision['possible']:.3f}",
    ]


def _print_kinds(results: dict[str, Found]) -> None:
    shown = [m for m in results if m != "floor"]
    first = results[shown[0]].kinds if shown else None
    if first is None:
        return
    print(f"\n| variant | planted | {' | '.join(shown)} |\n|---|---|{'---|' * len(shown)}")
    rates = {
        m: {row["variant"]: row["hits"] / row["planted"] for row in results[m].kinds.to_dicts()} for m in shown
    }
    for row in first.to_dicts():
        cells = [f"{rates[m][row['variant']]:.3f}" if row["variant"] in rates[m] else "" for m in shown]
        print(f"| {row['variant']} | {row['planted']} | {' | '.join(cells)} |")


def _print_targets(facts: dict[str, int], results: dict[str, Found], out: Path) -> int:
    """Targets of the size that was run; how many are missed."""
    if "credit_sync" not in results:
        return 0
    derived = results["credit_sync"].kinds["variant"].str.starts_with("derived_").all()
    checks = _derived_targets(results) if derived else _targets(facts, results, out)
    print(f"\nTargets at {facts['applicants']:,} x {facts['listings']:,}")
    for text, passed in checks:
        print(f"  {'pass' if passed else 'FAIL'}  {text}")
    return sum(not passed for _, passed in checks)


Check = tuple[str, bool]


def _derived_targets(results: dict[str, Found]) -> list[Check]:
    recall = results["credit_sync"].recall
    return [(f"recall of derived pairs {recall:.4f} >= 0.985", recall >= 0.985)]


def _targets(facts: dict[str, int], results: dict[str, Found], out: Path) -> list[Check]:
    own, large = results["credit_sync"], facts["listings"] >= _LARGE
    probable, possible = (own.strangers[v] for v in ("probable", "possible"))
    checks = [
        (f"recall of planted variants {own.recall:.4f} >= 0.995", own.recall >= 0.995),
        (f"recall of compatible ids {own.recall_ids:.4f} = 1.0", own.recall_ids == 1.0),
        (f"of 1,000 strangers {probable:.1f} raise probable or better, < 5", probable < 5),
        (f"of 1,000 strangers {possible:.1f} raise possible or better, < 50", possible < 50),
    ]
    if "floor" in results:
        times, most = own.screen / results["floor"].screen, 15 if large else 40
        by_cpu = own.cpu / results["floor"].cpu
        checks.append((f"{times:.1f} times the floor ({by_cpu:.1f} in CPU time), at most {most}", times <= most))
    for method, least in ({"splink": 1} if large else {"brute": 100, "dict": 2}).items():
        if method in results:
            faster, by_cpu = results[method].screen / own.screen, results[method].cpu / own.cpu
            text = f"{faster:.1f} times faster than {method} ({by_cpu:.1f} in CPU time), at least {least}"
            checks.append((text, faster >= least))
    if large:
        checks.append((f"peak memory {own.measured.peak_mb:.0f} MB < 2,000", own.measured.peak_mb < 2000))
        checks += _growth(facts, own, out)
    return checks


def _growth(facts: dict[str, int], own: Found, out: Path) -> list[Check]:
    """time(5M)/time(1M), where the smaller size was run before."""
    name = out.parent.name.replace(str(facts["listings"]), str(facts["listings"] // 5))
    smaller = out.parent.parent / name / out.name
    if not (smaller / "credit_sync.json").exists():
        return []
    ratio = own.measured.seconds["screen"] / Measured.read(smaller, "credit_sync").seconds["screen"]
    return [(f"{ratio:.1f} times the time of a fifth of the list, at most 3", ratio <= 3)]
