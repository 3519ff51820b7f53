"""A real store with made-up records: the input as CSV files, a configuration, and the ordinary commands on them."""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from credit_sync.screening.index_files import build_index
from credit_sync.settings import load_settings
from credit_sync.store.engine import open_engine

_CONFIG = """mappings = "{mappings}"

[department]
name = "安徽省科学技术厅"
uscc = "11340000MB0000019J"

[store]
url = "{url}"

[reports]
folder = "reports"

[sources.listings]
kind = "file"
mapping = "dishonest_debtors"
folder = "listings"

[sources.applicants]
kind = "file"
mapping = "science_management_applicants"
folder = "applicants"
"""
_CODES = {"person": "个人", "organisation": "单位"}


class MadeStore:
    """The store at `url` in a folder; without a URL a SQLite file beside it."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        for name in ("listings", "applicants"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        mappings = Path("mappings").resolve()
        self.config.write_text(
            _CONFIG.format(mappings=mappings, url=url or "sqlite:///store.db"), encoding="utf-8"
        )

    def write_listings(self, frame: pl.DataFrame) -> None:
        """The list's file, in the layout of plain list files."""
        frame.select(
            pl.col("id").alias("listing_id"),
            "kind",
            "name",
            "identifier",
            "legal_representative",
            "region",
            "sex",
            "former_names",
        ).write_csv(self.folder / "listings" / "listings.csv")

    def write_applicants(self, frame: pl.DataFrame) -> None:
        """The applicants' file: an application each."""
        leader = pl.col("kind") == "person"
        frame.select(
            pl.col("id").alias("项目编号"),
            pl.lit("项目").alias("项目名称"),
            pl.col("kind").replace(_CODES).alias("主体类别"),
            pl.when(leader).then(pl.lit("项目负责人")).otherwise(pl.lit("牵头单位")).alias("角色"),
            pl.lit(1).alias("序号"),
            pl.col("name").alias("名称"),
            pl.col("identifier").alias("证件号码"),
            pl.col("former_names").alias("曾用名"),
            pl.col("legal_representative").alias("法定代表人"),
            pl.col("sex").alias("性别"),
            pl.col("region").alias("所在地区"),
        ).write_csv(self.folder / "applicants" / "applicants.csv")

    def run(self, *arguments: str, expect: Sequence[int] = (0,)) -> tuple[float, str]:
        """A command of the product in a fresh process: seconds, and what it said. Ends the benchmark when it fails."""
        command = [sys.executable, "-m", "credit_sync", *arguments, "--config", str(self.config)]
        began = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        took = time.perf_counter() - began
        if done.returncode not in expect:
            sys.exit(f"{arguments[0]} failed ({done.returncode}):\n{(done.stdout + done.stderr)[-3000:]}")
        return took, done.stdout


def loaded(place: Path, folder: Path, url: str) -> MadeStore:
    """A store with the listings of a made input, pulled and indexed; once per input and URL."""
    store = MadeStore(place, url)
    marker = place / f"loaded-{(folder / 'input.json').stat().st_mtime_ns}"
    if not marker.exists():
        shutil.rmtree(place)
        store = MadeStore(place, url)
        store.write_listings(pl.read_parquet(folder / "listings.parquet"))
        took, _ = store.run("run", "--only", "pull", "--source", "listings")
        print(f"loaded by the pull stage in {took:.0f} s")
        settings = load_settings(store.config)
        engine = open_engine(settings)
        began = time.perf_counter()
        build_index(engine, settings.path(settings.store.index))
        engine.dispose()
        print(f"index built in {time.perf_counter() - began:.0f} s")
        marker.touch()
    return store
