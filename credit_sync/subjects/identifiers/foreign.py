"""Documents of persons who have no citizen id: foreigners' permanent residence ids, passports, travel permits.

* 外国人永久居留身份证: until 2023 three letters of nationality, four digits of place, six of birth, serial and check;
  since December 2023 eighteen digits, 9 first, then place 2, nationality 3, birth date 8, serial 3 and the check
  digit of GB 11643. One person's old and new number share the birth date only.
* 港澳居民来往内地通行证 (回乡证): H or M, eight digits for life, and two that count the cards issued.
* 台湾居民来往大陆通行证 (台胞证): eight digits for life; before 2015 with two digits for the card and a letter.
* Passports: one or two letters and six to eight digits, new with every book.

These are unpublished in part; shapes are as officers see them. What fits none of them stays "other".
"""

import re

from credit_sync.subjects.identifiers import citizen_id

_FOREIGNER = re.compile(r"9[0-9]{16}[0-9X]")
_FOREIGNER_OLD = re.compile(r"[A-Z]{3}[0-9]{12}")
_TRAVEL_PERMIT = re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?|[0-9]{8}(?:[0-9]{2}(?:\(?[A-Z]\)?)?)?")
_PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{6,8}")


def is_foreigner_id(number: str) -> bool:
    """The shape of a permanent residence id of either edition, with a possible birth date."""
    if _FOREIGNER.fullmatch(number):
        return citizen_id.birth_date(number) is not None
    return bool(_FOREIGNER_OLD.fullmatch(number)) and _is_month_and_day(number[9:13])


def is_valid_foreigner_id(number: str) -> bool:
    """Shape and, in the new edition, check digit. The old edition's check is not published.

    >>> is_valid_foreigner_id("911840190001010017"), is_valid_foreigner_id("USA340100010101")
    (True, True)
    """
    if not is_foreigner_id(number):
        return False
    return len(number) != 18 or citizen_id.check_digit(number[:17]) == number[17]


def is_travel_permit(number: str) -> bool:
    """The shape of a 回乡证 or 台胞证.

    >>> is_travel_permit("H1234567801"), is_travel_permit("12345678"), is_travel_permit("1234567")
    (True, True, False)
    """
    return bool(_TRAVEL_PERMIT.fullmatch(number))


def for_life(number: str) -> str:
    """The part of a travel permit's number that does not change with the card.

    >>> for_life("H1234567801") == for_life("H12345678"), for_life("1234567801(B)")
    (True, '12345678')
    """
    return number[:9] if number[0] in "HM" else number[:8]


def is_passport(number: str) -> bool:
    """The shape of a passport number that begins with its series."""
    return bool(_PASSPORT.fullmatch(number))


def birth_day(number: str) -> str:
    """Birth date in a permanent residence id as YYMMDD, in which both editions can be compared."""
    return number[8:14] if len(number) == 18 else number[7:13]


def _is_month_and_day(text: str) -> bool:
    return citizen_id.birth_date(f"0000001904{text}") is not None
