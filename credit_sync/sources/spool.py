"""What a source delivered, read and set down in a temporary file before the store is touched.

A slow or failing source so never holds the store's write lock, nothing is written of a source that fails in the
middle, and memory stays bounded. The file has no name and goes with the process.
"""

import tempfile
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from types import TracebackType
from typing import Any, Self

import orjson

from credit_sync.sources.outcomes import Outcome, Read, Rejected, Removed
from credit_sync.sources.rows import Origin
from credit_sync.store.columns import to_columns
from credit_sync.store.quarantine import BadRow
from credit_sync.store.record_changes import BATCH, Entry
from credit_sync.store.records import Gone, Held, Item

_BUFFER = 1 << 20


class Block:
    """The outcomes of some rows as the spool holds them: two lines each, a head and the content."""

    __slots__ = ("lines", "outcomes", "rejected", "rows", "skipped")

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.rows = self.outcomes = self.rejected = self.skipped = 0

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """The outcomes of one row."""
        self.rows += 1
        for outcome in outcomes:
            self.outcomes += 1
            if isinstance(outcome, Read):
                content = {
                    "columns": to_columns(outcome.record),
                    "extra": outcome.extra,
                    "warnings": list(outcome.warnings),
                }
                canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
                self.put_entry(outcome.key, outcome.origin.place, outcome.origin.row, canonical)
            elif isinstance(outcome, Removed):
                self._put(["gone", outcome.key, "", 0, ""], b"")
            elif isinstance(outcome, Rejected):
                self.rejected += 1
                self._put(_head("bad", outcome.key, outcome.origin), _bad_row(outcome))
            else:
                self.skipped += 1

    def put_entry(self, key: str, place: str, row: int, canonical: bytes) -> None:
        """A record's line; counting its row and outcome is the caller's."""
        digest = blake2b(canonical, digest_size=16).hexdigest()
        self._put(["entry", key, place, row, digest], canonical)

    def _put(self, head: list[Any], content: bytes) -> None:
        self.lines += (orjson.dumps(head), content)


class Spool:
    """Outcomes on disk: added once, then iterated in batches as often as needed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=_BUFFER)  # noqa: SIM115 - closed by __exit__
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
        block.add(outcomes)
        self.add_block(block)

    def add_block(self, block: Block) -> None:
        """The outcomes of the next rows."""
        self.rows += block.rows
        self.outcomes += block.outcomes
        self.rejected += block.rejected
        self.skipped += block.skipped
        if block.lines:
            self._file.write(b"\n".join(block.lines))
            self._file.write(b"\n")

    def batches(self) -> Iterator[tuple[list[Item], list[BadRow]]]:
        """What records it holds or speaks of, and what goes to quarantine, in the order of arrival."""
        self._file.seek(0)
        lines = iter(self._file)
        while block := list(islice(lines, 2 * BATCH)):
            items: list[Item] = []
            bad: list[BadRow] = []
            for head, content in zip(block[::2], block[1::2], strict=True):
                kind, key, place, row, digest = orjson.loads(head)
                if kind == "entry":
                    items.append(Entry(key, bytes.fromhex(digest), content[:-1], place, row))
                elif kind == "gone":
                    items.append(Gone(key))
                else:
                    bad.append(BadRow(place=place, row=row, key=key, **orjson.loads(content)))
                    if key:
                        items.append(Held(key))
            yield items, bad


def _head(kind: str, key: str, origin: Origin) -> list[Any]:
    return [kind, key, origin.place, origin.row, ""]


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
