"""The changes of one batch of records, with their history and keys, written together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, Date, Table, bindparam, select

from credit_sync.records import Listing, RecordKind
from credit_sync.store import schema
from credit_sync.store.columns import from_columns, subject_from_columns
from credit_sync.store.ledger import Run
from credit_sync.subjects.subject import Subject

BATCH = 1000
_HEAD = frozenset(
    [
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
    ]
)
"""Columns that are about the record, not what it says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that was read. `content` is canonical JSON: columns, extra, warnings; `digest` is over it."""

    key: str
    digest: bytes
    content: bytes
    place: str
    row: int


@dataclass(frozen=True, slots=True)
class SubjectKeys:
    """How keys are made (credit_sync.screening.keys), and which masks the numbers of a listing show."""

    of_subject: Callable[[Subject], Sequence[int]]
    of_listing: Callable[[Listing], Sequence[int]]
    shapes: Callable[[Listing], Sequence[str]]


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
        self._subject_keys = subject_keys
        self._dates = [c.name for c in table.columns if isinstance(c.type, Date)]
        self._shapes = set(connection.scalars(select(schema.mask_shape.c.shape)))
        self._clear()

    def _clear(self) -> None:
        self._added: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._removed: list[dict[str, Any]] = []
        self._history: dict[int, dict[str, Any]] = {}
        self._keys: list[dict[str, Any]] = []

    def touches(self, record_id: int) -> bool:
        """The batch already changes this record."""
        return record_id in self._history

    def flush_when_full(self) -> None:
        """Keeps a batch from growing without end."""
        if len(self._history) >= BATCH:
            self.flush()

    def add(self, record_id: int, source: str, item: Entry) -> None:
        """A new record."""
        values = self._values(record_id, 1, item)
        self._added.append(
            {**values, "id": record_id, "source": source, "key": item.key, "first_seen": self._run.as_of}
        )
        self._remember(record_id, 1, "added")

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
        for name in self._dates:
            if columns[name] is not None:
                columns[name] = date.fromisoformat(columns[name])
        self._keys += [
            {"key": key, "record": self._kind, "record_id": record_id} for key in self._keys_of(columns)
        ]
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

    def _keys_of(self, columns: dict[str, Any]) -> Sequence[int]:
        if self._kind != RecordKind.LISTING.value:
            return self._subject_keys.of_subject(subject_from_columns(columns))
        listing = from_columns(Listing, columns)
        self._add_shapes(listing)
        return self._subject_keys.of_listing(listing)

    def _add_shapes(self, listing: Listing) -> None:
        for shape in self._subject_keys.shapes(listing):
            if shape not in self._shapes:
                self._shapes.add(shape)
                self._connection.execute(schema.mask_shape.insert().values(shape=shape))

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
        if not self._history:
            return
        changed_ids = [row["record_id"] for row in self._changed]
        for record_id, before in self._content(changed_ids).items():
            self._history[record_id]["before"] = before
        if changed_ids:
            c = schema.subject_key.c
            of_changed = (c.record == self._kind, c.record_id.in_(changed_ids))
            self._connection.execute(schema.subject_key.delete().where(*of_changed))
        self._insert(self._table, self._added)
        self._update(self._changed)
        self._update(self._removed)
        self._insert(schema.record_history, list(self._history.values()))
        self._insert(schema.subject_key, sorted(self._keys, key=lambda row: (row["key"], row["record_id"])))
        self._clear()

    def _content(self, record_ids: list[int]) -> dict[int, dict[str, Any]]:
        if not record_ids:
            return {}
        columns = [c for c in self._table.columns if c.name not in _HEAD]
        rows = self._connection.execute(select(self._table.c.id, *columns).where(self._table.c.id.in_(record_ids)))
        return {row["id"]: {str(c.name): row[c.name] for c in columns} for row in rows.mappings()}

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(table.insert(), rows)

    def _update(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "record_id"}
            of_record = self._table.c.id == bindparam("record_id")
            self._connection.execute(self._table.update().where(of_record).values(values), rows)
