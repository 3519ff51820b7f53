"""Folding: one spelling for every way the same identifier is typed.

Full-width letters and digits, invisible characters, blanks and hyphens come from spreadsheets and web
forms, an apostrophe from whoever keeps Excel from rounding numbers; the letters O, I, S and Z do not exist
in a USCC (GB 32100-2015, 4.2) and stand for 0, 1, 5 and 2 when somebody read a code off a scan.
"""

import re
import unicodedata

MASK = "*"
"""The one character every hidden position is folded to."""

_MASKS = re.compile(r"[*×✕✖✱●○•·◯■□?#＊？＃]")
_BLANK_RUN = re.compile(r"(?<=\S)[ \t\u00a0\u3000]{2,}(?=\S)")
_LEADERS = re.compile(r"(?<=[0-9A-Za-z])(?:[.．_~～…\-－—]{2,}|[…～~])(?=[0-9A-Za-z])")
_X_RUN = re.compile(r"X{3,}|(?<=[0-9])X{2,}(?=[0-9]|$)|(?<=\*)X+(?=.)|X+(?=\*)")
_SEPARATORS = re.compile(r"[\s\-‐-―−_.,，、'`‘’]+")
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "Z": "2", "S": "5"})
_LOOK_ALIKE = re.compile("[OILZS]")


def fold(text: str) -> str:
    """Width, case, blanks, hyphens and invisible characters folded away.

    >>> fold(" ９１３４０１００－ｍａ２ｔ ")
    '91340100MA2T'
    """
    if text.isascii() and text.isprintable():
        if text.replace(MASK, "").isalnum():
            return text.upper()
        return _SEPARATORS.sub("", text).upper()
    wide = unicodedata.normalize("NFKC", text)
    if not wide.isprintable():
        wide = "".join(c for c in wide if c.isspace() or unicodedata.category(c) not in {"Cf", "Cc"})
    return _SEPARATORS.sub("", wide).upper()


def unify_masks(text: str) -> str:
    """Folded text with every way of hiding a character turned into `*`.

    X hides something only inside a run or beside another mask character: a single X at the end is the check
    digit ten of a citizen id. Two or more blanks between visible parts hide as many characters; dots, dashes or
    underscores in a row, or an ellipsis, stand for what was left out.

    >>> unify_masks("3401001900××××0012"), unify_masks("3401001900xxxx001X"), unify_masks("3401001900    0012")
    ('3401001900****0012', '3401001900****001X', '3401001900****0012')
    """
    if text.isascii() and text.replace(MASK, "").isdigit():
        return text
    spread = _LEADERS.sub(lambda run: MASK * len(run.group()), text)
    marked = _MASKS.sub(MASK, _BLANK_RUN.sub(lambda run: MASK * len(run.group()), spread))
    return _X_RUN.sub(lambda run: MASK * len(run.group()), fold(marked))


def fold_look_alikes(text: str) -> str:
    """O, I, L, S and Z read as the digits they were mistaken for (L stands for 1 only where it cannot be L)."""
    return text.translate(_LOOK_ALIKES) if _LOOK_ALIKE.search(text) else text
