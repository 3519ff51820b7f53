"""Opening the store: SQLite in WAL mode by default, PostgreSQL by URL.

SQLite gets its transactions from SQLAlchemy, not from the driver: Python's sqlite3 begins late and commits
before some statements, which would break "a stage's data and its ledger entry, or neither".

Whoever reads sees the store as at one moment, on both: a page or an answer of the gate is made of many queries, and a night
that commits between two of them would give the applicants of before with the screenings of after.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from credit_sync.errors import StoreError, reason_of
from credit_sync.subjects.identifiers import hide_in_text

if TYPE_CHECKING:  # helpers open the store by its address
    from credit_sync.settings import Settings

_BUSY_MILLISECONDS = 60_000
"""How long one writer waits for another: a look-up goes on record while a night writes."""
_CACHE_KIBIBYTES = 128 * 1024
_PAGE_BYTES = 8192
"""Of a new file: rows of lists are long, and a million of them take a seventh less work than on SQLite's usual 4096."""
_WRITING = "credit_sync_writing"
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgresql+psycopg": "postgresql+psycopg"}


def open_engine(settings: "Settings") -> Engine:
    """The configured store, tried once. Raises StoreError when it cannot be reached."""
    return connect(settings.store.full_url(settings.base))


def connect(url: URL, *, read_only: bool = False) -> Engine:
    """The store at `url`; a SQLite file and its folder are made when missing. Raises StoreError.

    `read_only` leaves every byte of a SQLite file as it is, also what a killed run has left to be tidied up.
    """
    sqlite = url.get_backend_name() == "sqlite"
    if not sqlite:
        driver = _DRIVERS.get(url.drivername)
        if driver is None:
            raise StoreError(
                f"不支持的数据库 {url.drivername}", remedy="store.url 请用 sqlite:/// 或 postgresql://"
            )
        url = url.set(drivername=driver)
    elif not read_only:
        _make_folder(Path(url.database or "").parent)
    engine = _make_engine(_untouching(url) if sqlite and read_only else url)
    if sqlite and not read_only:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif not sqlite:
        event.listen(engine, "begin", _begin_postgresql)
    try:
        with engine.connect() as connection:
            if sqlite:
                connection.exec_driver_sql("PRAGMA schema_version")  # without a question no file is read
            else:
                _refuse_encoding(connection)
    except StoreError:
        engine.dispose()
        raise
    except (SQLAlchemyError, UnicodeError) as error:
        engine.dispose()
        raise StoreError(
            f"连不上数据库 {url.render_as_string(hide_password=True)}：{explain(error)}",
            remedy=f"请检查 store.url、{'权限和磁盘空间' if sqlite else '网络和权限'}",
        ) from None
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: committed at the end, rolled back by an exception.

    SQLite takes the write lock at the beginning: a transaction that starts by reading and finds somebody
    else has written meanwhile could not go on.
    """
    with engine.execution_options(**{_WRITING: True}).begin() as connection:
        yield connection


@contextmanager
def rehearsing(engine: Engine) -> Iterator[Connection]:
    """As `writing`, but nothing of it is kept."""
    with engine.execution_options(**{_WRITING: True}).connect() as connection:
        yield connection


def writes(connection: Connection) -> bool:
    """Whether a connection is one of `writing`."""
    return bool(connection.get_execution_options().get(_WRITING, False))


def explain(error: BaseException) -> str:
    """What a database said, in one line, without the values of the statement."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).strip().splitlines()
    return hide_in_text(lines[0]) if lines else type(cause).__name__


def _untouching(url: URL) -> URL:
    """Without a write-ahead log there is nobody who writes, and SQLite need not even make its shared memory."""
    path = Path(url.database or "")
    how = {"mode": "ro"} if Path(f"{path}-wal").exists() else {"immutable": "1"}
    return url.set(database=f"file:{quote(str(path))}").update_query_dict(how | {"uri": "true"})


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"建不了数据库文件夹 {folder}：{reason_of(error)}", remedy="请检查权限") from None


def _refuse_encoding(connection: Connection) -> None:
    """Raises StoreError for a database that lacks characters of names, or takes bytes for characters."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise StoreError(
            f"数据库的字符集是 {encoding}，存不下所有的汉字",
            remedy="请以 CREATE DATABASE 库名 ENCODING 'UTF8' TEMPLATE template0 另建空数据库",
        )


def _make_engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    # An administrator may have set another one for the account or the machine, in which documents would be misread.
    encoded: dict[str, Any] = {} if sqlite else {"client_encoding": "utf8"}
    try:
        return create_engine(
            url,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            hide_parameters=True,
            pool_pre_ping=not sqlite,
            connect_args=encoded,
        )
    except ImportError:
        raise StoreError(
            "没有安装 PostgreSQL 驱动",
            remedy="请在程序所在文件夹执行 .venv/bin/pip install -c requirements.lock -e '.[postgresql]'",
        ) from None


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        f"page_size = {_PAGE_BYTES}",  # before the journal mode, which makes the file
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIBIBYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Who writes waits for others and then sees what they have written; of one moment alone that would be an error."""
    from psycopg import IsolationLevel  # an extra, which SQLite does not need

    level = IsolationLevel.READ_COMMITTED if writes(connection) else IsolationLevel.REPEATABLE_READ
    connection.connection.driver_connection.isolation_level = level  # type: ignore[union-attr]
