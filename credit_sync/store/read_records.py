"""Records that were read: many column by column, as they go into the store, or each by itself, to be decided on."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from typing import Any, NamedTuple, Self

from credit_sync.records import RECORD_CLASSES, RecordKind
from credit_sync.store.columns import canonical, digest_of, to_values


class ReadRecord(NamedTuple):
    """A record that was read. `values` as `to_values` makes them; `digest` is over its canonical JSON."""

    key: str
    place: str
    row: int
    digest: bytes
    values: tuple[Any, ...]
    row_digest: bytes = b""
    """Of the row that it was read from, where the same row may be taken for read: credit_sync.store.known_rows."""


def read_record_of(kind: RecordKind, key: str, said: Mapping[str, Any], place: str, row: int) -> ReadRecord:
    """What a record once said (columns, warnings, extra, as JSON can hold them), as a pull would have read it."""
    apart = {name: said[name] for name in ("warnings", "extra")}
    columns = {name: value for name, value in said.items() if name not in apart}
    digest = digest_of(canonical({"columns": columns, **apart}))
    values = to_values(RECORD_CLASSES[kind], columns, apart["warnings"], apart["extra"])
    return ReadRecord(key, place, row, digest, values)


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """Records that follow each other, column by column."""

    keys: Sequence[str]
    places: Sequence[str]
    rows: Sequence[int]
    digests: Sequence[bytes]
    values: Sequence[Any]
    """The columns of `to_values`; instead of a list of values that are all the same, the value."""
    row_digests: Sequence[bytes]

    @classmethod
    def of(cls, record: ReadRecord) -> Self:
        """One record."""
        key, place, row, digest, values, row_digest = record
        return cls([key], [place], [row], [digest], values, [row_digest])

    @classmethod
    def joined(cls, several: Sequence["ReadRecords"]) -> "ReadRecords":
        """All of them, one after the other."""
        if len(several) == 1:
            return several[0]
        counts = list(map(len, several))
        return cls(
            list(chain.from_iterable(records.keys for records in several)),
            list(chain.from_iterable(records.places for records in several)),
            list(chain.from_iterable(records.rows for records in several)),
            list(chain.from_iterable(records.digests for records in several)),
            [_joined(columns, counts) for columns in zip(*(e.values for e in several), strict=True)],
            list(chain.from_iterable(records.row_digests for records in several)),
        )

    def __len__(self) -> int:
        return len(self.keys)

    def part(self, first: int, last: int) -> "ReadRecords":
        """Some of them."""
        if first == 0 and last == len(self):
            return self
        return ReadRecords(
            self.keys[first:last],
            self.places[first:last],
            self.rows[first:last],
            self.digests[first:last],
            [column[first:last] if isinstance(column, list) else column for column in self.values],
            self.row_digests[first:last],
        )

    def parts(self, keys: Collection[str]) -> Iterator[tuple[bool, "ReadRecords"]]:
        """In their order, those with one of some keys apart from the others, and whether they are."""
        last = 0
        for among, group in groupby(self.keys, keys.__contains__):
            first, last = last, last + sum(1 for _ in group)
            yield among, self.part(first, last)

    def apart(self) -> Iterator[ReadRecord]:
        """Each by itself."""
        columns = [column if isinstance(column, list) else repeat(column, len(self)) for column in self.values]
        values = zip(*columns, strict=True)
        return map(ReadRecord, self.keys, self.places, self.rows, self.digests, values, self.row_digests)


NONE_READ = ReadRecords([], [], [], [], [], [])


def _joined(columns: Sequence[Any], counts: Sequence[int]) -> Any:
    """A column of `ReadRecords.values`."""
    same = columns[0]
    if not isinstance(same, list) and all(type(c) is type(same) and c == same for c in columns):
        return same
    return list(
        chain.from_iterable(
            column if isinstance(column, list) else repeat(column, count)
            for column, count in zip(columns, counts, strict=True)
        )
    )
