"""公民身份号码, the 18-digit citizen identity number (GB 11643-1999), its 15-digit forerunner, and the
residence permits of Hong Kong, Macao (81, 82) and Taiwan (83) residents, which share its structure.

6 region, 8 birth date, 3 serial (odd for men), 1 check digit (ISO 7064 MOD 11-2). python-stdnum computes
the check digit; its region table is not used, because it raises on unknown regions and rejects permits.
"""

import re
from datetime import date

from stdnum.cn import ric

_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OLD_SHAPE = re.compile(r"[1-9][0-9]{14}")
_OLDEST = date(1850, 1, 1)
_LATEST = date(2099, 12, 31)


def has_shape(number: str) -> bool:
    """Eighteen characters of the right kind with a possible birth date."""
    return bool(_SHAPE.fullmatch(number)) and birth_date(number) is not None


def is_valid(number: str, *, on: date = _LATEST) -> bool:
    """Shape, birth date (not after `on`) and check digit are right.

    >>> is_valid("340100190001010017"), is_valid("340100190001010018")
    (True, False)
    """
    if not _SHAPE.fullmatch(number):
        return False
    born = birth_date(number)
    return born is not None and born <= on and check_digit(number[:17]) == number[17]


def check_digit(first_seventeen: str) -> str:
    """ISO 7064 MOD 11-2 over the first seventeen digits."""
    return str(ric.calc_check_digit(first_seventeen))


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
