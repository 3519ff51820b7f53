"""A night on the example province in a folder of its own, as tests need it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, make_url, select
from sqlalchemy.exc import DBAPIError

from credit_sync.store.schema import run
from examples.server import PORT, demo_secrets, running
from tests.commands import Command

ROOT = Path(__file__).parent.parent
AS_OF = "2026-11-23T02:00:00"
_CLOCK = {
    ("run", "attempts"),
    ("batch", "attempts"),
    ("notice", "attempts"),
    ("run", "started_at"),
    ("run", "finished_at"),
    ("stage", "finished_at"),
}
"""The only columns that tell when work really happened."""


@dataclass(frozen=True)
class Night:
    """A configuration on the examples, with a store, an outbox and reports of its own."""

    folder: Path
    config: Path
    url: str

    def start(self, *arguments: str) -> Command:
        return Command(*arguments, "--config", str(self.config), environment=demo_secrets())

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.start(*arguments).ended()

    def copy(self, folder: Path) -> "Night":
        """The same in another folder, all that it wrote and its store in a file; the server is still there."""
        shutil.copytree(self.folder, folder, symlinks=True)
        config = folder / "config.toml"
        config.write_text(config.read_text("utf-8").replace(str(self.folder), str(folder)), "utf-8")
        return Night(folder, config, self.url.replace(str(self.folder), str(folder)))

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table's rows, without the clock's columns, in a fixed order."""
        engine = create_engine(_driver(self.url))
        found = MetaData()
        found.reflect(engine)
        with engine.connect() as connection:
            content = {
                table.name: sorted(
                    (tuple(row) for row in connection.execute(select(*_columns(table)))),
                    key=repr,
                )
                for table in found.sorted_tables
            }
        engine.dispose()
        return content

    def is_done(self) -> bool:
        """Whether the ledger says that the first run is over."""
        engine = create_engine(_driver(self.url))
        try:
            with engine.connect() as connection:
                return connection.scalar(select(run.c.status).where(run.c.id == 1)) == "done"
        except DBAPIError:
            return False  # killed before it made its tables
        finally:
            engine.dispose()

    def files(self) -> dict[str, bytes]:
        """What was handed over, by name."""
        return {
            path.name: path.read_bytes() for path in sorted((self.folder / "outbox").rglob("*")) if path.is_file()
        }


def _columns(table: Any) -> list[Any]:
    return [column for column in table.columns if (table.name, column.name) not in _CLOCK]


def _driver(url: str) -> Any:
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.get_backend_name() == "postgresql" else parsed


@contextmanager
def province() -> Iterator[str]:
    """The example server on any free port; yields its address."""
    with running() as address:
        yield address


def make_night(folder: Path, address: str, url: str = "") -> Night:
    """The example configuration with other addresses and folders."""
    folder.mkdir(parents=True, exist_ok=True)
    store = url or f"sqlite:///{folder / 'store.db'}"
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    replacements = {
        f"http://127.0.0.1:{PORT}": address,
        "sqlite:///var/credit_sync.db": store,
        '"var/reports"': f'"{folder / "reports"}"',
        '"var/outbox"': f'"{folder / "outbox"}"',
        '"var/site"': f'"{folder / "site"}"',
        '"mappings"': f'"{ROOT / "mappings"}"',
        '"examples/': f'"{ROOT / "examples"}/',
        "sqlite:///examples/": f"sqlite:///{ROOT / 'examples'}/",
    }
    for old, new in replacements.items():
        assert old in text, f"config.example.toml no longer has {old}"
        text = text.replace(old, new)
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    return Night(folder, config, store)


def make_first_night(folder: Path, address: str) -> Night:
    """One that has run, with mappings of its own; what it said is in summary.txt."""
    made = make_night(folder, address)
    shutil.copytree(ROOT / "mappings", folder / "mappings")
    text = made.config.read_text("utf-8").replace(str(ROOT / "mappings"), str(folder / "mappings"))
    made.config.write_text(text, "utf-8")
    done = made.call("run", "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    (folder / "summary.txt").write_text(done.stdout, "utf-8")
    return made
