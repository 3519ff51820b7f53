"""Which records the rows that could not be read may be: those that have all that is sure of such a row's key."""

from collections.abc import Mapping
from functools import cache

from credit_sync.store.record_keys import parts_of

_Places = tuple[int, ...]


class Resembling:
    """Keys that are known in part, blank in what is not sure. All are added before the first record is asked about."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._said = cache(self._of_first)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def add(self, key: str) -> None:
        """What is sure of the key of one row."""
        self._keys.add(key)

    def may_be(self, key: str) -> bool:
        """Whether a record may be that of one of the rows: nothing sure speaks against it."""
        parts = parts_of(key)
        return any(tuple(parts[p] for p in places) in said for places, said in self._said(len(parts)).items())

    def _of_first(self, count: int) -> Mapping[_Places, set[tuple[str, ...]]]:
        """What the rows are sure of within the first parts, by the places of these: a long key has lost its last ones."""
        said: dict[_Places, set[tuple[str, ...]]] = {}
        for key in self._keys:
            sure = [(place, part) for place, part in enumerate(parts_of(key)) if part]
            if sure:
                places, parts = zip(*sure, strict=True)
                within = sum(place < count for place in places)
                said.setdefault(places[:within], set()).add(parts[:within])
        return said
