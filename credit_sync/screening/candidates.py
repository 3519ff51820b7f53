"""Candidates in the store: listings by the index, records of other kinds by the keys stored beside them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from credit_sync.records import Listing, RecordKind
from credit_sync.screening.block import judge_entries, namesakes
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.entries import Entries, entries_of
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index_files import CurrentIndex
from credit_sync.screening.keys import probe_keys
from credit_sync.screening.pairs import find_pairs
from credit_sync.store.candidates import live_listings, sharing_keys
from credit_sync.subjects.subject import Subject

_ANY_DAY = 0
"""A day on which every listing is found, also those that are gone."""

Judged = tuple[dict[int, Judgement], dict[int, tuple[Listing, int]]]
"""Judgements by applicant; id -> (listing, version) of every listing that was compared."""


class StoredCandidates:
    """Candidates in one state of the store."""

    def __init__(self, connection: Connection, current: CurrentIndex) -> None:
        self._connection = connection
        self._current = current

    def listings(self, subjects: Mapping[int, Subject]) -> dict[int, list[int]]:
        """For each subject the ids of all listings worth comparing, of today or once, ascending."""
        pairs = find_pairs(self._asking(subjects), self._current.index, _ANY_DAY)
        found: dict[int, list[int]] = defaultdict(list)
        for asker, listing in zip(pairs.askers.tolist(), pairs.listings.tolist(), strict=True):
            found[asker].append(listing)
        return {number: found.get(number, []) for number in subjects}

    def of_kind(self, kind: RecordKind, subject: Subject) -> list[int]:
        """Ids of records of another kind that share a key with a subject, ascending."""
        keys = probe_keys(subject, self._current.index.shapes)
        return sharing_keys(self._connection, kind, {0: keys}).get(0, [])

    def judge(
        self, applicants: Mapping[int, Subject], scales: Scales, as_of: datetime, asking: Entries | None = None
    ) -> Judged:
        """Numbered applicants against the listings in force; `asking`: their entries, where they are made already."""
        compared: dict[int, tuple[Listing, int]] = {}

        def fetch(ids: Sequence[int]) -> dict[int, Listing]:
            compared.update(live_listings(self._connection, ids, as_of))
            return {number: found for number, (found, _) in compared.items()}

        asking = self._asking(applicants) if asking is None else asking
        day = as_of.date()
        return judge_entries(applicants, asking, self._current.index, fetch, scales, day), compared

    def scales_for(self, subject: Subject, scales: Scales, as_of: datetime) -> Scales:
        """Scales as the night has them for one subject: with how many listed persons bear its name."""
        asking = self._asking({0: subject})
        pairs = find_pairs(asking, self._current.index, as_of.date().toordinal())
        listed = self._current.stamp.entries
        return replace(scales, listed=listed, namesakes=namesakes({0: subject}, asking, pairs).get(0, {}))

    def _asking(self, subjects: Mapping[int, Subject]) -> Entries:
        return entries_of(subjects.items(), self._current.index.shapes)
