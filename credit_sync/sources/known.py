"""Rows that came before, told apart from those that have to be read."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

from credit_sync.sources.mapping import Mapping
from credit_sync.sources.row_columns import RowBlock
from credit_sync.sources.row_digests import RowDigests
from credit_sync.sources.rows import RawRow, Row
from credit_sync.store.known_rows import DIGEST_SIZE, KnownRows
from credit_sync.store.records import Again

_NO_DIGEST = bytes(DIGEST_SIZE)
_NOT_KNOWN = -1

TellApart = Callable[[RowBlock], RowBlock]
"""Gives the rows of a block back, those that are known in a row as one."""

Said = TypeVar("Said")


def all_to_be_read(block: RowBlock) -> RowBlock:
    """Where nothing is known of a source's rows, nor will be."""
    return block


def telling_apart(mapping: Mapping, known: KnownRows) -> TellApart:
    """By their digests, which those to be read take along."""
    digests = RowDigests(mapping)

    def tell_apart(block: RowBlock) -> RowBlock:
        block.digests = digests.of_texts(block.titles, block.texts)
        for row in block.others.values():
            if isinstance(row, RawRow):
                row.digest = digests.of(row.values)
        return _joined(block, known) if len(known) else block

    return tell_apart


def _joined(block: RowBlock, known: KnownRows) -> RowBlock:
    others = [row for row in block.others.values() if not isinstance(row, Again)]
    digests = _in_order(block, block.digests, map(_digest, others))
    found = known.find(b"".join(digests))
    again = found >= 0
    if not again.any():
        return block
    places = _in_order(block, block.places, [row.origin.place for row in others])
    numbers = np.array(_in_order(block, block.numbers, [row.origin.row for row in others]), np.int64)
    by_place = {place: kind for kind, place in enumerate(dict.fromkeys(places))}
    kinds = np.where(again, [by_place[place] for place in places], _NOT_KNOWN)
    edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(block)]
    joined: dict[int, Row | Again] = {
        first: Again(places[first], numbers[first:end].tobytes(), found[first:end].tobytes())
        for first, end in pairwise(edges)
        if again[first]
    }
    return block.without(again.tolist(), joined)


def _in_order(block: RowBlock, of_texts: Sequence[Said], of_others: Iterable[Said]) -> Sequence[Said]:
    """What is said of each row of the block, in their order."""
    if not block.others:
        return of_texts
    said = dict(zip(block.at, of_texts, strict=True)) | dict(zip(block.others, of_others, strict=True))
    return [said[at] for at in range(len(block))]


def _digest(row: Row) -> bytes:
    return (row.digest if isinstance(row, RawRow) else b"") or _NO_DIGEST
