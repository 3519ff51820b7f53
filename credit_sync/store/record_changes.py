"""The changes of one batch of records, with their history and keys, written together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import JSON, ColumnElement, Connection, Date, DateTime, Table, bindparam, literal, select

from credit_sync.records import RecordKind
from credit_sync.store import schema
from credit_sync.store.bulk import BulkInsert, converter
from credit_sync.store.columns import subject_from_columns
from credit_sync.store.ledger import Run
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that was read. `content` is canonical JSON: columns, extra, warnings; `digest` is over it."""

    key: str
    digest: bytes
    content: bytes
    place: str
    row: int


class _NewRows:
    """New records as rows of their table, made from their content with as few steps as Python can do."""

    def __init__(self, connection: Connection, table: Table, run: Run, changed_in: int) -> None:
        content = [c for c in table.columns if c.name not in (*_HEAD, "extra", "warnings")]
        self._dates = [c.name for c in content if isinstance(c.type, Date)]
        self._documents = [c.name for c in content if isinstance(c.type, JSON)]
        plain = [c.name for c in content if c.name not in (*self._dates, *self._documents)]
        self._plain = itemgetter(*plain)
        self._date = _date_converter(converter(connection, table, self._dates[0]) if self._dates else None)
        self._document = _document_converter(converter(connection, table, "extra"))
        time = next(c.name for c in table.columns if isinstance(c.type, DateTime))
        as_time = converter(connection, table, time)
        self._at = as_time(run.as_of) if as_time else run.as_of
        self._changed_in = changed_in
        names = (*_HEAD, *plain, *self._dates, *self._documents, "warnings", "extra")
        self._insert = BulkInsert(connection, table, names)
        self._rows: list[tuple[Any, ...]] = []

    def add(self, record_id: int, source: str, item: Entry, content: dict[str, Any]) -> None:
        """One more."""
        columns, as_date, as_document, at = content["columns"], self._date, self._document, self._at
        self._rows.append(
            (
                *(record_id, source, item.key, 1, item.digest, at, at, None, self._changed_in),
                *(item.place, item.row),
                *self._plain(columns),
                *[as_date(columns[name]) for name in self._dates],
                *[as_document(columns[name]) for name in self._documents],
                as_document(content["warnings"]),
                as_document(content["extra"]),
            )
        )

    def write(self) -> None:
        """Writes what was added."""
        self._insert(self._rows)
        self._rows = []


def _document_converter(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    """From a list or table in a content to what the driver takes; most are empty, and these are made once."""
    if convert is None:
        return lambda value: value
    no_list, no_table, nothing = convert([]), convert({}), convert(None)

    def converted(value: Any) -> Any:
        if value:
            return convert(value)
        return nothing if value is None else no_list if isinstance(value, list) else no_table

    return converted


def _date_converter(convert: Callable[[Any], Any] | None) -> Callable[[str | None], Any]:
    """From the date in a content to what the driver takes; the same days come again and again."""

    @lru_cache(maxsize=50_000)
    def converted(text: str | None) -> Any:
        day = None if text is None else date.fromisoformat(text)
        return convert(day) if convert else day

    return converted


class RecordChanges:
    """The changes of one batch, written together."""

    def __init__(  # noqa: PLR0913
        self,
        connection: Connection,
        table: Table,
        kind: RecordKind,
        run: Run,
        subject_keys: SubjectKeys,
        *,
        version: int,
    ) -> None:
        self._connection, self._table, self._kind, self._run = connection, table, kind.value, run
        self._changed_in = version
        # Listings are found through the index file of screening, which is derived from the listings themselves.
        self._subject_keys = subject_keys if kind is not RecordKind.LISTING else None
        self._dates = [c.name for c in table.columns if isinstance(c.type, Date)]
        self._new = _NewRows(connection, table, run, version)
        self._insert_keys = BulkInsert(connection, schema.subject_key, ("key", "record", "record_id"))
        self._clear()

    def _clear(self) -> None:
        self._added: list[int] = []
        self._changed: list[dict[str, Any]] = []
        self._removed: list[dict[str, Any]] = []
        self._history: dict[int, dict[str, Any]] = {}
        self._keys: list[tuple[int, str, int]] = []

    def touches(self, record_id: int) -> bool:
        """The batch already changes this record."""
        return record_id in self._history or (bool(self._added) and record_id >= self._added[0])

    def flush_when_full(self) -> None:
        """Keeps a batch from growing without end."""
        if len(self._history) >= BATCH:
            self.flush()

    def add(self, record_id: int, source: str, item: Entry) -> None:
        """A new record; ids come in ascending order without gaps."""
        content = orjson.loads(item.content)
        self._new.add(record_id, source, item, content)
        self._added.append(record_id)
        self._add_keys(record_id, content["columns"])

    def change(self, record_id: int, version: int, item: Entry, change: str) -> None:
        """A record with other content, or there again after its removal."""
        self._changed.append({**self._values(record_id, version, item), "record_id": record_id})
        self._remember(record_id, version, change)

    def remove(self, record_id: int, version: int) -> None:
        """A record that is gone; what it last said stays."""
        gone = {"removed_at": self._run.as_of, "changed_in": self._changed_in}
        self._removed.append({"record_id": record_id, "version": version, **gone})
        self._remember(record_id, version, "removed")

    def _values(self, record_id: int, version: int, item: Entry) -> dict[str, Any]:
        content = orjson.loads(item.content)
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
            self._new.write()
            self._remember_added(self._added[0], self._added[-1])
        if self._history:
            self._flush_changes()
        self._insert_keys(sorted(self._keys))
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
