"""组织机构代码, the nine-character code of an organisation (GB 11714-1997).

Eight characters [0-9A-Z] and a check character, often written with a hyphen before the last. It lives on
as characters 9 to 17 of the unified social credit code, which is why the two can be compared.
"""

import re
import string

_MODULO_11 = str.maketrans({letter: "0123456789A"[int(letter, 36) % 11] for letter in string.ascii_uppercase})
"""Letters as digits of the same remainder as their values."""
_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]")


def check_character(first_eight: str) -> str:
    """GB 11714-1997, 5: 11 minus the weighted sum modulo 11; ten is X, eleven is 0.

    >>> check_character("00298607")
    'X'
    """
    weighted = 2 * int(first_eight.translate(_MODULO_11), 13)  # 13 is 2 modulo 11: the weights are powers of two
    return "0X987654321"[weighted % 11]


def has_shape(code: str) -> bool:
    """Nine characters that could be an organisation code."""
    return bool(_SHAPE.fullmatch(code)) and len(set(code)) > 1


def is_valid(code: str) -> bool:
    """Shape and check character are right."""
    return has_shape(code) and check_character(code[:8]) == code[8]
