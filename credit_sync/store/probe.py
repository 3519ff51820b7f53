"""Trying the store without changing anything, for `credit-sync check`."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from credit_sync.settings import Settings
from credit_sync.store.copy import is_there
from credit_sync.store.engine import connect
from credit_sync.store.migrate import refuse_other, state


def probe_store(settings: Settings) -> str:
    """One Chinese line on a store that a run can use; a SQLite file is neither made nor touched. Raises StoreError."""
    if not is_there(settings):
        return f"{settings.store.url} 还不存在，第一次 run 时建立"
    engine = connect(settings.store.full_url(settings.base), read_only=True)
    try:
        found = state(engine)
        refuse_other(found)
        return "可用，结构是最新的" if found == "current" else "可用，还是空的，第一次 run 时建表"
    finally:
        engine.dispose()


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
