"""Loading a watch list: this product's pull stage beside polars that reads, normalises and writes the same rows.

    python -m benchmarks.loading [--rows 1000000] [--names FOLDER] [--store postgresql://...] [--keep FOLDER]

Makes a list of 失信被执行人 (see debtor_rows.py) as list.csv.gz, and as it is a night later, then times, each in a
process of its own: the product's first pull, the index that the first screening builds from it (started processes
included), the same list again, the next night's list; and the peer: polars reads
the same file, normalises names and numbers (NFKC, traditional to simplified, punctuation, upper case) and writes all
rows to a database of the same kind by ADBC, in one table without index or history. FOLDER may hold CSV files with a
column `name`, whose names the organisations then bear. Needs polars and, for the peer, adbc-driver-sqlite or
adbc-driver-postgresql. A PostgreSQL store must be empty.
"""

import argparse
import csv
import gzip
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.debtor_rows import write

if TYPE_CHECKING:
    from credit_sync.settings import Settings

SEED = 7
NIGHTS = ("first", "unchanged", "changed")


def settings_for(folder: Path, store: str, pattern: str) -> "Settings":
    """A department with one list, of which the files are in the folder."""
    from credit_sync.settings import Settings

    source = {"kind": "file", "mapping": "dishonest_debtors", "folder": ".", "delivery": "full"}
    source |= {"pattern": pattern, "max_megabytes": 8000}
    settings = Settings.model_validate({"store": {"url": store}, "sources": {"debtors": source}})
    return settings.model_copy(update={"base": folder, "mappings": Path("mappings").resolve()})


def product(folder: Path, store: str, step: str) -> dict[str, Any]:
    """One pull of this product."""
    from credit_sync.pulling.pull import pull
    from credit_sync.store import ledger
    from credit_sync.store.engine import open_engine
    from credit_sync.store.migrate import upgrade

    settings = settings_for(folder, store, "night2.csv.gz" if step == "changed" else "list.csv.gz")
    engine = open_engine(settings)
    upgrade(engine)
    night = datetime(2026, 11, 1, 1) + timedelta(days=NIGHTS.index(step))
    run = ledger.begin(engine, night, {})
    began = time.perf_counter()
    pulled = pull(engine, settings, run)[0]
    seconds = time.perf_counter() - began
    ledger.finish(engine, run, "done")
    if pulled.state != "accepted":
        raise SystemExit(pulled.problem)
    return {"seconds": seconds, "counts": pulled.counts.stored()}


def index(folder: Path, store: str, _step: str) -> dict[str, Any]:
    """The index that the first screening builds."""
    from credit_sync.screening.index_files import build_index
    from credit_sync.store.engine import open_engine

    engine = open_engine(settings_for(folder, store, "list.csv.gz"))
    shutil.rmtree(folder / "index", ignore_errors=True)
    began = time.perf_counter()
    build_index(engine, folder / "index")
    seconds = time.perf_counter() - began
    size = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    return {"seconds": seconds, "counts": {"megabytes on disk": size // 1_000_000}}


def peer(folder: Path, store: str, _step: str) -> dict[str, Any]:
    """The same rows through polars and ADBC."""
    import opencc
    import polars as pl

    single = opencc.OpenCC("t2s")
    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    pairs = {c: str(single.convert(c)) for c in characters}
    table = {c: simple for c, simple in pairs.items() if simple != c}

    def folded(column: str) -> pl.Expr:
        text = pl.col(column).str.normalize("NFKC").str.replace_many(list(table), list(table.values()))
        return text.str.replace_all(r"[\s\p{P}]+", "").str.to_uppercase().alias(f"{column}_folded")

    database = f"sqlite:///{folder}/peer.db" if store.startswith("sqlite") else store
    began = time.perf_counter()
    rows = pl.read_csv(folder / "list.csv.gz", infer_schema=False)
    rows = rows.with_columns(folded("iname"), folded("cardNum"), folded("businessEntity"))
    rows.write_database("of_the_peer", database, engine="adbc", if_table_exists="replace")
    seconds = time.perf_counter() - began
    _drop("of_the_peer", database)
    return {"seconds": seconds, "counts": {"rows": rows.height}}


def _drop(table: str, database: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {table}"))


RUNNERS: dict[str, Callable[[Path, str, str], dict[str, Any]]] = {
    "peer": peer,
    "first": product,
    "index": index,
    "unchanged": product,
    "changed": product,
}
"""The steps, in their order."""


def measured(step: str, folder: Path, store: str) -> dict[str, Any]:
    """One step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.loading", "--step", step, "--keep", str(folder), "--store", store]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{step}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def names_in(folder: Path | None) -> list[str]:
    """Every organisation's name in the folder's CSV files, sorted."""
    found: set[str] = set()
    for path in sorted(folder.glob("org*.csv*")) if folder else ():
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = content.decode("utf-8-sig").splitlines()
        found.update(row["name"] for row in csv.DictReader(lines) if row.get("name"))
    return sorted(found)


def compare(options: argparse.Namespace, folder: Path) -> None:
    """Makes the lists, runs every step, prints the table."""
    names = names_in(options.names)
    write(folder / "list.csv.gz", options.rows, SEED, names)
    write(folder / "night2.csv.gz", options.rows, SEED, names, night=2)
    model = next((x.split(":")[1].strip() for x in _lines("/proc/cpuinfo") if x.startswith("model name")), "")
    print(f"{options.rows} rows; {os.cpu_count()} cores {model}; load {os.getloadavg()[0]:.1f}", end="; ")
    print(f"Python {platform.python_version()}; store {options.store.split(':')[0]}")
    print(f"{'':12}{'s':>8}{'rows/s':>10}{'x peer':>8}{'CPU s':>8}{'MB':>7}{'MB of a reader':>16}")
    against = 0.0
    for step in RUNNERS:
        result = measured(step, folder, options.store)
        against = against or result["seconds"]
        speed, times = options.rows / result["seconds"], result["seconds"] / against
        memory = f"{result['processor']:8.1f}{result['megabytes']:7.0f}{result['reader_megabytes']:16.0f}"
        print(f"{step:12}{result['seconds']:8.1f}{speed:10.0f}{times:8.2f}{memory}  {_short(result['counts'])}")


def _used() -> dict[str, float]:
    """Memory of this process and of the largest it started, and processor time of all."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    memory = {"megabytes": own.ru_maxrss / 1024, "reader_megabytes": children.ru_maxrss / 1024}
    return memory | {"processor": processor}


def _short(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--names", type=Path, help="folder of CSV files with organisations' names")
    parser.add_argument("--store", default="sqlite:///store.db", help="where the product writes")
    parser.add_argument("--keep", type=Path, help="folder for the files, kept afterwards")
    parser.add_argument("--step", choices=RUNNERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        result = RUNNERS[options.step](options.keep, options.store, options.step)
        print(json.dumps(result | _used()))
    elif options.keep:
        compare(options, options.keep)
    else:
        with tempfile.TemporaryDirectory(prefix="loading-") as name:
            compare(options, Path(name))


if __name__ == "__main__":
    main()
