"""Writing the records of one pull: what is new, changed, the same, gone, or there again.

Works in batches inside the caller's one transaction. Memory is one byte per record of the table, what is known of
the list's rows (at most 48 bytes each), 16 MB in a first load, the keys of rows that could not be read, up to a million
characters that these say, and one batch, however long the list. Ids follow the order of arrival, so the same pulls
always make the same rows.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    String,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
)

from credit_sync.records import Listing, RecordKind
from credit_sync.store import schema
from credit_sync.store.added_facts import AddedFacts
from credit_sync.store.brought_keys import BroughtKeys
from credit_sync.store.columns import value_names
from credit_sync.store.counts import Counts
from credit_sync.store.items import Again, Gone, Held, Item, Like, Obscure, Uneven, keys_of
from credit_sync.store.known_rows import NOTHING_KNOWN, KnownRows, Learnt
from credit_sync.store.ledger import Run
from credit_sync.store.read_records import ReadRecord, ReadRecords
from credit_sync.store.record_changes import BATCH, RecordChanges, SubjectKeys
from credit_sync.store.unread_rows import UnreadRows

_UNSEEN, _HELD, _GONE, _READ, _CHANGED = range(5)
"""What a pull has brought of a record; the last two: it was read."""
_REMOVED_ON = value_names(Listing).index("removed_on")


@dataclass(slots=True)
class _Known:
    id: int
    version: int
    digest: bytes
    removed: bool
    in_force: bool | None = None
    """Of a list entry older than the run: it is there, and not removed from the list."""


class RecordWriter:
    """Writes one pull of one source. Call `write` batch by batch, then `remove_unseen` for a whole list."""

    def __init__(  # noqa: PLR0913
        self,
        connection: Connection,
        source: str,
        kind: RecordKind,
        run: Run,
        subject_keys: SubjectKeys,
        *,
        known: KnownRows = NOTHING_KNOWN,
        added: AddedFacts | None = None,
    ) -> None:
        """`known`: the rows that were told apart from those to be read. `added` counts the new records."""
        self.counts = Counts()
        self.read = 0
        """Records read, duplicates left out."""
        self.ended = 0
        """List entries, older than the run, that were in force and no longer are, less those that are again."""
        self._connection, self._source, self._kind, self._run = connection, source, kind, run
        self._table = schema.RECORD_TABLES[kind]
        self._changes = RecordChanges(connection, source, kind, run, subject_keys)
        last = connection.scalar(select(func.max(self._table.c.id))) or 0
        self._seen = bytearray(last + 1)
        of_source = select(self._table.c.id).where(self._table.c.source == source)
        self._brought = None if connection.scalar(of_source.limit(1)) else BroughtKeys()
        self._missing: list[tuple[int, int]] = []
        self.unread_rows = UnreadRows()
        self._known, self._added = known, added
        self.learnt = Learnt(known)
        """What is known of the rows of this pull."""

    def write(self, items: Sequence[Item], *, whole: bool) -> list[ReadRecord]:
        """Takes one batch over. `whole`: the pull is a whole list, where a removal is just an absence.

        Returns the records that contradict an earlier one of the same pull: same key, other content.
        """
        keys = [key for item in items for key in keys_of(item)]
        once = set(keys)
        known = self._look_up(self._brought.maybe(once) if self._brought else once)
        met = set(known)  # before, or several times in this batch: to be decided one by one
        if len(once) < len(keys):
            met.update(key for key, times in Counter(keys).items() if times > 1)
        conflicts: list[ReadRecord] = []
        for item in items:
            if isinstance(item, Again):
                conflicts += self._take_again(item)
            elif isinstance(item, Held):
                self._hold(known.get(item.key))
            elif isinstance(item, Like | Obscure | Uneven):
                self.unread_rows.add(item)
            elif isinstance(item, Gone):
                self._take_removal(known.get(item.key), whole=whole)
            elif met.isdisjoint(item.keys):
                self._add(item)
            else:
                for met_before, records in item.parts(met):
                    if met_before:
                        conflicts += [record for record in records.apart() if not self._take(record, known)]
                    else:
                        self._add(records)
        self._changes.flush()
        return conflicts

    def unread(self, before: int, *, confirmed: bool) -> tuple[int, int]:
        """Of the records in force, how many the whole list did not bring, and how many of these stay, since they may be
        rows of it that could not be read.

        `before`: how many were in force before the pull; `confirmed`: a person says that those missing are gone.
        """
        self._missing = self._not_read(before - self.counts.unchanged - self.counts.changed)
        for first in range(0, len(self._missing), BATCH):
            ids = [i for i, _ in self._missing[first : first + BATCH] if self._seen[i] == _UNSEEN]
            for record_id in self.unread_rows.among(self._connection, self._table, ids, confirmed=confirmed):
                self._seen[record_id] = _HELD
        held = sum(self._seen[record_id] == _HELD for record_id, _ in self._missing)
        return len(self._missing), held

    def remove_unseen(self) -> None:
        """Marks the records that `unread` found missing as removed, but for those whose row could not be read."""
        absent = [(i, version) for i, version in self._missing if self._seen[i] != _HELD]
        for record_id, version in absent:
            self._changes.remove(record_id, version + 1)
            self.counts.removed += 1
            self._changes.flush_when_full()
        self._changes.flush()

    def was_read(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` whose records this pull has read."""
        return {key for key, found in self._look_up(set(keys)).items() if self._seen[found.id] >= _READ}

    def live(self) -> int:
        """How many records of the source are in force."""
        return live_records(self._connection, self._kind, self._source)

    def _look_up(self, keys: Collection[str]) -> dict[str, _Known]:
        if not keys:
            return {}
        c = self._table.c
        wanted = select(
            c.key, c.id, c.version, c.digest, c.removed_at.is_not(None), *self._whether_in_force()
        ).where(c.source == self._source, is_among(self._connection, c.key, keys))
        return {key: _Known(*found) for key, *found in self._connection.execute(wanted)}

    def _whether_in_force(self) -> tuple[ColumnElement[Any], ...]:
        if self._kind is not RecordKind.LISTING:
            return ()
        older = schema.listing.c.first_seen < self._run.as_of
        return (case((older, is_in_force(self._run.as_of.date()))),)

    def _not_read(self, count: int) -> list[tuple[int, int]]:
        """Id and version of the records in force that the pull has not read, of which there are so many.

        Where they all are among the known rows, as in nearly every night, nothing has to be looked through.
        """
        c = self._table.c
        known = self._known.rows["record"]
        unread = np.unique(known[np.frombuffer(self._seen, np.uint8)[known] < _READ]).tolist()
        if len(unread) == count:
            blocks = (unread[first : first + BATCH] for first in range(0, count, BATCH))
            found = (select(c.id, c.version).where(c.id.in_(block)).order_by(c.id) for block in blocks)
            return [(row.id, row.version) for query in found for row in self._connection.execute(query)]
        live = select(c.id, c.version).where(c.source == self._source, c.removed_at.is_(None)).order_by(c.id)
        rows = self._connection.execute(live.execution_options(yield_per=BATCH))
        return [(row.id, row.version) for row in rows if self._seen[row.id] < _READ]

    def _add(self, records: ReadRecords) -> None:
        """New records."""
        first = len(self._seen)
        self._seen += bytes([_READ]) * len(records)
        self.read += len(records)
        self.counts.added += len(records)
        self._changes.add(first, records)
        if self._added is not None:
            self._added.count(records)
        self.learnt.read_new(records.row_digests, first)

    def _take(self, item: ReadRecord, known: dict[str, _Known]) -> bool:
        """One record, however often its key came; False where it contradicts an earlier one of the pull."""
        found = known.get(item.key)
        if found is None:
            known[item.key] = _Known(len(self._seen), 1, item.digest, removed=False)
            self._add(ReadRecords.of(item))
        elif self._seen[found.id] < _READ:
            self._flush_before(found)
            self._read(item, found)
        elif found.digest == item.digest:
            self.counts.duplicates += 1
            self.learnt.read(item.row_digest, found.id)
        else:
            return False
        return True

    def _read(self, item: ReadRecord, found: _Known) -> None:
        """What the pull says first of a record that is there, or was."""
        self._seen[found.id] = _READ
        self.read += 1
        self.learnt.read(item.row_digest, found.id)
        if found.removed:
            self.counts.added += 1
            self._changes.change(found.id, found.version + 1, item, "restored")
        elif found.digest != item.digest:
            self.counts.changed += 1
            self._seen[found.id] = _CHANGED
            self._changes.change(found.id, found.version + 1, item, "changed")
        else:
            self.counts.unchanged += 1
            return
        self._count_ended(found, item)
        found.version, found.digest, found.removed = found.version + 1, item.digest, False

    def _flush_before(self, found: _Known) -> None:
        """A record is changed once in a batch of changes."""
        if self._changes.touches(found.id):
            self._changes.flush()

    def _hold(self, found: _Known | None) -> None:
        if found is not None and self._seen[found.id] == _UNSEEN:
            self._seen[found.id] = _HELD

    def _take_again(self, again: Again) -> list[ReadRecord]:
        """Known rows; returns those whose record another row of the pull has changed before them, as they were."""
        places = np.frombuffer(again.known, np.int64)
        ids = self._known.rows["record"][places]
        seen = np.frombuffer(self._seen, np.uint8)
        contradicting: list[int] = np.flatnonzero(seen[ids] == _CHANGED).tolist()
        first = np.unique(ids[seen[ids] < _READ])
        seen[first] = _READ
        self.read += len(first)
        self.counts.unchanged += len(first)
        self.counts.duplicates += len(ids) - len(first) - len(contradicting)
        self.learnt.again(np.delete(places, contradicting))
        return [self._said_before(again, number, places[number]) for number in contradicting]

    def _said_before(self, again: Again, number: int, place: int) -> ReadRecord:
        """A known row as it would have been read: what its record said before this pull."""
        self._changes.flush()
        (record_id,) = self._known.records(np.array([place]))
        row = int(np.frombuffer(again.rows, np.int64)[number])
        return self._changes.before(record_id, again.place, row)

    def _take_removal(self, found: _Known | None, *, whole: bool) -> None:
        if whole:
            self.counts.skipped += 1
            if found is not None and self._seen[found.id] == _UNSEEN:
                self._seen[found.id] = _GONE
        elif found is None or found.removed:
            self.counts.unchanged += 1
        else:
            self._flush_before(found)
            self._changes.remove(found.id, found.version + 1)
            self._count_ended(found, None)
            found.version, found.removed = found.version + 1, True
            self._seen[found.id] = _GONE
            self.counts.removed += 1

    def _count_ended(self, found: _Known, item: ReadRecord | None) -> None:
        """A record that says something else now, None where it is gone."""
        if found.in_force is not None:
            until = item.values[_REMOVED_ON] if item else ""
            now = until is None or until > self._run.as_of.date().isoformat()
            self.ended += found.in_force - now
            found.in_force = now


