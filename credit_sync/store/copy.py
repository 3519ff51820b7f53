"""A throw-away copy of the store, for a dry run that shows everything and changes nothing."""

from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, inspect, select
from sqlalchemy.engine import URL

from credit_sync.store.engine import connect, writing
from credit_sync.store.migrate import upgrade
from credit_sync.store.schema import metadata

_ROWS = 5000


def copy_store(engine: Engine, folder: Path) -> Engine:
    """A SQLite store in `folder` with the content of `engine` (any database; an empty one stays empty)."""
    copy = connect(URL.create("sqlite", database=str(folder / "dry-run.db")))
    upgrade(copy)
    there = set(inspect(engine).get_table_names())
    with engine.connect() as source, writing(copy) as target:
        for table in metadata.sorted_tables:
            if table.name not in there:
                continue
            rows = iter(source.execution_options(yield_per=_ROWS).execute(select(table)).mappings())
            while block := [dict(row) for row in islice(rows, _ROWS)]:
                target.execute(table.insert(), block)
    return copy
