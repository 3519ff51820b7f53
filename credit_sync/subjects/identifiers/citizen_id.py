"""公民身份号码, the 18-digit citizen identity number (GB 11643-1999), its 15-digit forerunner, and the
residence permits of Hong Kong, Macao (81, 82) and Taiwan (83) residents, which share its structure.

6 region, 8 birth date, 3 serial (odd for men), 1 check digit (ISO 7064 MOD 11-2). python-stdnum is not used: it
raises on unknown regions, rejects permits, and its `calc_check_digit` wants the check digit that it is to compute.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

_SHAPE = re.compile(r"[1-8][0-9]{16}[0-9X]")
"""Numbers that begin with 9 are foreigners' (see `foreign`)."""
_OLD_SHAPE = re.compile(r"[1-9][0-9]{14}")
_OLDEST = date(1850, 1, 1)
_LATEST = date(2099, 12, 31)


def has_shape(number: str) -> bool:
    """Eighteen characters of the right kind with a possible birth date."""
    return bool(_SHAPE.fullmatch(number)) and birth_date(number) is not None


def is_valid(number: str, *, on: date = _LATEST) -> bool:
    """Shape, birth date (not after `on`) and check digit are right.

    >>> is_valid("340100190001040017"), is_valid("340100190001040018")
    (True, False)
    """
    if not _SHAPE.fullmatch(number):
        return False
    born = birth_date(number)
    return born is not None and born <= on and check_digit(number[:17]) == number[17]


def check_digit(first_seventeen: str) -> str:
    """ISO 7064 MOD 11-2 over the first seventeen digits.

    >>> check_digit("34010019000104001")
    '7'
    """
    remainder = (1 - 2 * int(first_seventeen, 13)) % 11  # 13 is 2 modulo 11: the weights are powers of two
    return "X" if remainder == 10 else str(remainder)


def birth_date(number: str) -> date | None:
    """The birth date in an 18-digit number, None where it is no possible date."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if _OLDEST <= born <= _LATEST else None


def sex(number: str) -> str:
    """`male` or `female`, from the parity of the serial."""
    return "male" if int(number[16]) % 2 else "female"


def from_fifteen(number: str) -> str | None:
    """A 15-digit number as 18 digits (GB 11643-1999: century 19 inserted, check digit appended)."""
    if not _OLD_SHAPE.fullmatch(number):
        return None
    longer = f"{number[:6]}19{number[6:]}"
    full = longer + check_digit(longer)
    return full if has_shape(full) else None


_MASKED_SHAPE = re.compile(r"[0-9*]{17}[0-9X*]")
_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(18))
_FREE = (*range(6), *range(14, 17))
"""Places outside the birth date and the check digit: region and serial."""


def can_be_completed(pattern: str) -> bool:
    """Whether a masked 18-digit number can be anybody's: some date and digits under the mask fit its check digit.

    The visible part and the check digit limit what is hidden. Where they leave nothing, the number is corrupt.

    >>> can_be_completed("3401001900****0017"), can_be_completed("340100********0017")
    (True, True)
    >>> can_be_completed("34010019000104*018"), can_be_completed("34010019**31301234")
    (True, False)
    """
    if not _MASKED_SHAPE.fullmatch(pattern):
        return False
    hidden = [place for place in _FREE if pattern[place] == "*"]
    if pattern[17] == "*" or len(hidden) > 1:
        return bool(_date_sums(pattern[6:14]))
    shown = sum(_WEIGHTS[place] * int(pattern[place]) for place in _FREE if pattern[place] != "*")
    check = 10 if pattern[17] == "X" else int(pattern[17])
    digits = [_WEIGHTS[place] * digit for place in hidden for digit in range(10)] or [0]
    return any((shown + check + s + d) % 11 == 1 for s in _date_sums(pattern[6:14]) for d in digits)


@lru_cache(maxsize=20_000)
def _date_sums(pattern: str) -> frozenset[int]:
    """What possible birth dates under a mask add to the check sum, modulo 11; empty when no date is possible."""
    days = [day for day in _days_of_a_leap_year() if _fits(pattern[4:], day)]
    if not days:
        return frozenset()
    if pattern[:4].count("*") > 1:
        return frozenset(range(11))  # a hundred years and more leave every sum
    years = [f"{year}" for year in range(_OLDEST.year, _LATEST.year + 1) if _fits(pattern[:4], f"{year}")]
    dates = (year + day for year in years for day in days if birth_date(f"000000{year}{day}") is not None)
    return frozenset(sum(w * int(c) for w, c in zip(_WEIGHTS[6:14], text, strict=True)) % 11 for text in dates)


def _days_of_a_leap_year() -> Iterator[str]:
    return (
        f"{day:%m%d}"
        for day in map(date.fromordinal, range(date(1904, 1, 1).toordinal(), date(1905, 1, 1).toordinal()))
    )


def _fits(pattern: str, text: str) -> bool:
    return all(p in ("*", t) for p, t in zip(pattern, text, strict=True))
