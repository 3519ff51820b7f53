"""Hiding personal numbers: one number, and every number that may be a citizen id in a text.

People write ids with blanks and hyphens between the groups, in full width, with a small x, right behind a word, or
inside a longer number (the tax number of an individual trader was the owner's citizen id). All of these are found. What is found by
its length alone needs a possible birth date, what is cut out of something longer a right check digit as well. One with
a digit too few or too many says as much of its owner.
"""

import re
from collections.abc import Iterator

from credit_sync.subjects.identifiers import citizen_id
from credit_sync.subjects.identifiers.folding import MASK

_GAP = "[ \\t\u00a0\u00ad\u2000-\u200f\u2060\u3000\ufeff\\-－‐-―]{0,3}"
_DIGEST = "(?=[0-9]*[a-f])[0-9a-f]{32,}"
_RUN = re.compile(rf"{_DIGEST}|(?<!\d)(?:\d{_GAP}){{14,}}[\dXxＸｘ]")
"""Fifteen digits or more with nothing between them but gaps. Digests, which are long numbers too, are stepped over."""
_HEXADECIMAL = frozenset("abcdef")
"""Letters that only a digest has."""
_MISTYPED = (17, 19)
_PIECE = re.compile(r"\d+[XxＸｘ]?|[XxＸｘ]")


def hide(number: str) -> str:
    """A person's number with its middle hidden: of 18 digits the birth date, of others all but the ends."""
    if len(number) in (15, 18):
        return f"{number[:6]}{MASK * (len(number) - 10)}{number[-4:]}"
    return f"{number[:2]}{MASK * max(len(number) - 4, 2)}{number[-2:]}" if len(number) > 5 else MASK * len(number)


def hide_in_text(text: str) -> str:
    """Free text with every number that may be a citizen id hidden (18 or 15 digits with a possible date).

    >>> hide_in_text("身份证340100190001040017，案款1000元")
    '身份证340100********0017，案款1000元'
    >>> hide_in_text("身份证34010019000104001，决定书20181130123456789")
    '身份证34*************01，决定书20181130123456789'
    >>> hide_in_text("税号34010019000104001701，号码 340100 19000104 0017")
    '税号340100********001701，号码 340100********0017'
    """
    return _RUN.sub(_hide_in_run, text)


def _hide_in_run(found: re.Match[str]) -> str:
    run = found.group()
    if not _HEXADECIMAL.isdisjoint(run):
        return run
    places = [place for place, character in enumerate(run) if character.isdecimal() or character in "XxＸｘ"]
    digits = "".join(str(int(run[place])) if run[place].isdecimal() else "X" for place in places)
    parts, end = [], 0
    ids = list(_ids(run, places, digits)) or ([(0, len(digits))] if _is_mistyped(digits) else [])
    for first, last in ids:
        parts += [run[end : places[first]], hide(digits[first:last])]
        end = places[last - 1] + 1
    return "".join(parts) + run[end:]


def _ids(run: str, places: list[int], digits: str) -> Iterator[tuple[int, int]]:
    """The ids in a run, as ranges of its digits that do not overlap."""
    number_of = {place: number for number, place in enumerate(places)}
    starts = {number_of[piece.start()] for piece in _PIECE.finditer(run)} | {len(digits)}
    first = 0
    while first <= len(digits) - 15:
        last = next((last for last in (first + 18, first + 15) if _is_id(digits, first, last, starts)), None)
        if last is not None:
            yield first, last
        first = last or first + 1


def _is_id(digits: str, first: int, last: int, starts: set[int]) -> bool:
    number = digits[first:last]
    if last > len(digits) or "X" in number[:-1]:
        return False
    if citizen_id.is_valid(number):
        return True
    full = number if len(number) == 18 else citizen_id.from_fifteen(number)
    return {first, last} <= starts and full is not None and citizen_id.birth_date(full) is not None


def _is_mistyped(digits: str) -> bool:
    shifted = (
        digits,
        digits[1:],
        f"0{digits}",
    )  # the digit is missing, or one too many, before the date or behind it
    return len(digits) in _MISTYPED and any(citizen_id.birth_date(text) is not None for text in shifted)
