"""Which keys a pull has brought of a source that had no record before: no other needs to be looked up in the table."""

from collections.abc import Collection
from itertools import compress

import numpy as np

_KEY_BITS = 27
"""For a million keys, less than one in a hundred is looked up for nothing; 16 MB."""


class BroughtKeys:
    """A bit stands for several keys, so it is sure only of those that have not come."""

    def __init__(self) -> None:
        self._bits = np.zeros(1 << (_KEY_BITS - 3), np.uint8)

    def maybe(self, keys: Collection[str]) -> list[str]:
        """Those that may have come before; from now on all have."""
        places = np.fromiter(map(hash, keys), np.int64, len(keys)) & ((1 << _KEY_BITS) - 1)
        where, bits = places >> 3, np.left_shift(1, places & 7).astype(np.uint8)
        before = self._bits[where] & bits
        np.bitwise_or.at(self._bits, where, bits)
        return list(compress(keys, before))
