"""Databases for the tests: SQLite files, and real PostgreSQL and MariaDB servers that are started here."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from credit_sync import logs
from credit_sync.store.schema import metadata
from tests.night import Night, make_first_night, province
from tests.stores import postgresql_store, sqlite_store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NOBODY = 65534
"""The account without rights that every Linux has."""

# The same examples every time, so that a change is judged by what it changed; new ones are sought with
# `pytest --hypothesis-profile=search`, as often as one likes.
settings.register_profile("repeat", derandomize=True, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile("repeat")


@pytest.fixture(autouse=True, scope="module")
def _logging_of_a_module() -> Iterator[None]:
    """What a module's fixtures set logging to ends with it: the stream may be closed by then."""
    yield
    logs.log.verbose = None
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _logging_of_a_test() -> Iterator[None]:
    """A command run in a test logs to that test's stream, which is closed after it."""
    before = structlog.get_config()
    yield
    logs.log.verbose = None
    structlog.configure(**before)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[URL]:
    """An empty database of a PostgreSQL server that lives as long as the tests."""
    programs = _postgresql_programs()
    with tempfile.TemporaryDirectory(prefix="credit-sync-pg-") as name:
        folder = Path(name)
        unprivileged = _unprivileged(folder)
        data = folder / "data"
        _run([*unprivileged, programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8"])
        port = _free_port()
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=30"
        control = [*unprivileged, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
        try:
            _run([*control, "-o", options, "start"])
            yield make_url(f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres")
        finally:
            _run([*control, "-m", "immediate", "stop"])


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[URL]:
    """An empty database of a MariaDB server that lives as long as the tests."""
    if not shutil.which("mariadbd") or not shutil.which("mariadb-install-db"):
        pytest.fail("MariaDB is missing: install the server (Debian: apt-get install mariadb-server)")
    with tempfile.TemporaryDirectory(prefix="credit-sync-my-") as name:
        data, socket_path = Path(name) / "data", Path(name) / "socket"
        user = ["--user=root"] if os.geteuid() == 0 else []
        plain = ["--no-defaults", f"--datadir={data}", *user]
        _run(["mariadb-install-db", *plain, "--skip-test-db"])
        first = Path(name) / "first.sql"
        first.write_text(
            "CREATE DATABASE exchange CHARACTER SET utf8mb4;\n"
            "CREATE USER tester@'127.0.0.1';\n"
            "GRANT ALL ON *.* TO tester@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        port = _free_port()
        options = ["--skip-name-resolve", "--bind-address=127.0.0.1", f"--port={port}", f"--socket={socket_path}"]
        quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-log-bin"]
        with tempfile.TemporaryFile() as output:
            command = ["mariadbd", *plain, *options, *quick, f"--pid-file={name}/pid", f"--init-file={first}"]
            server = subprocess.Popen(command, stdout=output, stderr=output)
            try:
                url = URL.create("mysql+pymysql", "tester", host="127.0.0.1", port=port, database="exchange")
                _wait_for_mariadb(server, url)
                yield url
            finally:
                server.terminate()
                server.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A headless Chromium, one a module: while Playwright is at work, its thread can run no other event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        yield started
        started.close()


@pytest.fixture(scope="session")
def province_address() -> Iterator[str]:
    """Where the example province answers."""
    with province() as address:
        yield address


@pytest.fixture(scope="session")
def first_night(province_address: str, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The example province after one night: to be read only, whoever goes on with it takes a copy."""
    return make_first_night(tmp_path_factory.mktemp("first") / "night", province_address)


@pytest.fixture
def powerless_folder() -> Iterator[Path]:
    """A folder of somebody whom rights bind, as they do not bind root: who that is while the test lasts."""
    with tempfile.TemporaryDirectory(prefix="credit-sync-powerless-") as name:
        root = os.geteuid() == 0
        if root:
            shutil.chown(name, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, 0)
        try:
            yield Path(name)
        finally:
            if root:
                os.setresuid(0, 0, 0)
            for place, folders, _ in os.walk(name):  # for those who are not root to remove them
                for inner in folders:
                    Path(place, inner).chmod(0o700)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An upgraded, empty store, once of each kind."""
    if request.param == "sqlite":
        made = sqlite_store(tmp_path)
    else:
        made = postgresql_store(request.getfixturevalue("postgresql_url"))
    yield made
    made.dispose()


def empty_postgresql(engine: Engine) -> None:
    """Drops everything in the test server's database."""
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every table's rows in a fixed order, without the columns that tell the real time."""
    real_time = {"attempts", "started_at", "finished_at"}
    found = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            columns = [c for c in table.columns if c.name not in real_time]
            rows = connection.execute(table.select().with_only_columns(*columns))
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def _postgresql_programs() -> Path:
    """Where initdb and pg_ctl are; Debian keeps them out of the PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        places.insert(0, Path(found).resolve().parent)
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    pytest.fail("PostgreSQL is missing: install the server (Debian: apt-get install postgresql)")


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user that Debian's package made."""
    if os.geteuid() != 0:
        return []
    user = "postgres"
    shutil.chown(folder, user)
    return ["runuser", "-u", user, "--"]


def _wait_for_mariadb(server: subprocess.Popen[bytes], url: URL) -> None:
    engine = create_engine(url)
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail("MariaDB did not start")
        try:
            engine.connect().close()
        except OperationalError:
            time.sleep(0.1)
        else:
            engine.dispose()
            return
    pytest.fail("MariaDB does not answer")


def _free_port() -> int:
    """For a server that cannot be handed a socket: to be asked for just before it starts, lest another takes it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[object]) -> None:
    # Output to a file, not a pipe: the server inherits it and would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([str(part) for part in command], stdout=output, stderr=output, cwd="/", check=False)
        if done.returncode:
            output.seek(0)
            pytest.fail(f"{command[0]} failed: {output.read().decode(errors='replace')}")
