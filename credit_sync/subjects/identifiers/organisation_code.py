"""组织机构代码, the nine-character code of an organisation (GB 11714-1997).

Eight characters [0-9A-Z] and a check character, often written with a hyphen before the last. It lives on
as characters 9 to 17 of the unified social credit code, which is why the two can be compared.
"""

import re

_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]")


def check_character(first_eight: str) -> str:
    """GB 11714-1997, 5: 11 minus the weighted sum modulo 11; ten is X, eleven is 0.

    >>> check_character("00298607")
    'X'
    """
    remainder = 11 - sum(w * int(c, 36) for w, c in zip(_WEIGHTS, first_eight, strict=True)) % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def has_shape(code: str) -> bool:
    """Nine characters that could be an organisation code."""
    return bool(_SHAPE.fullmatch(code)) and len(set(code)) > 1


def is_valid(code: str) -> bool:
    """Shape and check character are right."""
    return has_shape(code) and check_character(code[:8]) == code[8]
