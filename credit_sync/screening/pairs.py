"""Candidate pairs of a block of askers with an index, and which of them are worth comparing.

Joins by numbers and names, then rare bigrams; then a filter, vectorised, that drops a pair only where comparing it
could not come to anything: numbers that contradict at three places or more, names that are three characters apart
unless one is the other with a piece more, the same brand elsewhere. Everything here is exact arithmetic on columns; what
evidence is worth is said elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from credit_sync.screening.entries import Entries
from credit_sync.screening.index import ListingIndex, Segment
from credit_sync.screening.key_table import Runs
from credit_sync.screening.keys import MOST_COMMON, RAREST, SHARED
from credit_sync.screening.texts import Array, Texts, ordered
from credit_sync.screening.traits import ANYWHERE
from credit_sync.subjects.writing import is_a_piece_longer

Mask = NDArray[np.bool_]

_CONTRADICTING = 3
"""Places at which two numbers must differ to be surely others': two are one transposition, which may be an error."""
_APART = 2
"""Characters by which names may differ and still be one name mistyped."""
_LARGEST = 4
"""Bytes of a character at most: names whose sizes differ by more than that often are not worth decoding."""
_HIDDEN = ord("*")


@dataclass(frozen=True, slots=True)
class Pairs:
    """(owner of the asker, listing) worth comparing, sorted and each once; and what was counted on the way."""

    askers: Array
    listings: Array
    candidates: Array
    """For each asking entry, how many listings shared keys with it."""
    namesakes: Array
    """For each asking entry, how many listed persons bear its name."""

    def listed(self) -> Array:
        """Every listing among them, ascending."""
        return _distinct(self.listings)


@dataclass(frozen=True, slots=True)
class _AskedBigrams:
    """Of each entry (ascending) the rarest bigrams that the lists know and that are not too common."""

    keys: Array
    entries: Array
    runs: Runs
    """Where the first segment of the index has them."""


def find_pairs(asking: Entries, index: ListingIndex, day: int) -> Pairs:
    """The pairs of a block. `asking.number_keys` hold the projections on `index.shapes` too."""
    asked = _asked_bigrams(asking, index)
    found = [_in_segment(asking, asked, index, number, day) for number in range(len(index.segments))]
    askers = np.concatenate([part.askers for part in found])
    listings = np.concatenate([part.listings for part in found])
    order = np.lexsort((listings, askers))
    askers, listings = askers[order], listings[order]
    first = _first(askers, listings)
    candidates = np.sum([part.candidates for part in found], axis=0)
    namesakes = np.sum([part.namesakes for part in found], axis=0)
    return Pairs(askers[first], listings[first], candidates, namesakes)


def touched_owners(asking: Entries, index: ListingIndex, changed: Segment) -> tuple[set[int], set[int]]:
    """Owners of asking entries that some entry of a segment is worth comparing with, or shares a person's name with."""
    asked = _asked_bigrams(asking, index)
    a, r = _by_names(asking, asked, changed, changed.tables["bigrams"].runs(asked.keys))
    worth = _worth_comparing(asking, changed, a, r)
    namesakes = _equal(asking.name[a], changed.columns["name"][r])
    by_number, _ = changed.tables["numbers"].join(asking.number_keys, asking.number_entries)
    sharing = np.concatenate([a[worth], by_number])
    return set(asking.owner[sharing].tolist()), set(asking.owner[a[namesakes]].tolist())


def _in_segment(asking: Entries, asked: _AskedBigrams, index: ListingIndex, number: int, day: int) -> Pairs:
    segment = index.segments[number]
    by_number = _coded(segment, *segment.tables["numbers"].join(asking.number_keys, asking.number_entries))
    runs = segment.tables["bigrams"].runs(asked.keys) if number else asked.runs
    a, r = _by_names(asking, asked, segment, runs)
    alive = index.in_force(number, r, day)
    a, r = a[alive], r[alive]
    kept = _worth_comparing(asking, segment, a, r)
    x, y = np.divmod(_distinct(by_number), max(len(segment), 1))
    alive = index.in_force(number, y, day)
    x, y = x[alive], y[alive]
    return Pairs(
        askers=asking.owner[np.concatenate([a[kept], x])],
        listings=segment.columns["owner"][np.concatenate([r[kept], y])],
        candidates=np.bincount(a, minlength=len(asking)) + np.bincount(x, minlength=len(asking)),
        namesakes=_namesakes(asking, segment, a, r),
    )


