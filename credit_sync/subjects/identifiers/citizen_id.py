"""公民身份号码, the 18-digit citizen identity number (GB 11643-1999), its 15-digit forerunner, and the
residence permits of Hong Kong, Macao (81, 82) and Taiwan (83) residents, which share its structure.

6 region, 8 birth date, 3 serial (odd for men), 1 check digit (ISO 7064 MOD 11-2). python-stdnum is not used: it
raises on unknown regions, rejects permits, and its `calc_check_digit` wants the check digit that it is to compute.
"""

import re
from calendar import isleap
from collections.abc import Iterable
from datetime import date, timedelta
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
    return _day_of(number[6:14])


@lru_cache(maxsize=50_000)
def _day_of(digits: str) -> date | None:
    """A possible birth date as it is written; all that there are find room."""
    if not digits.isdecimal():  # hidden, as nearly all of a list; an exception costs more
        return None
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
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
_CHECKS = {**{str(digit): digit for digit in range(10)}, "X": 10}


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
    dates = _date_sums(pattern[6:10], pattern[10:14])
    region_and_serial = f"{pattern[:6]}00000000{pattern[14:17]}"
    hidden = region_and_serial.count("*")
    if pattern[17] == "*" or hidden > 1:  # two digits leave every sum
        return bool(dates)
    check = _CHECKS[pattern[17]]
    for digit in "0123456789" if hidden else "0":
        shown = 2 * int(region_and_serial.replace("*", digit), 13)  # 13: see check_digit
        if (1 - check - shown) % 11 in dates:
            return True
    return False


_Sums = frozenset[int]
"""What digits can add to the check sum, modulo 11."""
_EVERY: _Sums = frozenset(range(11))


@lru_cache(maxsize=20_000)
def _date_sums(year: str, day: str) -> _Sums:
    """The sums of the birth dates under a mask; empty where no date is possible.

    Years and days add to the sum by themselves, and only 29 February asks for the year; a list has hundreds of masked
    years and of masked days, and tens of thousands of both together.
    """
    years, leap_years = _year_sums(year)
    days, leap_day = _day_sums(day)
    return _added(years, days) | _added(leap_years, leap_day) if leap_day else _added(years, days)


@lru_cache(maxsize=20_000)
def _year_sums(pattern: str) -> tuple[_Sums, _Sums]:
    """The sums of the years under a mask, and of the leap years among them."""
    if pattern.count("*") > 1:
        return _EVERY, _EVERY  # so little of a year is not held against a number, whatever it is
    years = _fitting(pattern, _YEARS)
    return _sums(years, weight=2**8), _sums([year for year in years if isleap(int(year))], weight=2**8)


@lru_cache(maxsize=20_000)
def _day_sums(pattern: str) -> tuple[_Sums, _Sums]:
    """The sums of the days under a mask that every year has, and of 29 February."""
    days = _fitting(pattern, _DAYS)
    leap_day = [day for day in days if day == _LEAP_DAY]
    return _sums([day for day in days if day not in leap_day], weight=2**4), _sums(leap_day, weight=2**4)


@lru_cache(maxsize=20_000)
def _added(ones: _Sums, others: _Sums) -> _Sums:
    return frozenset((one + other) % 11 for one in ones for other in others)


def _sums(texts: Iterable[str], *, weight: int) -> _Sums:
    """The sums of texts of which the last place has this weight."""
    return frozenset(weight * int(text, 13) % 11 for text in texts)


def _fitting(pattern: str, texts: str) -> list[str]:
    if "*" not in pattern:
        return [pattern] if pattern in texts else []
    return re.findall(pattern.replace("*", "[0-9]"), texts)


_YEARS = " ".join(str(year) for year in range(_OLDEST.year, _LATEST.year + 1))
_DAYS = " ".join(f"{date(1904, 1, 1) + timedelta(days=number):%m%d}" for number in range(366))
_LEAP_DAY = "0229"
