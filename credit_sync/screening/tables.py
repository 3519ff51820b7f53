"""Screening against a table of listings in memory: the same index and the same judgement as in the store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from credit_sync.records import Listing
from credit_sync.screening.block import screen_block
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.entries import listed_entries
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index import FOREVER, ListingIndex, Segment
from credit_sync.subjects.subject import Subject


class ListingTable:
    """Listings with their index, to be screened against any number of times."""

    def __init__(self, listings: Mapping[int, Listing]) -> None:
        self.listings = listings
        entries = listed_entries(sorted(listings.items()))
        until = np.full(len(entries), FOREVER, np.int32)
        self._index = ListingIndex((Segment.of(entries, until),))

    def judge(self, applicants: Sequence[Subject], scales: Scales) -> list[Judgement]:
        """Applicants against the table, in their order."""
        scales = replace(scales, listed=len(self.listings))
        return screen_block(applicants, self._index, lambda _: self.listings, scales, date.min)
