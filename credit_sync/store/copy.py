"""A throw-away copy of the store, for a dry run that shows everything and changes nothing."""

from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, inspect, select
from sqlalchemy.engine import URL

from credit_sync.settings import Settings
from credit_sync.store.engine import connect, open_engine, writing
from credit_sync.store.migrate import refuse_other, state, upgrade
from credit_sync.store.schema import metadata

_ROWS = 5000


def copy_store(settings: Settings, folder: Path) -> Engine:
    """A SQLite store in `folder` with the content of the configured one; empty where that is not there yet.

    Raises StoreError for a store of another version: a run would refuse it, too.
    """
    copy = connect(URL.create("sqlite", database=str(folder / "dry-run.db")))
    upgrade(copy)
    if is_there(settings):
        engine = open_engine(settings)
        refuse_other(state(engine))
        _copy(engine, copy)
        engine.dispose()
    return copy


def is_there(settings: Settings) -> bool:
    """Opening a SQLite store makes its file; this tells without doing so. A server is taken to be there."""
    url = settings.store.full_url(settings.base)
    return url.get_backend_name() != "sqlite" or bool(url.database and Path(url.database).exists())


def _copy(engine: Engine, copy: Engine) -> None:
    there = set(inspect(engine).get_table_names())
    with engine.connect() as source, writing(copy) as target:
        for table in metadata.sorted_tables:
            if table.name not in there:
                continue
            rows = iter(source.execution_options(yield_per=_ROWS).execute(select(table)).mappings())
            while block := [dict(row) for row in islice(rows, _ROWS)]:
                target.execute(table.insert(), block)
