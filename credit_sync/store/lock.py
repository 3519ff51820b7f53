"""One run at a time: a lock that the operating system or the server lets go of when its holder dies.

PostgreSQL lets go of it as well when the one connection that holds it is cut (a firewall that forgets idle connections, an
administrator), and another run could begin beside this one: so whoever holds it makes sure of it before anything is written.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, event, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from credit_sync.errors import BusyError, CreditSyncError, StoreError, reason_of
from credit_sync.logs import log
from credit_sync.store.engine import writes
from credit_sync.store.schema import run

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
    lock = _AdvisoryLock(engine)
    event.listen(engine, "begin", lock.make_sure)
    try:
        yield
    finally:
        event.remove(engine, "begin", lock.make_sure)
        lock.release()


class _AdvisoryLock:
    """The lock, held by a connection of its own. Raises BusyError when another holds it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = self._locked()
        self._runs = self._begun()

    def make_sure(self, connection: Connection) -> None:
        """Before `connection` writes: a lock that was lost is taken again, if no other run has begun since.

        Raises CreditSyncError if one has, or holds the lock now.
        """
        if not writes(connection):
            return
        try:
            self._runs = self._begun()
        except SQLAlchemyError:
            self._take_again()

    def release(self) -> None:
        """Where its connection is gone, so is the lock."""
        try:
            self._connection.scalar(select(func.pg_advisory_unlock(_ADVISORY_KEY)))
        except SQLAlchemyError:
            log.warning("运行锁的数据库连接已断开")
        self._connection.close()

    def _take_again(self) -> None:
        self._connection.close()
        try:
            self._connection = self._locked()
        except BusyError:
            raise _lost() from None
        if self._begun() != self._runs:
            self.release()
            raise _lost()
        log.warning("运行锁的数据库连接断开过，已重新取得")

    def _locked(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(select(func.pg_try_advisory_lock(_ADVISORY_KEY))):
            connection.close()
            raise _busy()
        return connection

    def _begun(self) -> tuple[int, int]:
        """Another value once any run has begun or gone on."""
        if not inspect(self._connection).has_table(run.name):
            return 0, 0
        last, attempts = self._connection.execute(select(func.max(run.c.id), func.sum(run.c.attempts))).one()
        return last or 0, attempts or 0


def _busy() -> BusyError:
    return BusyError("另一个 credit-sync 正在运行", remedy="请等它结束后再试")


def _lost() -> CreditSyncError:
    return CreditSyncError(
        "与数据库的连接中断，失去了运行锁，其间另一个 credit-sync 已开始运行，本次到此为止",
        remedy="请等它结束后再运行，做完的不会重做",
    )