def _by_names(asking: Entries, asked: _AskedBigrams, segment: Segment, runs: Runs) -> tuple[Array, Array]:
    """`runs`: where the segment has the bigrams that are asked."""
    by_name = _coded(segment, *segment.tables["names"].join(asking.name_keys, asking.name_entries))
    codes = _distinct(np.concatenate([by_name, _sharing_rare(asked, segment, runs)]))
    return np.divmod(codes, max(len(segment), 1))


def _coded(segment: Segment, askers: Array, rows: Array) -> Array:
    return askers.astype(np.int64) * max(len(segment), 1) + rows


def _distinct(codes: Array) -> Array:
    codes = np.sort(codes)
    return codes[_first(codes)]


def _first(*columns: Array) -> Mask:
    """Which rows differ from the one before them: of sorted ones, each the first of its kind."""
    first = np.ones(len(columns[0]), bool)
    first[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return first


def _sharing_rare(asked: _AskedBigrams, segment: Segment, runs: Runs) -> Array:
    """Pairs that share at least SHARED of the asker's RAREST bigrams."""
    first = _first(asked.entries)
    askers, of_asked = asked.entries[first], np.cumsum(first) - 1
    # Mostly 32 bits: half as much to move and sort.
    narrow = np.min_scalar_type(max(len(askers), 1) * len(segment))
    codes, rows = segment.tables["bigrams"].rows_in(runs, of_asked.astype(narrow) * narrow.type(len(segment)))
    np.add(codes, rows, out=codes, casting="unsafe")
    codes.sort()
    several = codes[SHARED - 1 :] == codes[: len(codes) - SHARED + 1]
    which, shared = np.divmod(codes[: len(several)][several].astype(np.int64), max(len(segment), 1))
    return _coded(segment, askers[which], shared)


def _asked_bigrams(asking: Entries, index: ListingIndex) -> _AskedBigrams:
    starts, ends = index.bigram_runs(asking.bigram_keys)
    counts = ends - starts
    usable = np.flatnonzero((counts > 0) & (counts <= MOST_COMMON))
    order = np.lexsort((asking.bigram_keys[usable], counts[usable], asking.bigram_entries[usable]))
    places = usable[order]
    entries = asking.bigram_entries[places]
    begins = np.searchsorted(entries, np.arange(len(asking) + 1))
    rank = np.arange(len(entries)) - begins[entries]
    enough = np.diff(begins)[entries] >= SHARED
    wanted = places[(rank < RAREST) & enough]
    return _AskedBigrams(asking.bigram_keys[wanted], asking.bigram_entries[wanted], (starts[wanted], ends[wanted]))


def _worth_comparing(asking: Entries, segment: Segment, a: Array, r: Array) -> Mask:
    worth = np.ones(len(a), bool)
    numbered = np.flatnonzero((asking.number != b"")[a])
    worth[numbered] = ~_numbers_contradict(asking.number[a[numbered]], segment.columns["number"][r[numbered]])
    firms = np.flatnonzero(~(asking.person[a] | segment.columns["person"][r]))
    worth[firms] = _organisations_worth(asking, segment, a[firms], r[firms], worth[firms])
    return worth


def _organisations_worth(asking: Entries, segment: Segment, a: Array, r: Array, compatible: Mask) -> Mask:
    """`compatible`: whose numbers do not contradict."""
    branches = np.flatnonzero((asking.legal_person != 0)[a])
    worth = np.zeros(len(a), bool)
    worth[branches] = asking.legal_person[a[branches]] == segment.columns["bare_name"][r[branches]]
    left = np.flatnonzero(compatible & ~worth)
    worth[left] = _names_worth(asking, segment, a[left], r[left])
    return worth


def _names_worth(asking: Entries, segment: Segment, a: Array, r: Array) -> Mask:
    of = segment.columns
    worth = _equal(asking.name[a], of["name"][r]) | _equal(asking.bare_name[a], of["bare_name"][r])
    worth |= _equal(asking.representative[a], of["representative"][r])
    core = _equal(asking.core[a], of["core"][r])
    of_core = np.flatnonzero(core & ~worth)
    worth[of_core] = ~_elsewhere(asking.places[a[of_core]], of["places"][r[of_core]])
    undecided = np.flatnonzero(~(core | worth))
    worth[undecided] = _near(asking, segment, a[undecided], r[undecided])
    undecided = undecided[~worth[undecided]]
    worth[undecided] = _with_more(asking, segment, a[undecided], r[undecided])
    return worth


def _equal(x: Array, y: Array) -> Mask:
    same: Mask = (x == y) & (x != 0)
    return same


def _numbers_contradict(x: Array, y: Array) -> Mask:
    width = x.dtype.itemsize
    p, q = (np.ascontiguousarray(z).view(np.uint8).reshape(-1, width) for z in (x, y))
    known = (p[:, 0] != 0) & (q[:, 0] != 0) & ((p[:, -1] == 0) == (q[:, -1] == 0))
    differ = (p != q) & (p != _HIDDEN) & (q != _HIDDEN)
    contradicting: Mask = known & (differ.sum(axis=1) >= _CONTRADICTING)
    return contradicting


def _elsewhere(x: Array, y: Array) -> Mask:
    """Both name a place, and no division that either may stand for is the other's."""
    known = (x[:, 0] != 0) & (y[:, 0] != 0) & (x[:, 0] != ANYWHERE) & (y[:, 0] != ANYWHERE)
    shared = np.zeros(len(x), bool)
    for i in range(x.shape[1]):
        for j in range(y.shape[1]):
            shared |= _equal(x[:, i], y[:, j])
    elsewhere: Mask = known & ~shared
    return elsewhere


def _near(asking: Entries, segment: Segment, a: Array, r: Array) -> Mask:
    """Names that are a typing error or two apart, in whole or without form and suffix of places."""
    near = np.zeros(len(a), bool)
    for column in ("full", "bare"):
        ours, theirs = getattr(asking, column), segment.texts[column]
        left = np.flatnonzero(~near & (np.abs(ours.sizes(a) - theirs.sizes(r)) <= _APART * _LARGEST))
        left = left[_share_characters(ours, theirs, a[left], r[left])]
        x, y = ours.of_rows(a[left]), theirs.of_rows(r[left])
        apart = process.cpdist(x, y, scorer=OSA.distance, score_cutoff=_APART, dtype=np.uint8)
        near[left] = apart <= _APART
    return near


def _with_more(asking: Entries, segment: Segment, a: Array, r: Array) -> Mask:
    """Names of which one is the other with a place or a town more, or not cut off."""
    ours, theirs = asking.full, segment.texts["full"]
    x, of_ours = ours.character_sets(np.arange(len(ours.ends)))
    y, of_theirs = theirs.character_sets(r)
    alone = np.minimum(np.bitwise_count(x[a] & ~y), np.bitwise_count(y & ~x[a]))
    left = np.flatnonzero((alone <= 1) | ~(of_ours[a] & of_theirs))
    found = np.zeros(len(a), bool)
    found[left] = [
        is_a_piece_longer(*sorted(names, key=len))
        for names in zip(ours.of_rows(a[left]), theirs.of_rows(r[left]), strict=True)
    ]
    return found


def _share_characters(ours: Texts, theirs: Texts, a: Array, r: Array) -> Mask:
    """Not where so many characters are in one text alone that more than _APART must differ; most are told here, undecoded."""
    x, of_ours = ours.character_sets(np.arange(len(ours.ends)))
    y, of_theirs = theirs.character_sets(r)
    sharing: Mask = np.bitwise_count(x[a] ^ y) <= 2 * _APART
    return sharing | ~(of_ours[a] & of_theirs)


def _namesakes(asking: Entries, segment: Segment, a: Array, r: Array) -> Array:
    persons = np.flatnonzero(asking.person[a])
    a, r = a[persons], r[persons]
    same = _equal(asking.name[a], segment.columns["name"][r]) & segment.columns["person"][r]
    a, subjects = a[same], segment.columns["subject"][r[same]]
    listed = subjects != 0
    a, subjects = a[listed], subjects[listed]
    order = ordered(a, subjects)
    a, subjects = a[order], subjects[order]
    return np.bincount(a[_first(a, subjects)], minlength=len(asking))
