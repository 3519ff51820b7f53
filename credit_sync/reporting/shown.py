"""Text from outside, made fit to be shown: personal numbers hidden, nothing in it that acts on its surroundings."""

import re
import unicodedata

from markupsafe import Markup, escape

from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.subject import Subject

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LAYOUT = {"\n": " ", "\r": " ", "\t": " ", "\x0b": " ", "\x0c": " "}
_DIRECTIONS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of the text after them (Unicode Standard Annex 9)."""

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""The blocks whose letters are written from the right (Unicode, DerivedBidiClass)."""


def shown(text: str) -> str:
    """Free text as a report may show it: on one line, personal numbers hidden, control characters visible.

    >>> shown("张\\x00三 340100190001040017")
    '张\\ufffd三 340100********0017'
    """
    return hide_in_text("".join(map(_visible, text)).strip())


def shortened(text: str, most: int) -> str:
    """The beginning of a text that is too long for its place, and how long it really is.

    >>> shortened("一二三四五", 3)
    '一二三…（共 5 字）'
    """
    return text if len(text) <= most else f"{text[:most]}…（共 {len(text)} 字）"


def isolated(text: str) -> Markup:
    """Text for a page, set apart where it is written from the right and would turn what stands around it.

    >>> isolated("a<b"), isolated("\N{HEBREW LETTER ALEF}")
    (Markup('a&lt;b'), Markup('<bdi>\N{HEBREW LETTER ALEF}</bdi>'))
    """
    safe = escape(text)
    return Markup("<bdi>{}</bdi>").format(safe) if _RIGHT_TO_LEFT.search(text) else safe


def shown_numbers(subject: Subject) -> tuple[str, ...]:
    """The subject's numbers with their kinds, those of persons hidden, those that fail their check marked."""
    return tuple(
        f"{i.title} {shown(i.display())}{'' if i.valid else '（校验码不符）'}" for i in subject.identifiers
    )


def _visible(character: str) -> str:
    if character in _LAYOUT:
        return _LAYOUT[character]
    hidden = character in _DIRECTIONS or unicodedata.category(character) in ("Cc", "Cs")
    return _REPLACEMENT if hidden else character
