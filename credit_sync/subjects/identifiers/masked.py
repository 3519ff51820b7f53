"""Masked identifiers: numbers that a list shows in part, such as 3401001900****0012.

A pattern is a string over [0-9A-Z*]. The national debtor list keeps the first ten and the last four places
of a citizen id; other publishers hide other places, shorten the number, or mask 15-digit forms.
"""

import re
from collections.abc import Sequence

from credit_sync.subjects.identifiers.folding import MASK

_PATTERN = re.compile(r"[0-9A-Z*]{6,20}")
_ONE_RUN = re.compile(r"([0-9A-Z]*)(\*+)([0-9A-Z]*)")


def is_pattern(text: str) -> bool:
    """A folded text that hides something and shows enough to be worth comparing (at least four places)."""
    return bool(_PATTERN.fullmatch(text)) and MASK in text and len(text) - text.count(MASK) >= 4


def stretch(pattern: str, length: int) -> str | None:
    """A pattern whose single run of masks was shortened or lengthened, brought to `length` places.

    >>> stretch("340100**0012", 18)
    '340100********0012'
    """
    if len(pattern) == length:
        return pattern
    parts = _ONE_RUN.fullmatch(pattern)
    if parts is None or len(parts[1]) + len(parts[3]) >= length:
        return None
    return parts[1] + MASK * (length - len(parts[1]) - len(parts[3])) + parts[3]


def agrees(pattern: str, number: str) -> bool:
    """Every visible place of the pattern is the same in the number (equal lengths)."""
    return len(pattern) == len(number) and all(p in (MASK, n) for p, n in zip(pattern, number, strict=True))


def contradictions(pattern: str, number: str) -> list[int]:
    """The places (0-based) where both show something and it differs; both may be masked, equal lengths."""
    return [
        place for place, (p, n) in enumerate(zip(pattern, number, strict=True)) if p != n and MASK not in (p, n)
    ]


def project(numbers: Sequence[str], shapes: Sequence[str], mark: str = MASK) -> list[str]:
    """Full numbers of one length seen through masks as long ('1' visible, `mark` hidden): all through each in turn.

    >>> project(["340100190001040017"], ["1111111111****1111", "111111********1111"])
    ['3401001900****0017', '340100********0017']
    """
    import numpy as np  # commands that compare nothing start without it

    whole = np.array(numbers, str)
    places = whole.view(np.uint32).reshape(len(numbers), -1)  # a column a place: all numbers at once
    found: list[str] = []
    for shape in shapes:
        shown = places.copy()
        shown[:, [place == mark for place in shape]] = ord(mark)
        found += shown.view(whole.dtype).ravel().tolist()
    return found


def shape_of(pattern: str) -> str:
    """Which places a pattern shows.

    >>> shape_of("3401001900****0017")
    '1111111111****1111'
    """
    return "".join(MASK if p == MASK else "1" for p in pattern)
