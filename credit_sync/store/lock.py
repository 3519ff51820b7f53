"""One run at a time: a lock that the operating system or the server lets go of when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from credit_sync.errors import BusyError, StoreError, reason_of

_ADVISORY_KEY = 0x63726564_6974  # "credit": one lock per PostgreSQL database


@contextmanager
def run_lock(engine: Engine) -> Iterator[None]:
    """Holds the store for one run; raises BusyError at once when another holds it."""
    if engine.dialect.name == "sqlite":
        with _file_lock(engine.url.database or ""):
            yield
    else:
        with _advisory_lock(engine):
            yield


@contextmanager
def _file_lock(database: str) -> Iterator[None]:
    lock = FileLock(f"{database}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _busy() from None
    except OSError as error:
        raise StoreError(f"建不了锁文件 {lock.lock_file}：{reason_of(error)}", remedy="请检查权限") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(engine: Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}):
            raise _busy()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})


def _busy() -> BusyError:
    return BusyError("另一个 credit-sync 正在运行", remedy="请等它结束后再试")
