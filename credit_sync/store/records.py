"""Writing the records of one pull: what is new, changed, the same, gone, or there again.

Works in batches inside the caller's one transaction. Memory is one byte per record of the table, what is known of
the list's rows (at most 48 bytes each), and one batch, however long the list. Ids follow the order of arrival, so the
same pulls always make the same rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from sqlalchemy import ARRAY, Column, ColumnElement, Connection, String, any_, func, literal, or_, select

from credit_sync.records import RecordKind
from credit_sync.store import schema
from credit_sync.store.counts import Counts
from credit_sync.store.known_rows import NOTHING_KNOWN, KnownRows, Learnt
from credit_sync.store.ledger import Run
from credit_sync.store.record_changes import BATCH, Entry, RecordChanges, SubjectKeys
from credit_sync.store.versions import next_version

_UNSEEN, _HELD, _GONE, _READ, _CHANGED = range(5)
"""What a pull has brought of a record; the last two: it was read."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that the source says is gone."""

    key: str


@dataclass(frozen=True, slots=True)
class Held:
    """A row that could not be read but names its record, which therefore stays as it is."""

    key: str


@dataclass(frozen=True, slots=True)
class Again:
    """Rows one after the other that are known: each comes to the record that it came to before."""

    place: str
    rows: bytes
    """Their row numbers, as 64 bit integers."""
    known: bytes
    """Their places among the known rows, as 64 bit integers."""

    def __len__(self) -> int:
        return len(self.rows) // 8


Item = Entry | Gone | Held | Again


