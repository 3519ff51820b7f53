"""Empty stores for the tests: migrated once, then copied, for the migrations take longer than most tests."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL

from credit_sync.store.engine import connect
from credit_sync.store.migrate import upgrade


def sqlite_store(folder: Path) -> Engine:
    """In store.db of the folder, opened as the program does."""
    path = folder / "store.db"
    path.write_bytes(_migrated_file())
    return connect(_sqlite(path))


def postgresql_store(server: URL) -> Engine:
    """The database `store` of the server, made anew."""
    _migrated_database(server)
    _execute(server, "DROP DATABASE IF EXISTS store WITH (FORCE)", "CREATE DATABASE store TEMPLATE migrated")
    return connect(server.set(database="store"))


@cache
def _migrated_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "store.db")
        engine = connect(_sqlite(path))
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()


@cache
def _migrated_database(server: URL) -> None:
    _execute(server, "CREATE DATABASE migrated")
    engine = connect(server.set(database="migrated"))
    upgrade(engine)
    engine.dispose()


def _execute(server: URL, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _sqlite(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))
