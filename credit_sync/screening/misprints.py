"""Names of organisations that differ by a character or two: misprints of one name, or names that only look so.

Real firms of one place and trade differ by one character.
"""

import re

from rapidfuzz.distance import OSA

from credit_sync.screening.evidence import Scales
from credit_sync.screening.organisation_places import place_of, places_conflict
from credit_sync.subjects.numerals import without_numbers
from credit_sync.subjects.organisation_names import OrganisationName
from credit_sync.subjects.person_names import sound_alike

SHORTEST_NAME = 5
"""Characters from which a name is long enough for one more or less to be a misprint."""
_SHORT_BRAND, _LONG_NAME, _LONG_BRANCH = 3, 8, 6
_NUMERAL = re.compile("[0-9〇零一二三四五六七八九十百千]")
INSTITUTION = re.compile(r"(?:大学|学院|学校|中学|小学|幼儿园|医院|研究所|研究院)$")
_WITHOUT_BRAND = re.compile(
    rf"{INSTITUTION.pattern}|(?:协会|学会|商会|联合会|研究会|促进会|基金会|[民居]委员会|[村居]委会|(?<!支)局|政府|"
    r"卫生[院室]|卫生服务[中心站]{1,2}|保健院|兽医站|经济合作社)$"
)
_OF_A_FAMILY = ("记", "氏")


def one_character_off(x: OrganisationName, y: OrganisationName) -> bool:
    """One character typed wrongly, left out, doubled or swapped, in a name long enough to tell."""
    if min(len(x.full), len(y.full)) < SHORTEST_NAME:
        return False
    return OSA.distance(x.bare, y.bare, score_cutoff=1) == 1 or OSA.distance(x.full, y.full, score_cutoff=1) == 1


def two_characters_off(x: OrganisationName, y: OrganisationName, scales: Scales) -> bool:
    """Two characters typed wrongly in a long name, none of them one that makes another brand or trade."""
    if min(len(x.full), len(y.full)) < _LONG_NAME or OSA.distance(x.full, y.full, score_cutoff=2) > 2:
        return False
    if x.trade and y.trade and not (x.trade.endswith(y.trade) or y.trade.endswith(x.trade)):
        return False
    if x.divisions and y.divisions and places_conflict(x, y):
        return False
    if are_institutions(x, y):
        return typed(x.full, y.full, scales)
    if x.branch and y.branch and x.branch != y.branch and not typed(x.branch, y.branch, scales):
        return False
    return all(alike(p, q, scales) for p, q in zip(*_heads(x, y), strict=False))


def are_institutions(x: OrganisationName, y: OrganisationName) -> bool:
    """Names of schools, hospitals, societies, villages and offices have no brand: every character tells (湖北 / 闽北职业技术学院)."""
    return bool(_WITHOUT_BRAND.search(x.full) and _WITHOUT_BRAND.search(y.full))


def typed(a: str, b: str, scales: Scales) -> bool:
    """Texts of one length whose unlike characters sound or look alike."""
    return len(a) == len(b) and all(alike(p, q, scales) for p, q in zip(a, b, strict=True))


def _heads(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    """Where the brands begin, also when damage hides one side's place."""
    if len(x.full) != len(y.full):
        return x.core[:_SHORT_BRAND], y.core[:_SHORT_BRAND]
    start = max(len(place_of(x)), len(place_of(y)))
    return x.full[start : start + _SHORT_BRAND], y.full[start : start + _SHORT_BRAND]


def alike(p: str, q: str, scales: Scales) -> bool:
    """One character may be typed for the other: they sound or look alike."""
    return p == q or sound_alike(p, q) or q in scales.reference.look_alikes.get(p, ())


def typed_branch(x: OrganisationName, y: OrganisationName, scales: Scales) -> bool:
    """Branches that differ by one typing error: a character more or less, one of many replaced, or one that is alike.

    Where only one ends with a word for branches (支公司, 支公寺), the other's is damaged.
    """
    a, b = x.branch_as_written, y.branch_as_written
    if not a or not b or _without_numerals(a) == _without_numerals(b) or OSA.distance(a, b, score_cutoff=1) > 1:
        return False
    return len(a) != len(b) or len(a) >= _LONG_BRANCH or x.branch_known != y.branch_known or typed(a, b, scales)


def other_short_brand(x: OrganisationName, y: OrganisationName, scales: Scales) -> bool:
    """Brands of two or three characters, one replaced by a character of neither its sound nor its shape, or swapped.

    With a branch behind it a name says enough beside the brand: there it is a typing error.
    """
    if are_institutions(x, y):
        a, b = (x.full, y.full) if len(x.full) == len(y.full) else (x.bare, y.bare)  # 农业科学院, 林业科学研究院
        return len(a) == len(b) and not typed(a, b, scales)
    a, b = x.brand, y.brand
    if a == b or len(a) != len(b) or len(a) > _SHORT_BRAND or x.branch:
        return False
    return not typed(a, b, scales)


def both_meant(x: OrganisationName, y: OrganisationName, scales: Scales) -> str:
    """皖江 and 皖北, 城南支行 and 城西支行, 李记 and 张记: the one is not written by mistake for the other. Said in Chinese."""
    a, b = (x.bare, y.bare) if len(x.bare) == len(y.bare) else (x.full, y.full)
    unlike = [n for n, (p, q) in enumerate(zip(a, b, strict=False)) if p != q]
    if len(a) != len(b) or len(unlike) != 1:
        return ""
    words, at = scales.reference.organisations, unlike[0]
    p, q = a[at], b[at]
    surnames = scales.reference.persons.surnames
    families = a[at + 1 : at + 2] in _OF_A_FAMILY and p in surnames and q in surnames and not alike(p, q, scales)
    around = [(a[n : n + 2], b[n : n + 2]) for n in (max(at - 1, 0), at)]
    if families or (p, q) in words.opposites or any(r in words.regions and s in words.regions for r, s in around):
        return f"名称只差一个字，而“{p}”“{q}”各有所指，不像误写：{x.full} 与 {y.full}"
    return ""


def other_brand(x: OrganisationName, y: OrganisationName) -> str:
    """Institutions have no brand: the whole name is told."""
    what, a, b = ("名称", x.full, y.full) if are_institutions(x, y) else ("字号", x.brand, y.brand)
    difference = "有两个字颠倒" if swapped(a, b) else "差一个字，音和形都不相近"
    return f"{what}{difference}：{a} 与 {b}"


def swapped(a: str, b: str) -> bool:
    """Of texts one error apart: it exchanged two characters."""
    return sorted(a) == sorted(b)


def same_but_numerals(x: OrganisationName, y: OrganisationName) -> bool:
    """58同城 and 五八同城: where nothing is counted a numeral is a word, and another way to write it mostly the same word."""
    if x.bare == y.bare or not _NUMERAL.search(x.bare):
        return False
    return without_numbers(x.bare) == without_numbers(y.bare)


def other_number(x: OrganisationName, y: OrganisationName) -> bool:
    """第一分店 and 第二分店: equal once numerals are left out, and the numerals differ."""
    if not _NUMERAL.search(x.bare):
        return False
    a, b = _without_numerals(x.bare), _without_numerals(y.bare)
    if a != b or a == x.bare or b == y.bare:
        return False
    # 四川 and 川四 have the same numeral: swapped by mistake
    return _NUMERAL.findall(x.bare) != _NUMERAL.findall(y.bare)


def _without_numerals(text: str) -> str:
    return _NUMERAL.sub("", text)
