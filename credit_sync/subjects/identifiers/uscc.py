"""统一社会信用代码, the 18-character unified social credit code of an organisation (GB 32100-2015).

1 registering authority, 1 kind, 6 administrative division, 9 organisation code (GB 11714), 1 check
character, over an alphabet without I, O, S, V and Z. python-stdnum checks it, but takes eighteen zeros for
valid and rejects registering authorities that were added later (A, N, Y); both are mended here.
"""

import re

from stdnum.cn import uscc as stdnum_uscc
from stdnum.exceptions import ValidationError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PLACEHOLDER = "0" * 17 + "X"
"""What profiles write for 'no code issued yet'; never evidence of anything."""

_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_SHAPE = re.compile(f"[1-9ANY][{ALPHABET}][0-9]{{6}}[{ALPHABET}]{{10}}")


def has_shape(code: str) -> bool:
    """Eighteen characters that could be a USCC, whatever the check character says."""
    return bool(_SHAPE.fullmatch(code)) and code != PLACEHOLDER and len(set(code)) > 2


def check_character(first_seventeen: str) -> str:
    """GB 32100-2015, 5: 31 minus the weighted sum modulo 31, as a character of the alphabet.

    >>> check_character("91340000000000000")
    '8'
    """
    total = sum(w * ALPHABET.index(c) for w, c in zip(_WEIGHTS, first_seventeen, strict=True))
    return ALPHABET[-total % 31]


def is_valid(code: str) -> bool:
    """Shape and check character are right."""
    if not has_shape(code):
        return False
    try:
        stdnum_uscc.validate(code)
    except ValidationError:
        # stdnum refuses authorities A, N and Y outright: there the check character alone decides.
        return code[0] in "ANY" and check_character(code[:17]) == code[17]
    return True


def organisation_code(code: str) -> str:
    """Characters 9 to 17, the organisation code inside.

    >>> organisation_code("11340000002986079G")
    '002986079'
    """
    return code[8:17]
