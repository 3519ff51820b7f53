"""The connection to an exchange database, and what its errors mean in Chinese.

Two hand-overs never overlap: one whose answer was lost may still be committing when the next run asks what arrived.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from credit_sync.database_settings import DRIVER_REMEDY, RowsDatabase
from credit_sync.errors import CreditSyncError
from credit_sync.patience import give_up_waiting
from credit_sync.store.engine import explain

_EXPLAINED: tuple[tuple[frozenset[str | int], str, str], ...] = (
    (frozenset({"42501", 1142, 1143, 1044, 1227}), "没有权限", "请对方数据库的管理员授予 SELECT、INSERT、UPDATE"),
    (frozenset({"28P01", "28000", 1045, 1698}), "用户名或密码不对", "请核对 url 和 password_env"),
    (frozenset({"3D000", 1049}), "没有这个数据库", "请核对 url"),
    (frozenset({"42P01", 1146}), "没有这张表", "请核对对照文件里的 table"),
    (frozenset({"42703", 1054}), "没有这一列", "请核对对照文件里的 columns"),
    (frozenset({"57014", "55P03", 1205}), "等不到回应，表可能正被占用", "下次运行会先查表再续传"),
    (frozenset({"25006", 1290, 1792, 1836}), "数据库是只读的", "请对方数据库的管理员检查"),
    (frozenset({"22001", 1406}), "内容超过列的长度", ""),
    (frozenset({"22003", 1264}), "数字超出列的范围", ""),
    (frozenset({"22007", "22008", 1292}), "日期超出列的范围", ""),
    (frozenset({"22P05", 1366}), "有对方数据库字符集写不出的字", ""),
    (frozenset({"23502", 1048, 1364}), "有必填的列没有内容", ""),
    (frozenset({"23505", 1062}), "表里已有同样编号的行", ""),
    (frozenset({"23514", 4025}), "不符合表的取值限制", ""),
)
"""SQLSTATE of PostgreSQL, error number of MySQL and MariaDB -> what it means and what to do."""


@contextmanager
def connected(settings: RowsDatabase, base: Path) -> Iterator[Connection]:
    """A connection for one hand-over or look. Every error of the database becomes a CreditSyncError."""
    url = settings.full_url(base)
    try:
        engine = create_engine(
            url, poolclass=NullPool, hide_parameters=True, connect_args=_patience(settings, url)
        )
    except (NoSuchModuleError, ImportError):
        raise CreditSyncError(f"没有安装数据库驱动 {url.drivername}", remedy=DRIVER_REMEDY) from None
    give_up_waiting(engine, settings.timeout_seconds)
    try:
        with engine.connect() as connection:
            _prepare(connection, settings)
            yield connection
    except (SQLAlchemyError, UnicodeError) as error:
        sentence, remedy = sentence_of(error)
        raise CreditSyncError(f"对方数据库 {address(url)}：{sentence}", remedy=remedy) from None
    finally:
        engine.dispose()


def hold(connection: Connection, name: str) -> None:
    """Waits until no other hand-over of this channel is under way, and keeps others out until the transaction ends.

    PostgreSQL needs a lock by name: a locking read there does not see what another transaction is about to commit. The
    locking reads of MySQL do, and wait for it (writing.py); elsewhere that is all there is.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"credit_sync.{name}"})


def sentence_of(error: BaseException) -> tuple[str, str]:
    """What an error means, and what to do about it ('' where the row is to blame)."""
    code = _code(error)
    for codes, sentence, remedy in _EXPLAINED:
        if code in codes:
            return f"{sentence}（{explain(error)}）", remedy
    if isinstance(error, DBAPIError) and (error.connection_invalidated or _never_connected(error)):
        return (
            f"连不上或连接中断（{explain(error)}）",
            "请检查网络和对方数据库；下次运行会先查表，已写入的不会重复",
        )
    return explain(error), "下次运行会先查表再续传"


def blames_the_row(error: DBAPIError) -> bool:
    """The database took offence at the content of one row; another may well pass."""
    if isinstance(error, DataError | IntegrityError):
        return True
    code = _code(error)
    return any(code in codes and not remedy for codes, _, remedy in _EXPLAINED)


def address(url: URL) -> str:
    """Where the database is, without user and password."""
    name = Path(url.database or "").name
    return f"{url.host}/{name}" if url.host else name


def _code(error: BaseException) -> str | int | None:
    """Error number (MySQL, whose SQLSTATEs say little) or SQLSTATE (PostgreSQL) of an error."""
    cause: Any = getattr(error, "orig", None)
    if cause is not None and cause.args and isinstance(cause.args[0], int):
        return int(cause.args[0])
    state = getattr(cause, "sqlstate", None)
    return str(state) if state else None


def _never_connected(error: DBAPIError) -> bool:
    """Errors of the client itself: 2003 and 2013 of MySQL; PostgreSQL's have no SQLSTATE."""
    code = _code(error)
    return code is None or (isinstance(code, int) and 2000 <= code < 3000)


def _patience(settings: RowsDatabase, url: URL) -> dict[str, Any]:
    seconds = settings.timeout_seconds
    if url.get_backend_name() == "postgresql":
        alive = {"keepalives_idle": seconds, "keepalives_interval": 5, "keepalives_count": 3}
        return {"connect_timeout": seconds, "tcp_user_timeout": seconds * 1000, **alive}
    if url.get_backend_name() in ("mysql", "mariadb"):
        # The server gives up first: what it says is clearer than a silence.
        return {"connect_timeout": seconds, "read_timeout": seconds + 5, "write_timeout": seconds + 5}
    return {}


def _prepare(connection: Connection, settings: RowsDatabase) -> None:
    """Nothing is waited for without end, and MySQL refuses what it would otherwise cut or replace by `?`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET statement_timeout = {settings.timeout_seconds * 1000}")
    elif connection.dialect.name in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')")
        connection.exec_driver_sql(f"SET SESSION innodb_lock_wait_timeout = {settings.timeout_seconds}")
    connection.commit()
