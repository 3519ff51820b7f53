"""Trying the store without changing anything, for `credit-sync check`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, false, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from credit_sync.errors import StoreError
from credit_sync.folders import refuse_unwritable
from credit_sync.settings import Settings
from credit_sync.store.copy import is_there
from credit_sync.store.engine import connect, explain, rehearsing
from credit_sync.store.migrate import State, refuse_other, state
from credit_sync.store.schema import metadata, run


def probe_store(settings: Settings) -> str:
    """One Chinese line on a store that a run can use; a SQLite file is neither made nor touched. Raises CreditSyncError."""
    _refuse_unwritable_file(settings)
    if not is_there(settings):
        return f"{settings.store.url} 还不存在，第一次 run 时建立"
    engine = connect(settings.store.full_url(settings.base), read_only=True)
    try:
        found = state(engine)
        refuse_other(found)
        if engine.dialect.name != "sqlite":
            _refuse_without_rights(engine, found)
        return "可用，结构是最新的" if found == "current" else "可用，还是空的，第一次 run 时建表"
    finally:
        engine.dispose()


def _refuse_without_rights(engine: Engine, found: State) -> None:
    """Does what a night does first, and takes it back: an account that may only read, a standby."""
    writes = CreateTable(run) if found == "empty" else run.update().where(false()).values(attempts=0)
    try:
        with rehearsing(engine) as connection:
            connection.execute(writes)
            denied = _denied(connection) if found == "current" else []
    except DBAPIError as error:
        remedy = "请核对 store.url 是不是主库，以及所用账号建表和读写的权限"
        raise StoreError(f"写不进数据库：{explain(error)}", remedy=remedy) from None
    if denied:
        raise StoreError(
            f"没有读写权限的表：{'、'.join(denied)}",
            remedy="它们属于另一个账号，例如备份是以别的账号恢复的：请把属主改为 store.url 里的账号",
        )


def _denied(connection: Connection) -> list[str]:
    """The tables that the account may not read or write, as after a backup was restored as somebody else."""
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE")
    asked = [
        func.has_table_privilege(name, right).label(f"{name} {right}")
        for name in metadata.tables
        for right in rights
    ]
    allowed = connection.execute(select(*asked)).one()._asdict()
    return sorted({label.partition(" ")[0] for label, may in allowed.items() if not may})


def _refuse_unwritable_file(settings: Settings) -> None:
    """A SQLite store is written to, and beside it its log and the lock of runs."""
    url = settings.store.full_url(settings.base)
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    path = Path(url.database)
    refuse_unwritable(path.parent)
    for one in (path, *(Path(f"{path}{beside}") for beside in (".lock", "-wal", "-shm"))):
        if os.path.lexists(one) and not os.access(one, os.R_OK | os.W_OK):
            remedy = "它属于另一个账号，例如曾以 root 运行：请改正属主和权限"
            raise StoreError(f"不能读写数据库文件 {one}", remedy=remedy)


@contextmanager
def readable_store(settings: Settings) -> Iterator[Connection | None]:
    """A store that a run can use as it is, to be read only; None where there is none yet."""
    if not is_there(settings):
        yield None
        return
    engine = connect(settings.store.full_url(settings.base), read_only=True)
    try:
        if state(engine) != "current":
            yield None
            return
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
