"""Candidates among the store's listings: what shares a key, and what shares rare bigrams of a name."""

from collections.abc import Mapping

from sqlalchemy import Connection

from credit_sync.records import RecordKind
from credit_sync.screening.keys import MOST_COMMON, SHARED, bigram_keys, probe_keys, rarest
from credit_sync.store.candidates import count_sharing, shapes, sharing_keys, sharing_several
from credit_sync.subjects.subject import Subject


class StoredCandidates:
    """Finds candidates in one state of the store; remembers mask shapes and how common bigrams are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._shapes = shapes(connection)
        self._counts: dict[int, int] = {}

    def sharing_keys(self, kind: RecordKind, subjects: Mapping[int, Subject]) -> dict[int, list[int]]:
        """For each subject the ids of records of one kind that share an exact key, ascending."""
        keys = {number: probe_keys(subject, self._shapes) for number, subject in subjects.items()}
        return sharing_keys(self._connection, kind, keys)

    def listings(self, subjects: Mapping[int, Subject]) -> dict[int, list[int]]:
        """For each subject the ids of all candidate listings, ascending."""
        exact = self.sharing_keys(RecordKind.LISTING, subjects)
        return {
            number: sorted({*exact.get(number, ()), *self._sharing_rare(subject)})
            for number, subject in subjects.items()
        }

    def _sharing_rare(self, subject: Subject) -> list[int]:
        asked = rarest({key: self._count(key) for key in bigram_keys(subject)})
        return sharing_several(self._connection, RecordKind.LISTING, asked, SHARED) if asked else []

    def _count(self, key: int) -> int:
        if key not in self._counts:
            self._counts[key] = count_sharing(self._connection, RecordKind.LISTING, key, MOST_COMMON + 1)
        return self._counts[key]
