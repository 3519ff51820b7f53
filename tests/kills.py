"""kill -9 at random moments, then a run to the end: the same content as an undisturbed run, table by table."""

import gzip
import json
import random
import shutil
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from examples.server import running
from tests.commands import Command
from tests.night import AS_OF, ROOT, Night, make_night

KILLS = 20


def kill_often_then_finish(night: Night, seed: int, longest: float) -> int:
    """Starts the night and kills it again and again, then lets it end; returns how often it was killed in time.

    A blow that comes after the ledger says `done` is too late: a further start would be another night.
    """
    moments = random.Random(seed)
    killed = 0
    for _ in range(KILLS):
        process = night.start("run", "--as-of", AS_OF)
        if process.wait(moments.uniform(0.05, longest)) is not None:
            return killed
        process.kill()
        if night.is_done():
            return killed
        killed += 1
    finished = night.call("run", "--as-of", AS_OF)
    assert finished.returncode == 0, finished.stderr
    return killed


@contextmanager
def few_debtors(folder: Path) -> Iterator[str]:
    """The example server with the planted debtors and a tenth of the others; yields its address."""
    examples = ROOT / "examples"
    shutil.copytree(examples / "platform", folder / "platform")
    shutil.copytree(examples / "awards", folder / "awards")
    planted = {case["number"] for case in tomllib.loads((examples / "planted.toml").read_text("utf-8"))["case"]}
    path = folder / "platform" / "debtors.json.gz"
    rows = json.loads(gzip.decompress(path.read_bytes()))
    fewer = [row for n, row in enumerate(rows) if n % 10 == 0 or row["caseCode"] in planted]
    path.write_bytes(gzip.compress(json.dumps(fewer).encode()))
    with running(folder=folder) as address:
        yield address


def undisturbed(night: Night) -> float:
    Command("--version").ended()  # what commands are forked from is there
    started = time.monotonic()
    done = night.call("run", "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started


def content(night: Night) -> dict[str, list[tuple[Any, ...]]]:
    """Every table; of the audit log without detail and digest, for they name the configuration, folders and all."""
    tables = night.tables()
    return tables | {"audit": [row[:-2] for row in tables["audit"]]}


def check_kills(folder: Path, postgresql: URL | None = None) -> None:
    with few_debtors(folder / "examples") as address:
        _check_kills(NightMaker(folder, address, postgresql))


def _check_kills(make: "NightMaker") -> None:
    reference = make("undisturbed")
    took = undisturbed(reference)
    expected_tables, expected_files = content(reference), reference.files()
    assert expected_tables["flag"], "the comparison means something"
    assert expected_files, "the comparison means something"
    killed = attempt = 0
    while killed < KILLS:
        attempt += 1
        night = make(f"killed{attempt}")
        killed += kill_often_then_finish(night, attempt, took * 0.9)
        for name, rows in content(night).items():
            assert rows == expected_tables[name], f"table {name} differs after attempt {attempt}"
        assert night.files() == expected_files


class NightMaker:
    """Makes nights, each with a store of its own."""

    def __init__(self, folder: Path, address: str, postgresql: URL | None) -> None:
        self._folder = folder
        self._address = address
        self._postgresql = postgresql

    def __call__(self, name: str) -> Night:
        url = fresh_database(self._postgresql, name) if self._postgresql else ""
        return make_night(self._folder / name, self._address, url)


def fresh_database(server: URL, name: str) -> str:
    """A new, empty database on the server."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.set(drivername="postgresql", database=name).render_as_string()