def is_among(connection: Connection, column: Column[str], keys: Iterable[str]) -> ColumnElement[bool]:
    """The keys as one parameter: a statement with thousands takes longer to make than to answer."""
    if connection.dialect.name == "sqlite":
        given = func.json_each(orjson.dumps(sorted(keys)).decode()).table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(literal(sorted(keys), ARRAY(String)))


def live_records(connection: Connection, kind: RecordKind, source: str) -> int:
    """How many records of a source are in force."""
    table = schema.RECORD_TABLES[kind]
    live = select(func.count()).select_from(table).where(table.c.source == source, table.c.removed_at.is_(None))
    return connection.scalar(live) or 0


def holds_records(connection: Connection, kind: RecordKind, source: str) -> bool:
    """Whether any record of a source is in force."""
    c = schema.RECORD_TABLES[kind].c
    return connection.scalar(select(c.id).where(c.source == source, c.removed_at.is_(None)).limit(1)) is not None


def entries_in_force(connection: Connection, source: str, run: Run) -> int:
    """How many list entries of a source, older than this run, are in force."""
    c = schema.listing.c
    entries = (c.source == source, c.first_seen < run.as_of, is_in_force(run.as_of.date()))
    return connection.scalar(select(func.count()).select_from(schema.listing).where(*entries)) or 0


def is_in_force(on: date) -> ColumnElement[bool]:
    """Of a list entry: it is there, and not removed from the list."""
    c = schema.listing.c
    return and_(c.removed_at.is_(None), or_(c.removed_on.is_(None), c.removed_on > on))


def existing_keys(connection: Connection, kind: RecordKind, source: str, keys: Iterable[str]) -> set[str]:
    """Those of `keys` under which a source has a record, removed or not."""
    c = schema.RECORD_TABLES[kind].c
    return set(connection.scalars(select(c.key).where(c.source == source, c.key.in_(sorted(keys)))))
