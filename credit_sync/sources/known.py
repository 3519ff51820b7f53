"""Rows that came before, told apart from those that have to be read."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np

from credit_sync.sources.mapping import SourceMapping
from credit_sync.sources.row_digests import RowDigests
from credit_sync.sources.rows import RawRow, RawRows, Rows
from credit_sync.store.items import Again
from credit_sync.store.known_rows import DIGEST_SIZE, KnownRows

_NO_DIGEST = bytes(DIGEST_SIZE)

TellApart = Callable[[Sequence[Rows]], Sequence[Rows | Again]]
"""Gives the rows of a block back, those that are known in a row as one."""


def all_to_be_read(rows: Sequence[Rows]) -> Sequence[Rows | Again]:
    """Where nothing is known of a source's rows, nor will be."""
    return rows


def telling_apart(mapping: SourceMapping, known: KnownRows) -> TellApart:
    """By their digests, which those to be read take along."""
    digests = RowDigests(mapping)

    def tell_apart(rows: Sequence[Rows]) -> Sequence[Rows | Again]:
        for row in rows:
            if isinstance(row, RawRows):
                row.digests = digests.of_texts(row.table)
            elif isinstance(row, RawRow) and not row.uneven:
                row.digest = digests.of(row.values)
        return list(_joined(rows, known)) if len(known) else rows

    return tell_apart


def _joined(rows: Sequence[Rows], known: KnownRows) -> Iterator[Rows | Again]:
    """What is in a row and known of one place as one; the others as they came, those that came many at once in parts."""
    each = [_each(row) for row in rows]
    numbers = np.array([number for found, _ in each for number in found], np.int64)
    found = known.find(b"".join([digest or _NO_DIGEST for _, found in each for digest in found]))
    again = found >= 0
    if not again.any():
        yield from rows
        return
    counts = [len(digests) for _, digests in each]
    firsts = list(accumulate(counts, initial=0))
    by_place = {place: number for number, place in enumerate(dict.fromkeys(row.origin.place for row in rows))}
    places = np.repeat([by_place[row.origin.place] for row in rows], counts)
    came = np.repeat(np.arange(len(rows)), counts)
    alike = np.where(again, places, -1 - came)
    edges = [0, *(np.flatnonzero(np.diff(alike)) + 1).tolist(), len(alike)]
    for first, end in pairwise(edges):
        row = rows[came[first]]
        if again[first]:
            yield Again(row.origin.place, numbers[first:end].tobytes(), found[first:end].tobytes())
        elif isinstance(row, RawRows):
            yield row.part(first - firsts[came[first]], end - firsts[came[first]])
        else:
            yield row


def _each(row: Rows) -> tuple[Sequence[int], Sequence[bytes]]:
    """Of each row its number and digest."""
    if isinstance(row, RawRows):
        return row.table.numbers, row.digests
    return (row.origin.row,), (row.digest if isinstance(row, RawRow) else b"",)
