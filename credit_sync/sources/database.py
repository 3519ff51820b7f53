"""Rows of a query in another system's database: streamed, and without any chance to write where that can be had.

SQLite files are opened read-only, PostgreSQL, MySQL and Oracle run a read-only transaction; for other databases give
the account no right but SELECT. Whatever the database, the transaction is rolled back.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, DateTime, Engine, TextClause, bindparam, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from credit_sync.database_settings import DRIVER_REMEDY
from credit_sync.errors import CreditSyncError, SourceError
from credit_sync.patience import give_up_waiting
from credit_sync.settings import DatabaseSource
from credit_sync.sources.formats.rows import Found, is_blank
from credit_sync.sources.header import canonical
from credit_sync.subjects.identifiers import hide_in_text

_BATCH = 1000
_READ_ONLY = {
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
_CHINESE_TIME = {
    "postgresql": "SET TIME ZONE 'Asia/Shanghai'",
    "mysql": "SET time_zone = '+08:00'",
    "mariadb": "SET time_zone = '+08:00'",
}
"""`:since` and days are China's: a server that thinks it is elsewhere (in a container, say) takes moments for other ones."""
_CONNECTING = 30
"""Seconds for a server to let us in."""
_CUT_OFF = "57014"
"""SQLSTATE of PostgreSQL: it has given up a statement that took too long."""
_NOT_LONGER = text(
    "SELECT set_config('statement_timeout', least(nullif(setting::bigint, 0), :most)::text, false)"
    " FROM pg_settings WHERE name = 'statement_timeout'"
)
"""Our limit, where the server's own is not shorter."""
_LONG_AGO = datetime(1900, 1, 1)
"""`:since` before the first pull: everything is newer."""
_TIMED_OUT = re.compile("max_statement_time|maximum statement execution time")
"""What MariaDB and MySQL say of it."""
_PLACE = "查询结果"


def read(source: DatabaseSource, names: frozenset[str], base: Path, since: datetime | None) -> Iterator[Found]:
    """The rows of the query, numbered as they come, under the mapping's spelling of the column names.

    `:since` in the query is bound to the time of the last pull. Raises SourceError.
    """
    with _connected(source, base) as connection:
        result = connection.execute(_statement(source.query, connection, since))
        titles = canonical(_columns(result.keys(), names), names)
        for number, row in enumerate(result, 1):
            values = {title: _plain(value) for title, value in zip(titles, row, strict=True)}
            if not is_blank(values):
                yield _PLACE, number, values


def probe(source: DatabaseSource, names: frozenset[str], base: Path) -> tuple[str, list[dict[str, Any]]]:
    """Connects and lets the database plan the query; says how many columns it has, and gives them as a row."""
    with _connected(source, base) as connection:
        query = source.query
        if connection.dialect.name in ("sqlite", "postgresql"):
            query = f"SELECT * FROM (\n{query.rstrip().rstrip(';')}\n) AS planned WHERE 1 = 0"  # noqa: S608 (the operator's own)
        columns = _columns(connection.execute(_statement(query, connection, None)).keys(), names)
    return f"数据库可以连接，查询有 {len(columns)} 列", [dict.fromkeys(canonical(columns, names))]


def _columns(columns: Any, names: frozenset[str]) -> list[str]:
    """The query's columns. Raises SourceError when the mapping knows none of them."""
    found = [str(column) for column in columns]
    if names and not names.intersection(canonical(found, names)):
        raise SourceError(
            f"查询的列名对照文件都不认得：{'、'.join(found)[:300]}", remedy="在查询里用 AS 改名，或改对照文件"
        )
    return found


