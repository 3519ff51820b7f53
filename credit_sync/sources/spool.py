"""What a source delivered, read and set down in a temporary file before the store is touched.

A slow or failing source so never holds the store's write lock, nothing is written of a source that fails in the
middle, and memory stays bounded. The file has no name and goes with the process.
"""

import marshal
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import orjson

from credit_sync.sources.outcomes import Outcome, Read, Rejected, Removed
from credit_sync.store.columns import canonical, digest_of, to_columns, to_values
from credit_sync.store.items import Again, Gone, Held, Item, Like, Obscure, Uneven
from credit_sync.store.quarantine import BadRow
from credit_sync.store.read_records import ReadRecord, ReadRecords
from credit_sync.store.record_changes import BATCH

_BUFFER = 1 << 20
_LENGTH = 8
_NO_REFERENCES = 2
"""The version of marshal that does not look for objects that it has met before, which takes longer than to write them."""
_Spooled = tuple[Any, ...]
"""What it is (records, gone, bad, uneven, again), and its parts."""


class Block:
    """The outcomes of some rows as the spool holds them."""

    __slots__ = ("items", "outcomes", "packed", "rejected", "rows", "skipped")

    def __init__(self) -> None:
        self.items: list[_Spooled] = []
        self.packed = b""
        """The items as bytes, where another process has packed them."""
        self.rows = self.outcomes = self.rejected = self.skipped = 0

    def add(self, outcomes: Sequence[Outcome], row_digest: bytes = b"") -> None:
        """The outcomes of one row."""
        self.rows += 1
        for outcome in outcomes:
            self.outcomes += 1
            if isinstance(outcome, Read):
                sure = len(outcomes) == 1 and not outcome.warnings
                self._put_record(outcome, row_digest if sure else b"")
            elif isinstance(outcome, Removed):
                self.items.append(("gone", outcome.key))
            elif isinstance(outcome, Rejected):
                self.rejected += 1
                origin = outcome.origin
                like = sorted(outcome.like)
                known = (outcome.key, like, outcome.said)
                self.items.append(("bad", *known, origin.place, origin.row, _bad_row(outcome)))
            else:
                self.skipped += 1

    def add_uneven(self, text: str, last: str, rejected: Rejected | None) -> None:
        """What the row says that was added last, and how it is told of (see `Uneven`)."""
        told = None
        if rejected is not None:
            told = (rejected.origin.place, rejected.origin.row, rejected.key, _bad_row(rejected))
        self.items.append(("uneven", text, last, told))

    def add_again(self, again: Again) -> None:
        """Rows that came before."""
        self.rows += len(again)
        self.outcomes += len(again)
        self.items.append(("again", again.place, again.rows, again.known))

    def add_records(self, records: ReadRecords) -> None:
        """Records, each of a row of its own."""
        if len(records):
            self.rows += len(records)
            self.outcomes += len(records)
            self._put(records)

    def pack(self) -> bytes:
        """The items as bytes."""
        return self.packed or (marshal.dumps(self.items, _NO_REFERENCES) if self.items else b"")

    def _put_record(self, read: Read, row_digest: bytes) -> None:
        said = {"columns": to_columns(read.record), "extra": read.extra, "warnings": list(read.warnings)}
        content = canonical(said)
        plain = orjson.loads(content)
        values = to_values(type(read.record), plain["columns"], plain["warnings"], plain["extra"])
        place, row = read.origin.place, read.origin.row
        self._put(ReadRecords.of(ReadRecord(read.key, place, row, digest_of(content), values, row_digest)))

    def _put(self, records: ReadRecords) -> None:
        r = records
        self.items.append(("records", r.keys, r.places, r.rows, r.digests, r.values, r.row_digests))


class Spool:
    """Outcomes on disk: added once, then iterated in batches as often as needed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=_BUFFER)  # noqa: SIM115 - closed by __exit__
        self._open = Block()
        self.rows = 0
        self.skipped = 0
        self.rejected = 0
        self.outcomes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """The outcomes of one row."""
        block = Block()
        block.add(tuple(outcomes))
        self._count(block)
        self._open.items += block.items
        if len(self._open.items) >= BATCH:
            self._close_block()

    def add_block(self, block: Block) -> None:
        """The outcomes of the next rows."""
        self._close_block()
        self._count(block)
        self._write(block.pack())

    def batches(self) -> Iterator[tuple[list[Item], list[BadRow]]]:
        """What records it holds or speaks of, and what goes to quarantine, in the order of arrival."""
        self._close_block()
        self._file.seek(0)
        spooled: list[_Spooled] = []
        size = 0
        while length := self._file.read(_LENGTH):
            block = marshal.loads(self._file.read(int.from_bytes(length, "big")))  # noqa: S302 - our own
            spooled += block
            size += sum(len(item[1]) if item[0] == "records" else 1 for item in block)
            if size >= BATCH:
                yield _sorted_out(spooled)
                spooled, size = [], 0
        if spooled:
            yield _sorted_out(spooled)

    def _count(self, block: Block) -> None:
        self.rows += block.rows
        self.outcomes += block.outcomes
        self.rejected += block.rejected
        self.skipped += block.skipped

    def _close_block(self) -> None:
        self._write(self._open.pack())
        self._open = Block()

    def _write(self, packed: bytes) -> None:
        if packed:
            self._file.write(len(packed).to_bytes(_LENGTH, "big"))
            self._file.write(packed)


def _sorted_out(spooled: list[_Spooled]) -> tuple[list[Item], list[BadRow]]:
    items: list[Item] = []
    bad: list[BadRow] = []
    for what, *parts in spooled:
        if what == "records":
            items.append(ReadRecords(*parts))
        elif what == "uneven":
            text, last, told = parts
            items.append(Uneven(text, last, told and _told(*told)))
        elif what == "again":
            items.append(Again(*parts))
        elif what == "gone":
            items.append(Gone(*parts))
        else:
            key, like, said, place, row, content = parts
            bad.append(_told(place, row, key, content))
            if key:
                items.append(Held(key))
            items += map(Like, like)
            if said is not None:
                items.append(Obscure(said))
    return items, bad


def _told(place: str, row: int, key: str, content: bytes) -> BadRow:
    return BadRow(place=place, row=row, key=key, **orjson.loads(content))


def _bad_row(rejected: Rejected) -> bytes:
    return orjson.dumps(
        {
            "fingerprint": rejected.fingerprint(),
            "field": rejected.field,
            "value": rejected.value,
            "reason": rejected.reason,
            "raw": rejected.raw,
            "readable": rejected.readable,
        }
    )
