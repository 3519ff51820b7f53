"""Invented numbers with right check digits, and the ways in which lists hide and write them."""

from datetime import date

from credit_sync.subjects.identifiers import citizen_id, organisation_code, uscc
from examples.province.dice import Dice

COMPANY, CO_OPERATIVE, PUBLIC_INSTITUTION, PRIVATE_INSTITUTE = "91", "93", "12", "52"
"""First two characters of a USCC: registering authority and kind."""


def new_organisation_code(dice: Dice) -> str:
    """Nine characters; codes issued since 2015 begin with letters."""
    if dice.chance(0.4):
        start = f"MA2{dice.pick('NRTU')}"
        first_eight = start + "".join(dice.pick("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(4))
    else:
        first_eight = f"{dice.number(5, 7)}{dice.number(0, 9_999_999):07d}"
    return first_eight + organisation_code.check_character(first_eight)


def new_uscc(dice: Dice, region: str, kind: str = COMPANY) -> str:
    """A unified social credit code."""
    body = kind + region + new_organisation_code(dice)
    return body + uscc.check_character(body)


def new_birth_date(dice: Dice) -> date:
    """Nobody living is as old as the people of this province."""
    return dice.day(date(1900, 1, 1), date(1924, 12, 31))


def new_citizen_id(dice: Dice, region: str, born: date, *, woman: bool) -> str:
    """18 digits."""
    serial = dice.number(0, 249) * 2 + (0 if woman else 1)
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    return body + citizen_id.check_digit(body)


def fifteen(full: str) -> str:
    """The old form of a number: no century, no check digit."""
    return full[:6] + full[8:17]


def hide_month_and_day(full: str, mask: str = "*") -> str:
    """As the courts' list does: `3401001900****0012`."""
    return full[:10] + mask * 4 + full[14:]


def hide_birth_date(full: str, mask: str = "*") -> str:
    """As several departments do: `340100********0012`."""
    return full[:6] + mask * 8 + full[14:]


def hide_in_fifteen(full: str) -> str:
    """A 15-digit number with month and day hidden."""
    old = fifteen(full)
    return old[:8] + "****" + old[12:]


def hyphenated(code: str) -> str:
    """An organisation code as certificates printed it."""
    return f"{code[:8]}-{code[8:]}"


def full_width(text: str) -> str:
    """Typed with the input method left in full-width mode."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def wrong_check(code: str) -> str:
    """A code whose last character is not the right one."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")
