"""Screening one table of applicants against one table of listings: a pure function, nothing global needed.

The same keys and the same judgement as in the store; an engine that spreads blocks over machines can map it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from credit_sync.records import Listing
from credit_sync.screening.comparison import Judgement, judge
from credit_sync.screening.evidence import Scales
from credit_sync.screening.keys import (
    SHARED,
    bigram_keys,
    listing_keys,
    listing_mask_shapes,
    probe_keys,
    rarest,
)
from credit_sync.subjects.subject import Subject


class ListingTable:
    """Listings with their keys, to be screened against any number of times."""

    def __init__(self, listings: Mapping[int, Listing]) -> None:
        self.listings = listings
        self._by_key: dict[int, list[int]] = defaultdict(list)
        shapes: set[str] = set()
        for number, listing in listings.items():
            shapes.update(listing_mask_shapes(listing))
            for key in listing_keys(listing):
                self._by_key[key].append(number)
        self._shapes = sorted(shapes)

    def judge(self, applicant: Subject, scales: Scales) -> Judgement:
        """One applicant against the table."""
        scales = replace(scales, listed=len(self.listings))
        found: set[int] = set()
        for key in probe_keys(applicant, self._shapes):
            found.update(self._by_key.get(key, ()))
        found.update(self._sharing_rare(bigram_keys(applicant)))
        return judge(applicant, ((number, self.listings[number]) for number in sorted(found)), scales)

    def _sharing_rare(self, bigrams: list[int]) -> Iterator[int]:
        asked = rarest({key: len(self._by_key[key]) for key in bigrams if key in self._by_key})
        shared = Counter(number for key in asked for number in self._by_key[key])
        return (number for number, count in shared.items() if count >= SHARED)
