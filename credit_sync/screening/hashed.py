"""Keys, written `family:value`, as numbers: the same on every machine and in every version of Python."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest


def hash_of(key: str) -> int:
    """One key as a number."""
    return xxh3_64_intdigest(key.encode(errors="replace"))


def hashes_of(keys: Sequence[str]) -> list[int]:
    """Several keys, in their order."""
    try:
        return list(map(xxh3_64_intdigest, map(str.encode, keys)))
    except UnicodeEncodeError:  # half a character, of a broken file
        return list(map(hash_of, keys))


def signed(hashes: Any) -> NDArray[np.int64]:
    """Hashes as the index and the store hold them."""
    return np.array(hashes, np.uint64).view(np.int64)
