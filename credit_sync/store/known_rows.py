"""The rows of a list as it was last taken over, by their digests: which record each came to.

A list comes nearly the same every night, and a row that came before need not be read again. What is known is kept with
the version of the source that it holds for, and written in that version's transaction: after any other version, a
rollback say, nothing is known, and every row is read.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from credit_sync.store.schema import known_rows
from credit_sync.store.versions import last_accepted

DIGEST_SIZE = 16
_ROW = np.dtype([("first", "<u8"), ("second", "<u8"), ("record", "<i8")])
"""The halves of a row's digest, and the id of its record."""
_BLOCK = 50_000

Places = NDArray[np.int64]


@dataclass(frozen=True)
class KnownRows:
    """Known rows, sorted by digest."""

    version: int
    """The version of the source that they are of."""
    rows: NDArray[Any]

    @cached_property
    def _firsts(self) -> NDArray[np.uint64]:
        """In one piece: searching takes a copy of what is not, every time."""
        return np.ascontiguousarray(self.rows["first"])

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, digests: bytes) -> Places:
        """The place of each digest among the rows, -1 where it is not known."""
        asked = np.frombuffer(digests, "<u8").reshape(-1, 2)
        if not len(self.rows):
            return np.full(len(asked), -1)
        places = np.searchsorted(self._firsts, asked[:, 0])
        found = self.rows[np.minimum(places, len(self.rows) - 1)]
        same = (found["first"] == asked[:, 0]) & (found["second"] == asked[:, 1])
        return np.where(same, places, -1)

    def records(self, places: Places) -> list[int]:
        """The ids of the records that the rows at some places came to."""
        ids: list[int] = self.rows["record"][places].tolist()
        return ids


NOTHING_KNOWN = KnownRows(0, np.zeros(0, _ROW))


class Learnt:
    """The rows of the pull under way that will be known: those that came again, and those that were read."""

    def __init__(self, before: KnownRows) -> None:
        self._before = before
        self._again = np.zeros(len(before), bool)
        self._digests = bytearray()
        self._records = array("q")

    def again(self, places: Places) -> None:
        """Rows known before, by their places."""
        self._again[places] = True

    def read(self, digest: bytes, record_id: int) -> None:
        """A row that was read; without a digest it will be read again."""
        if digest:
            self._digests += digest
            self._records.append(record_id)

    def read_new(self, digests: Sequence[bytes], first_id: int) -> None:
        """Rows that were read and came to new records, with ids from the first on."""
        self._digests += b"".join(digests)
        self._records.extend(compress(range(first_id, first_id + len(digests)), digests))

    def known(self, version: int) -> KnownRows:
        """All of them, each once."""
        if not self._records and self._again.all():
            return KnownRows(version, self._before.rows)
        came = np.count_nonzero(self._again)
        rows = np.empty(came + len(self._records), _ROW)
        rows[:came] = self._before.rows[self._again]
        rows["first"][came:], rows["second"][came:] = np.frombuffer(self._digests, "<u8").reshape(-1, 2).T
        rows["record"][came:] = self._records
        rows = rows[np.argsort(rows["first"], kind="stable")]  # quick where most are in order already
        twice = (rows["first"][1:] == rows["first"][:-1]) & (rows["second"][1:] == rows["second"][:-1])
        return KnownRows(version, np.delete(rows, np.flatnonzero(twice) + 1) if twice.any() else rows)


def load_known_rows(connection: Connection, source: str, at: datetime) -> KnownRows:
    """What is known of a source's rows; nothing where its last accepted version is no whole list or later than `at`."""
    last = last_accepted(connection, source)
    if last is None or last.pulled_at > at:  # a number may hold a birth date that is still to come
        return NOTHING_KNOWN
    kept = select(known_rows.c.rows).where(known_rows.c.source == source, known_rows.c.version == last.version)
    rows = b"".join(connection.scalars(kept.order_by(known_rows.c.block)))
    return KnownRows(last.version, np.frombuffer(rows, _ROW))


def save_known_rows(connection: Connection, source: str, before: KnownRows, known: KnownRows) -> None:
    """Makes them the known rows of a source, in the transaction of their version."""
    of_source = known_rows.c.source == source
    if len(before) and known.rows is before.rows:
        connection.execute(known_rows.update().where(of_source).values(version=known.version))
        return
    forget_known_rows(connection, source)
    for block, first in enumerate(range(0, len(known.rows), _BLOCK)):
        rows = known.rows[first : first + _BLOCK].tobytes()
        values = {"source": source, "block": block, "version": known.version, "rows": rows}
        connection.execute(known_rows.insert().values(values))


def forget_known_rows(connection: Connection, source: str) -> None:
    """All rows of a source will be read."""
    connection.execute(known_rows.delete().where(known_rows.c.source == source))
