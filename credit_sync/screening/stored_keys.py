"""The keys that stand beside records in the store, made anew when they are made differently: another program, another table
of places or aliases. Otherwise a look-up by what is new would not find what had been stored before.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, select

from credit_sync.logs import log
from credit_sync.records import RecordKind
from credit_sync.screening.index_files import scheme
from credit_sync.screening.keys import keys_to_store
from credit_sync.store.bulk import BulkInsert
from credit_sync.store.columns import SUBJECT_PREFIX, rows_of, subject_from_columns
from credit_sync.store.engine import writing
from credit_sync.store.schema import RECORD_TABLES, key_scheme, subject_key

_BLOCK = 5000


def _are_current(connection: Connection) -> bool:
    """Whether the keys are those of the present scheme."""
    return connection.scalar(select(key_scheme.c.scheme)) == scheme()


def renew_stored_keys(engine: Engine) -> None:
    """Makes the keys of all records but listings anew, unless they were made by the present scheme."""
    with engine.connect() as connection:
        if _are_current(connection):
            return
    with writing(engine) as connection:
        connection.execute(subject_key.delete())
        insert = BulkInsert(connection, subject_key, ("key", "record", "record_id"))
        count = 0
        for block in _blocks(connection):
            insert(len(block), list(map(list, zip(*block, strict=True))))
            count += len(block)
        connection.execute(key_scheme.delete())
        connection.execute(key_scheme.insert().values(scheme=scheme()))
    if count:
        log.info("重建查找键", keys=count)


def _blocks(connection: Connection) -> Iterator[list[tuple[int, str, int]]]:
    """(key, kind of record, its id), sorted within a block."""
    for kind, table in RECORD_TABLES.items():
        if kind is RecordKind.LISTING:
            continue  # found through the index
        said = [c for c in table.columns if c.name.startswith(SUBJECT_PREFIX)]
        last = -1
        while True:
            query = select(table.c.id, *said).where(table.c.id > last).order_by(table.c.id).limit(_BLOCK)
            rows = list(rows_of(connection, query))
            if not rows:
                break
            last = rows[-1]["id"]
            if found := [
                (key, kind.value, row["id"])
                for row in rows
                for key in keys_to_store(kind, subject_from_columns(row))
            ]:
                yield sorted(found)
