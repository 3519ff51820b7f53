"""Folding: one spelling for every way the same identifier is typed.

Full-width letters and digits, invisible characters, blanks and hyphens come from spreadsheets and web
forms, an apostrophe from whoever keeps Excel from rounding numbers; the letters O, I, S and Z do not exist
in a USCC (GB 32100-2015, 4.2) and stand for 0, 1, 5 and 2 when somebody read a code off a scan.
"""

import re
import unicodedata

MASK = "*"
"""The one character every hidden position is folded to."""

_MASKS = re.compile(r"[*×✕✖✱∗⁎※★☆●○•·◯■□▓▒█?#＊？＃]")
_MASKS_IN_BRACKETS = re.compile(r"[(（\[【{]([*×●＊]+)[)）\]】}]")
_BLANK_RUN = re.compile(r"(?<=\S)[ \t\u00a0\u3000]{2,}(?=\S)")
_LEADERS = re.compile(r"(?<=[0-9A-Za-z])(?:[.．_~～…\-－—]{2,}|[…⋯～~])(?=[0-9A-Za-z])")
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
    spread = _LEADERS.sub(lambda run: MASK * len(run.group()), _MASKS_IN_BRACKETS.sub(r"\1", text))
    marked = _MASKS.sub(MASK, _BLANK_RUN.sub(lambda run: MASK * len(run.group()), spread))
    return _X_RUN.sub(lambda run: MASK * len(run.group()), fold(marked))


_KINDS = "身份|护照|回乡|台胞|通行证|居住证|居留|旧证|证件|信用代码|机构代码|注册号|营业执照|识别号|税号"
_LABEL = re.compile(
    rf"^[\s#=“”\"《\[【]*(?:[\u4e00-\u9fff]*(?:{_KINDS})[\u4e00-\u9fff]*|代码|号码|(?i:ID|USCC|PASSPORT|NO))?\s*[:：]?\s*"
)
_LAST_ONES = re.compile(r"^[\u4e00-\u9fff]*(?:尾号|后[四五六4-6]位)[为是]?\s*[:：]?\s*([0-9]{3,5}[0-9Xx])$")
"""身份证尾号0017: what some notices show of a citizen id."""
_REMARK = re.compile(r"[(（\[【〔](?!(?:[^)）\]】〕0-9A-Za-z*×]*[0-9A-Za-z*×]){4})[^)）\]】〕]*[)）\]】〕]")
"""A bracket with less than four characters of a number in it."""
_BEHIND = re.compile(r"(?:(?<=[0-9]{9})\.0+)?[\s。；;，,“”\"》\]】]*$")
"""A decimal point that a spreadsheet or a program put behind a number, and marks."""


def without_label(text: str) -> str:
    """A number without what is written around it to say what it is.

    >>> without_label("身份证号：340100190001040017（已核验）"), without_label("（身份证）340100190001040017")
    ('340100190001040017', '340100190001040017')
    >>> without_label("身份证尾号0017"), without_label("军字第1234567号")
    ('**************0017', '军字第1234567号')
    """
    if shown := _LAST_ONES.match(text.strip()):
        return shown[1].rjust(_CITIZEN_ID, MASK)
    return _BEHIND.sub("", _LABEL.sub("", _REMARK.sub("", text)))


_CITIZEN_ID = 18
"""Places of a citizen id."""


def fold_look_alikes(text: str) -> str:
    """O, I, L, S and Z read as the digits they were mistaken for (L stands for 1 only where it cannot be L)."""
    return text.translate(_LOOK_ALIKES) if _LOOK_ALIKE.search(text) else text
