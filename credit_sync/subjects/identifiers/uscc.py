"""统一社会信用代码, the 18-character unified social credit code of an organisation (GB 32100-2015).

1 registering authority, 1 kind, 6 administrative division, 9 organisation code (GB 11714), 1 check
character, over an alphabet without I, O, S, V and Z. Not python-stdnum's check: that takes eighteen zeros for valid,
rejects registering authorities that were added later (A, N, Y), and takes longer than the rest of reading a row.
"""

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PLACEHOLDER = "0" * 17 + "X"
"""What profiles write for 'no code issued yet'; never evidence of anything."""

_AS_DIGITS = str.maketrans(ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTU")
"""The characters by their values, as the digits of `int`."""
_SHAPE = re.compile(f"[1-9ANY][{ALPHABET}][0-9]{{6}}[{ALPHABET}]{{10}}")


def has_shape(code: str) -> bool:
    """Eighteen characters that could be a USCC, whatever the check character says."""
    return bool(_SHAPE.fullmatch(code)) and code != PLACEHOLDER and len(set(code)) > 2


def check_character(first_seventeen: str) -> str:
    """GB 32100-2015, 5: 31 minus the weighted sum modulo 31, as a character of the alphabet.

    >>> check_character("91340000000000000")
    '8'
    """
    backwards = first_seventeen[::-1].translate(_AS_DIGITS)
    return ALPHABET[-int(backwards, 34) % 31]  # 34 is 3 modulo 31: the weights are powers of three


def is_valid(code: str) -> bool:
    """Shape and check character are right."""
    ordinary = code[:2].isdigit() or code[:1] in "ANY"
    return ordinary and has_shape(code) and check_character(code[:17]) == code[17]


def organisation_code(code: str) -> str:
    """Characters 9 to 17, the organisation code inside.

    >>> organisation_code("11340000002986079G")
    '002986079'
    """
    return code[8:17]
