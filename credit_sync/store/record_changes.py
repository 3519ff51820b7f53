"""The changes of one batch of records, with their history and keys, written together."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Date, bindparam, literal, select

from credit_sync.records import RECORD_CLASSES, RecordKind
from credit_sync.store import schema
from credit_sync.store.bulk import BulkInsert, converter
from credit_sync.store.columns import subject_from_columns, to_content, value_names
from credit_sync.store.ledger import Run
from credit_sync.store.read_records import ReadRecord, ReadRecords, read_record_of
from credit_sync.store.versions import next_version
from credit_sync.subjects.subject import Subject

BATCH = 5000
_HEAD = (
    "id",
    "source",
    "key",
    "version",
    "digest",
    "first_seen",
    "changed_at",
    "removed_at",
    "changed_in",
    "place",
    "row",
)
"""Columns that are about the record, not what it says."""

SubjectKeys = Callable[[RecordKind, Subject], Sequence[int]]
"""How the keys of a subject are made (credit_sync.screening.keys)."""


class _NewRows:
    """New records as rows of their table."""

    def __init__(self, connection: Connection, source: str, kind: RecordKind, run: Run, changed_in: int) -> None:
        table = schema.RECORD_TABLES[kind]
        as_time = converter(connection, table, "first_seen")
        at = as_time(run.as_of) if as_time else run.as_of
        self._source = source
        self._now = (at, at, None, changed_in)
        self._insert = BulkInsert(connection, table, (*_HEAD, *value_names(RECORD_CLASSES[kind])))

    def write(self, first_id: int, records: ReadRecords) -> None:
        """Writes them, with ids from the first on."""
        ids = range(first_id, first_id + len(records))
        about = (ids, self._source, records.keys, 1, records.digests, *self._now, records.places, records.rows)
        self._insert(len(records), (*about, *records.values))


class RecordChanges:
    """The changes of one batch, written together."""

    def __init__(
        self, connection: Connection, source: str, kind: RecordKind, run: Run, subject_keys: SubjectKeys
    ) -> None:
        self._connection, self._kind, self._run = connection, kind.value, run
        self._table, self._class = schema.RECORD_TABLES[kind], RECORD_CLASSES[kind]
        self._changed_in = next_version(connection, source, run)
        # Listings are found through the index file of screening, which is derived from the listings themselves.
        self._subject_keys = subject_keys if kind is not RecordKind.LISTING else None
        self._dates = [c.name for c in self._table.columns if isinstance(c.type, Date)]
        self._new = _NewRows(connection, source, kind, run, self._changed_in)
        self._insert_keys = BulkInsert(connection, schema.subject_key, ("key", "record", "record_id"))
        self._clear()

    def _clear(self) -> None:
        self._first_added = 0
        self._added: list[ReadRecords] = []
        self._changed: list[dict[str, Any]] = []
        self._removed: list[dict[str, Any]] = []
        self._history: dict[int, dict[str, Any]] = {}
        self._keys: list[tuple[int, str, int]] = []

    def touches(self, record_id: int) -> bool:
        """The batch already changes this record."""
        return record_id in self._history or (bool(self._added) and record_id >= self._first_added)

    def flush_when_full(self) -> None:
        """Keeps a batch from growing without end."""
        if len(self._history) >= BATCH:
            self.flush()

    def add(self, first_id: int, records: ReadRecords) -> None:
        """New records with ids from the first on; ids come in ascending order without gaps."""
        if not self._added:
            self._first_added = first_id
        self._added.append(records)
        if self._subject_keys is not None:
            for record_id, record in enumerate(records.apart(), first_id):
                self._add_keys(record_id, to_content(self._class, record.values)["columns"])

    def change(self, record_id: int, version: int, item: ReadRecord, change: str) -> None:
        """A record with other content, or there again after its removal."""
        self._changed.append({**self._values(record_id, version, item), "record_id": record_id})
        self._remember(record_id, version, change)

    def remove(self, record_id: int, version: int) -> None:
        """A record that is gone; what it last said stays."""
        gone = {"removed_at": self._run.as_of, "changed_in": self._changed_in}
        self._removed.append({"record_id": record_id, "version": version, **gone})
        self._remember(record_id, version, "removed")

    def before(self, record_id: int, place: str, row: int) -> ReadRecord:
        """What a record said before its last change, which is written already."""
        c, history = self._table.c, schema.record_history.c
        changed = select(c.key, history.before).where(
            c.id == record_id,
            history.record == self._kind,
            history.record_id == record_id,
            history.version == c.version,
        )
        found = self._connection.execute(changed).one()
        return read_record_of(RecordKind(self._kind), found.key, found.before, place, row)

    def _values(self, record_id: int, version: int, item: ReadRecord) -> dict[str, Any]:
        content = to_content(self._class, item.values)
        columns: dict[str, Any] = content["columns"]
        self._add_keys(record_id, columns)
        for name in self._dates:
            if columns[name] is not None:
                columns[name] = date.fromisoformat(columns[name])
        return {
            **columns,
            "version": version,
            "digest": item.digest,
            "changed_at": self._run.as_of,
            "removed_at": None,
            "changed_in": self._changed_in,
            "place": item.place,
            "row": item.row,
            "warnings": content["warnings"],
            "extra": content["extra"],
        }

    def _add_keys(self, record_id: int, columns: dict[str, Any]) -> None:
        if self._subject_keys is not None:
            keys = self._subject_keys(RecordKind(self._kind), subject_from_columns(columns))
            self._keys += [(key, self._kind, record_id) for key in keys]

    def _remember(self, record_id: int, version: int, change: str) -> None:
        self._history[record_id] = {
            "record": self._kind,
            "record_id": record_id,
            "version": version,
            "change": change,
            "run_id": self._run.id,
            "at": self._run.as_of,
            "before": {},
        }

    def flush(self) -> None:
        """Writes the batch."""
        if self._added:
            added = ReadRecords.joined(self._added)
            self._new.write(self._first_added, added)
            self._remember_added(self._first_added, self._first_added + len(added) - 1)
        if self._history:
            self._flush_changes()
        if self._keys:
            self._insert_keys(len(self._keys), list(map(list, zip(*sorted(self._keys), strict=True))))
        self._clear()

    def _flush_changes(self) -> None:
        changed_ids = [row["record_id"] for row in self._changed]
        for record_id, before in self._content(changed_ids).items():
            self._history[record_id]["before"] = before
        if changed_ids and self._subject_keys is not None:
            c = schema.subject_key.c
            of_changed = (c.record == self._kind, c.record_id.in_(changed_ids))
            self._connection.execute(schema.subject_key.delete().where(*of_changed))
        self._update(self._changed)
        self._update(self._removed)
        self._connection.execute(schema.record_history.insert(), list(self._history.values()))

    def _remember_added(self, first: int, last: int) -> None:
        """The history of new records, which holds nothing that the database does not know already."""
        c = self._table.c
        said: dict[str, ColumnElement[Any]] = {
            "record": literal(self._kind),
            "record_id": c.id,
            "version": c.version,
            "change": literal("added"),
            "run_id": literal(self._run.id),
            "at": c.first_seen,
            "before": literal({}, JSON()),
        }
        added = select(*said.values()).where(c.id.between(first, last)).order_by(c.id)
        self._connection.execute(schema.record_history.insert().from_select(list(said), added))

    def _content(self, record_ids: list[int]) -> dict[int, dict[str, Any]]:
        if not record_ids:
            return {}
        columns = [c for c in self._table.columns if c.name not in _HEAD]
        rows = self._connection.execute(select(self._table.c.id, *columns).where(self._table.c.id.in_(record_ids)))
        return {row["id"]: {str(c.name): row[c.name] for c in columns} for row in rows.mappings()}

    def _update(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "record_id"}
            of_record = self._table.c.id == bindparam("record_id")
            self._connection.execute(self._table.update().where(of_record).values(values), rows)
