"""Rows that came before, told apart from those that have to be read."""

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np

from credit_sync.sources.mapping import Mapping
from credit_sync.sources.row_digests import RowDigests
from credit_sync.sources.rows import BrokenRow, Row
from credit_sync.store.known_rows import DIGEST_SIZE, KnownRows
from credit_sync.store.records import Again

_NO_DIGEST = bytes(DIGEST_SIZE)

TellApart = Callable[[Sequence[Row]], list[Row | Again]]
"""Gives the rows of a block back, those that are known in a row as one."""


def all_to_be_read(rows: Sequence[Row]) -> list[Row | Again]:
    """Where nothing is known of a source's rows, nor will be."""
    return list(rows)


def telling_apart(mapping: Mapping, known: KnownRows) -> TellApart:
    """By their digests, which those to be read take along."""
    digests = RowDigests(mapping)

    def tell_apart(rows: Sequence[Row]) -> list[Row | Again]:
        for row in rows:
            if not isinstance(row, BrokenRow):
                row.digest = digests.of(row.values)
        return _joined(rows, known) if len(known) else list(rows)

    return tell_apart


def _joined(rows: Sequence[Row], known: KnownRows) -> list[Row | Again]:
    found = [_NO_DIGEST if isinstance(row, BrokenRow) else row.digest or _NO_DIGEST for row in rows]
    places = known.find(b"".join(found)).tolist()
    joined: list[Row | Again] = []
    for (again, place), group in groupby(zip(rows, places, strict=True), _whether_known_and_where):
        if again:
            numbers, among_known = zip(*((row.origin.row, known_place) for row, known_place in group), strict=True)
            joined.append(Again(place, np.array(numbers, np.int64).tobytes(), np.array(among_known).tobytes()))
        else:
            joined += [row for row, _ in group]
    return joined


def _whether_known_and_where(row_and_place: tuple[Row, int]) -> tuple[bool, str]:
    row, place = row_and_place
    return place >= 0, row.origin.place
