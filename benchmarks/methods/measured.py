"""What every method hands back: its times by phase, its peak memory, and its scored pairs."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl

from benchmarks.methods.memory import peak_megabytes

PAIRS = {"applicant": pl.Int64, "listing": pl.Int64, "rank": pl.Int8}
"""The pairs a method puts out. `rank`: 1 unverifiable (a namesake, no flag), 2 possible, 3 probable, 4 confirmed;
peers have one cut, so their pairs are 2."""


def processor_time() -> float:
    """Seconds of the processor so far, of this process and of those that it started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


@dataclass
class Measured:
    """Seconds by phase: read, prepare (normalise), index (kept from night to night), screen (list loaded)."""

    method: str
    seconds: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    """The same in seconds of processor time, of all threads and of processes that were started and have ended: what a
    machine shared with others disturbs least."""
    candidates: int = 0
    accounted: int = 0
    """Applicants with an answer, be it an empty one."""
    peak_mb: float = 0.0
    notes: list[str] = field(default_factory=list)
    sample: list[int] = field(default_factory=list)
    """The applicants that were asked, where time is extrapolated from a sample; empty: all of them."""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Adds the time spent inside to a phase."""
        began, worked = time.perf_counter(), processor_time()
        yield
        self.add(name, time.perf_counter() - began, processor_time() - worked)

    def add(self, name: str, seconds: float, cpu: float) -> None:
        """Adds to a phase."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self.cpu[name] = self.cpu.get(name, 0.0) + cpu

    def finish(self, folder: Path, pairs: pl.DataFrame, *, helpers_mb: float = 0.0) -> None:
        """The result beside its pairs; to be called at the end of the process. `helpers_mb`: memory of other processes."""
        self.peak_mb = peak_megabytes() + helpers_mb
        pairs.select(pl.col(c).cast(t) for c, t in PAIRS.items()).write_parquet(folder / f"{self.method}.parquet")
        self.write(folder)

    def write(self, folder: Path) -> None:
        """The result alone."""
        text = json.dumps(asdict(self), ensure_ascii=False)
        (folder / f"{self.method}.json").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, method: str) -> "Measured":
        return cls(**json.loads((folder / f"{method}.json").read_text(encoding="utf-8")))
