"""Identifiers in bulk: citizen ids of people who do not exist (born 1900-1924) and codes of organisations.

All check digits are right. Arrays of text come out, one number a row.
"""

from datetime import date, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Texts = NDArray[np.str_]
Ints = NDArray[np.int64]

_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECKS = np.array(list("10X98765432"))
_USCC = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
_USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_CODE_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_DAYS = np.array(
    [int(f"{date(1900, 1, 1) + timedelta(d):%Y%m%d}") for d in range((date(1925, 1, 1) - date(1900, 1, 1)).days)]
)


def citizen_ids(rng: Generator, regions: Ints) -> Texts:
    """One id for each region (six digits): any day of 1900-1924, any serial, the check digit of ISO 7064."""
    n = len(regions)
    first = regions * 10**11 + rng.choice(_DAYS, n) * 1000 + rng.integers(1, 1000, n)
    powers = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    digits = first[:, None] // powers % 10
    return np.char.add(first.astype("U17"), _ID_CHECKS[digits @ _ID_WEIGHTS % 11])


def codes(rng: Generator, regions: Ints) -> Texts:
    """One USCC for each region; a third in the new style (MA...), check characters of both standards right."""
    n = len(regions)
    values = np.zeros((n, 18), dtype=np.int64)
    values[:, 0], values[:, 1] = 9, 1
    values[:, 2:8] = regions[:, None] // 10 ** np.arange(5, -1, -1) % 10
    values[:, 8:16] = rng.integers(0, 10, (n, 8))
    new = rng.random(n) < 1 / 3
    values[new, 8], values[new, 9] = 21, 10  # M, A
    values[new, 10:16] = rng.integers(0, 31, (int(new.sum()), 6))
    letters = _USCC[values]
    worth = np.where(letters < 58, letters.astype(int) - 48, letters.astype(int) - 55)[:, 8:16]
    check = (11 - worth @ _CODE_WEIGHTS % 11) % 11
    values[:, 16] = np.where(check == 10, 29, check)  # X
    values[:, 17] = (31 - values[:, :17] @ _USCC_WEIGHTS % 31) % 31
    return np.ascontiguousarray(_USCC[values]).view("S18").ravel().astype("U18")


def registration_number(rng: Generator, region: int) -> str:
    """One 15-digit registration number (GS 15-2006, ISO 7064 MOD 11,10)."""
    first = f"{region:06d}{rng.integers(0, 10**8):08d}"
    product = 10
    for digit in first:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return f"{first}{(11 - product) % 10}"


def citizen_id_of(region: int, day: str, serial: int) -> str:
    """One id, from its parts."""
    first = f"{region:06d}{day}{serial:03d}"
    return first + str(_ID_CHECKS[sum(int(c) * w for c, w in zip(first, _ID_WEIGHTS, strict=True)) % 11])