@contextmanager
def _connected(source: DatabaseSource, base: Path) -> Iterator[Connection]:
    """A read-only connection. Every error of the database or its driver becomes a SourceError."""
    url = source.full_url(base)
    try:
        engine = create_engine(_read_only(url), poolclass=NullPool, connect_args=_patience(source, url))
    except (NoSuchModuleError, ImportError):
        raise SourceError(f"没有安装数据库驱动 {url.drivername}", remedy=DRIVER_REMEDY) from None
    give_up_waiting(engine, source.timeout_seconds)
    try:
        with _opened(engine) as connection:
            if command := _CHINESE_TIME.get(url.get_backend_name()):
                connection.exec_driver_sql(command)
            if url.get_backend_name() == "postgresql":  # holds for every block of rows that is fetched
                connection.execute(_NOT_LONGER, {"most": source.timeout_seconds * 1000})
            connection.commit()
            if connection.dialect.driver == "psycopg":
                from credit_sync.sources.odd_days import let_odd_days_through  # an extra, which others do not need

                let_odd_days_through(connection)
            options: dict[str, Any] = {"stream_results": True, "yield_per": _BATCH}
            if url.get_backend_name() == "postgresql":
                options["postgresql_readonly"] = True
            connection = connection.execution_options(**options)  # noqa: PLW2901
            if command := _READ_ONLY.get(url.get_backend_name()):
                connection.exec_driver_sql(command)
            yield connection
    except CreditSyncError:
        raise
    except Exception as error:  # drivers raise what they like
        if _is_late(error):
            raise SourceError(
                f"数据库 {_address(url)} 没有在时限内给出数据（timeout_seconds 为 {source.timeout_seconds} 秒，数据库可能另有更短的时限）",
                remedy="表可能正被占用，请对方检查；查询确实要这么久时，调大 timeout_seconds，并请对方放宽本账号的时限",
            ) from None
        raise SourceError(f"数据库 {_address(url)}：{_reason(error, url)}") from None
    finally:
        engine.dispose()


def _patience(source: DatabaseSource, url: URL) -> dict[str, Any]:
    """How long the driver waits; what the URL says itself comes first."""
    waits: dict[str, int] = {}
    if url.get_backend_name() == "postgresql":
        waits = {
            "connect_timeout": _CONNECTING,
            "keepalives_idle": 60,
            "keepalives_interval": 15,
            "keepalives_count": 4,
        }
    elif url.drivername.endswith("+pymysql"):
        waits = {"connect_timeout": _CONNECTING, "read_timeout": source.timeout_seconds}
    return {name: seconds for name, seconds in waits.items() if name not in url.query}


def _is_late(error: Exception) -> bool:
    """Whether a server that had let us in did not answer in time."""
    cause = getattr(error, "orig", None) or error
    said = str(cause)
    return getattr(cause, "sqlstate", None) == _CUT_OFF or "(timed out)" in said or bool(_TIMED_OUT.search(said))


def _opened(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except TypeError:  # of PostgreSQL's SQL_ASCII everything is bytes, already the version of the server
        remedy = "在 url 末尾写明文字的编码：?client_encoding=gb18030 或 ?client_encoding=utf8"
        raise SourceError(f"数据库 {_address(engine.url)} 没有字符集（SQL_ASCII）", remedy=remedy) from None


def _read_only(url: URL) -> URL:
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    path = Path(url.database)
    if not path.is_file():
        raise SourceError(f"找不到数据库文件 {path.name}", remedy="核对 url")
    return url.set(database=f"file:{quote(str(path.resolve()))}").update_query_dict({"mode": "ro", "uri": "true"})


def asks_since(query: str) -> bool:
    """Whether a query asks for what has changed since the last pull."""
    return "since" in text(query).compile().params


def _statement(query: str, connection: Connection, since: datetime | None) -> TextClause:
    statement = text(query)
    unknown: Sequence[str] = sorted(set(statement.compile().params) - {"since"})
    if unknown:
        raise SourceError(f"查询里的参数 :{unknown[0]} 没有值，只能用 :since", remedy="冒号不是参数时写成 \\:")
    if "since" not in statement.compile().params:
        return statement
    moment = since or _LONG_AGO
    if connection.dialect.name == "sqlite":  # keeps times as text
        return statement.bindparams(since=moment.isoformat(sep=" ", timespec="seconds"))
    return statement.bindparams(bindparam("since", moment, type_=DateTime()))


def _plain(value: Any) -> Any:
    """Bytes as the text they hold, or as a note that they hold none."""
    if not isinstance(value, bytes | bytearray | memoryview):
        return value
    content = bytes(value)
    for codec in ("utf-8", "gb18030"):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return f"（二进制数据，{len(content)} 字节）"


def _address(url: URL) -> str:
    """Where the database is, without user and password."""
    name = Path(url.database or "").name
    return f"{url.host}/{name}" if url.host else name


def _reason(error: Exception, url: URL) -> str:
    cause = getattr(error, "orig", None) or error
    if isinstance(error, SQLAlchemyError) and cause is error:
        return f"查询无法执行（{type(error).__name__}）"
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    reason = lines[0].removesuffix("；")
    if url.password:
        reason = reason.replace(str(url.password), "***")
    return hide_in_text(reason)[:300]