@dataclass(slots=True)
class _Known:
    id: int
    version: int
    digest: bytes
    removed: bool


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
    ) -> None:
        """`known`: the rows that were told apart from those to be read."""
        self.counts = Counts()
        self.read = 0
        """Records read, duplicates left out."""
        self._connection, self._source, self._kind, self._run = connection, source, kind, run
        self._table = schema.RECORD_TABLES[kind]
        version = next_version(connection, source, run)
        self._changes = RecordChanges(connection, self._table, kind, run, subject_keys, version=version)
        last = connection.scalar(select(func.max(self._table.c.id))) or 0
        self._seen = bytearray(last + 1)
        self._unread: list[tuple[int, int]] | None = None
        self._known = known
        self.learnt = Learnt(known)
        """What is known of the rows of this pull."""

    def write(self, items: Sequence[Item], *, whole: bool) -> list[Entry]:
        """Takes one batch over. `whole`: the pull is a whole list, where a removal is just an absence.

        Returns the entries that contradict an earlier one of the same pull: same key, other content.
        """
        self._unread = None
        keys = {item.key for item in items if not isinstance(item, Again)}
        known = self._look_up(keys)
        if (
            not known
            and len(keys) == len(items)
            and (entries := [i for i in items if isinstance(i, Entry)]) == items
        ):
            self._add_all(entries)
            self._changes.flush()
            return []
        conflicts = []
        for item in items:
            if isinstance(item, Again):
                conflicts += self._take_again(item)
                continue
            found = known.get(item.key)
            if found is not None and self._changes.touches(found.id):
                self._changes.flush()
            if isinstance(item, Held):
                if found is not None and self._seen[found.id] == _UNSEEN:
                    self._seen[found.id] = _HELD
            elif isinstance(item, Gone):
                self._take_removal(found, whole=whole)
            elif found is None:
                known[item.key] = _Known(len(self._seen), 1, item.digest, removed=False)
                self._add_all([item])
            elif self._seen[found.id] < _READ:
                self._take(item, found)
            elif found.digest == item.digest:
                self.counts.duplicates += 1
                self.learnt.read(item.row_digest, found.id)
            else:
                conflicts.append(item)
        self._changes.flush()
        return conflicts

    def unread(self, before: int) -> tuple[int, int]:
        """Of the records in force, how many the pull did not bring, and how many of these it could not read.

        `before`: how many were in force before the pull.
        """
        if before == self.counts.unchanged + self.counts.changed:
            self._unread = []
        missing = self._missing()
        held = sum(self._seen[record_id] == _HELD for record_id, _ in missing)
        return len(missing), held

    def remove_unseen(self) -> None:
        """Marks the records of the source that a whole list no longer holds as removed."""
        absent = [(i, version) for i, version in self._missing() if self._seen[i] != _HELD]
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

    def _look_up(self, keys: set[str]) -> dict[str, _Known]:
        c = self._table.c
        wanted = select(c.key, c.id, c.version, c.digest, c.removed_at.is_not(None)).where(
            c.source == self._source, is_among(self._connection, c.key, keys)
        )
        return {
            key: _Known(record_id, version, digest, removed)
            for key, record_id, version, digest, removed in self._connection.execute(wanted)
        }

    def _missing(self) -> list[tuple[int, int]]:
        """Id and version of the records in force that the pull has not read; asked twice, answered once."""
        if self._unread is None:
            c = self._table.c
            live = select(c.id, c.version).where(c.source == self._source, c.removed_at.is_(None)).order_by(c.id)
            blocks = self._connection.execute(live.execution_options(yield_per=BATCH)).partitions()
            seen = self._seen
            self._unread = [(row[0], row[1]) for block in blocks for row in block if seen[row[0]] < _READ]
        return self._unread

    def _add_all(self, entries: Sequence[Entry]) -> None:
        """New records."""
        first = len(self._seen)
        self._seen += bytes([_READ]) * len(entries)
        self.read += len(entries)
        self.counts.added += len(entries)
        self._changes.add(first, self._source, entries)
        for record_id, entry in enumerate(entries, first):
            self.learnt.read(entry.row_digest, record_id)

    def _take(self, item: Entry, found: _Known) -> None:
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
        found.version, found.digest, found.removed = found.version + 1, item.digest, False

    def _take_again(self, again: Again) -> list[Entry]:
        """Known rows; returns those whose record another row of the pull has changed before them, as entries."""
        places = np.frombuffer(again.known, np.int64)
        contradicting = []
        for number, record_id in enumerate(self._known.records(places)):
            seen = self._seen[record_id]
            if seen == _CHANGED:
                contradicting.append(number)
            elif seen == _READ:
                self.counts.duplicates += 1
            else:
                self._seen[record_id] = _READ
                self.read += 1
                self.counts.unchanged += 1
        self.learnt.again(np.delete(places, contradicting))
        return [self._said_before(again, number, places[number]) for number in contradicting]

    def _said_before(self, again: Again, number: int, place: int) -> Entry:
        """A known row as it would have been read: what its record said before this pull."""
        self._changes.flush()
        (record_id,) = self._known.records(np.array([place]))
        row = int(np.frombuffer(again.rows, np.int64)[number])
        return self._changes.before(record_id, again.place, row)

    def _take_removal(self, found: _Known | None, *, whole: bool) -> None:
        if whole:
            self.counts.skipped += 1
        elif found is None or found.removed:
            self.counts.unchanged += 1
        else:
            self._changes.remove(found.id, found.version + 1)
            found.version, found.removed = found.version + 1, True
            self._seen[found.id] = _GONE
            self.counts.removed += 1


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


def in_force_before(connection: Connection, source: str, run: Run) -> int:
    """How many list entries of a source, older than this run, are in force: there, and not removed from the list."""
    c = schema.listing.c
    entries = (c.source == source, c.removed_at.is_(None), c.first_seen < run.as_of)
    today = or_(c.removed_on.is_(None), c.removed_on > run.as_of.date())
    return connection.scalar(select(func.count()).select_from(schema.listing).where(*entries, today)) or 0


def existing_keys(connection: Connection, kind: RecordKind, source: str, keys: Iterable[str]) -> set[str]:
    """Those of `keys` under which a source has a record, removed or not."""
    c = schema.RECORD_TABLES[kind].c
    return set(connection.scalars(select(c.key).where(c.source == source, c.key.in_(sorted(keys)))))
