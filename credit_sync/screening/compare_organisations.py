"""Comparing names of organisations part by part: place, brand, trade, company form, branch, number."""

from rapidfuzz.distance import OSA

from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.subjects.organisation_names import OrganisationName
from credit_sync.subjects.person_names import sound


def compare_organisations(a: str, b: str, scales: Scales) -> Evidence | None:
    """Two names; None when one is nothing but a place, a form or punctuation."""
    x, y = scales.reference.organisations.parse(a), scales.reference.organisations.parse(b)
    if x.empty or y.empty:
        return None
    found = _level(x, y, scales)
    if found is None:
        return None
    level, sentence = found
    bearing = Bearing.WEAKENS if level in _AGAINST else Bearing.SUPPORTS
    u = 2 ** (-5.0 * len(x.full)) if level == "short" else None
    return scales.evidence("organisation_name", level, sentence, bearing, u)


_SHORT_BRAND, _SHORTEST_NAME, _LONG_NAME, _LONG_BRANCH = 3, 5, 8, 6
_NUMERALS = dict.fromkeys(map(ord, "0123456789〇零一二三四五六七八九十百千"))
_AGAINST = {"other_place", "other_branch", "other_trade", "different"}


def _level(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    if x.full == y.full:
        if not x.places and not x.form and not x.bracketed_places and len(x.full) < 8:
            return "short", f"名称相同：{x.full}，但名称里没有地名和公司组织形式"
        return "same", f"名称相同：{x.full}"
    if (
        x.branch != y.branch
        and not _typed_branch(x, y)
        and x.core.removesuffix(x.branch) == y.core.removesuffix(y.branch)
    ):
        return _other_branch(x, y)
    if x.bare == y.bare or (x.core == y.core and x.divisions and y.divisions and _innermost_place_is_shared(x, y)):
        return _same_but_form(x, y)
    if x.core == y.core:
        return _same_core(x, y)
    return _nearly(x, y, scales) or ("different", f"名称不同：{x.full} 与 {y.full}")


def _nearly(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """Names that a typing error or two could explain, and those that only look so."""
    if _other_number(x, y):
        return "other_branch", f"名称里的编号不同：{x.full} 与 {y.full}"
    if _one_character_off(x, y):
        if _other_short_brand(x, y, scales):
            return "brand_character", f"字号差一个字，音和形都不相近：{x.brand} 与 {y.brand}"
        return "one_character", f"名称只差一个字：{x.full} 与 {y.full}"
    if x.brand == y.brand and len(x.brand) > 1 and x.trade and y.trade and x.trade != y.trade:
        return "other_trade", f"字号同为“{x.brand}”，但行业不同：{x.trade} 与 {y.trade}"
    if _two_characters_off(x, y, scales):
        return "two_characters", f"名称差两个字：{x.full} 与 {y.full}"
    return None


def _other_branch(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    if x.branch and y.branch:
        return "other_branch", f"是同一家单位的不同分支机构：{x.branch} 与 {y.branch}"
    return "other_branch", f"一边是总公司，一边是分支机构（{x.branch or y.branch}），不是同一登记主体"


def _same_but_form(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    if _places_conflict(x, y):
        return "other_place", f"名称其余部分相同，但地名不同：{_place(x)} 与 {_place(y)}"
    if ("集团" in x.form) != ("集团" in y.form):
        return "group", f"名称相同，只有一边是“集团”：{x.full} 与 {y.full}"
    if x.form and y.form and ("股份" in x.form) != ("股份" in y.form):
        return "form_changed", f"名称相同，组织形式不同：{x.form} 与 {y.form}"
    return "form", f"名称除组织形式、地名写法外相同：{x.full} 与 {y.full}"


def _same_core(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    if x.places and y.places:
        return "other_place", f"字号、行业相同，但地名不同：{_place(x)} 与 {_place(y)}"
    if len(x.brand) < 2 or x.core == x.trade:
        return None
    distinctive = len(x.brand) > 2 and len(x.core) > 3
    sentence = f"除一边没有写地名（{_place(x) or _place(y)}）外相同：{x.full} 与 {y.full}"
    return ("place_dropped" if distinctive else "place_dropped_short"), sentence


def _innermost_place_is_shared(x: OrganisationName, y: OrganisationName) -> bool:
    """安徽省合肥市 and 合肥市: the innermost place is the same; 安徽省 and 合肥市 are two places."""
    return bool({d.code for d in x.divisions[-1]} & {d.code for d in y.divisions[-1]})


def _places_conflict(x: OrganisationName, y: OrganisationName) -> bool:
    """吉林省 against 吉林市, 长治市 against 长治县: equal once the suffix is dropped, yet two places.

    Written without a suffix a place may be any of that name, former ones too.
    """
    ours, theirs = ({d.code for candidates in n.divisions for d in candidates} for n in (x, y))
    if not ours or not theirs or ours & theirs:
        return False
    written, shorts = zip(*((set(n.places), {c[0].short for c in n.divisions}) for n in (x, y)), strict=True)
    without_suffix = any(names & short for names, short in zip(written, shorts, strict=True))
    return not (without_suffix and shorts[0] & shorts[1])


def _one_character_off(x: OrganisationName, y: OrganisationName) -> bool:
    """One character typed wrongly, left out, doubled or swapped, in a name long enough to tell."""
    if min(len(x.full), len(y.full)) < _SHORTEST_NAME:
        return False
    return OSA.distance(x.bare, y.bare, score_cutoff=1) == 1 or OSA.distance(x.full, y.full, score_cutoff=1) == 1


def _two_characters_off(x: OrganisationName, y: OrganisationName, scales: Scales) -> bool:
    """Two characters typed wrongly in a long name, none of them one that makes another brand or trade."""
    if min(len(x.full), len(y.full)) < _LONG_NAME or (x.divisions and y.divisions and _places_conflict(x, y)):
        return False
    if x.trade and y.trade and x.trade != y.trade:
        return False
    if OSA.distance(x.full, y.full, score_cutoff=2) > 2:
        return False
    return all(_alike(p, q, scales) for p, q in zip(*_heads(x, y), strict=False))


def _heads(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    """Where the brands begin, also when damage hides one side's place."""
    if len(x.full) != len(y.full):
        return x.core[:_SHORT_BRAND], y.core[:_SHORT_BRAND]
    start = max(len(_place(x)), len(_place(y)))
    return x.full[start : start + _SHORT_BRAND], y.full[start : start + _SHORT_BRAND]


def _alike(p: str, q: str, scales: Scales) -> bool:
    """One character may be typed for the other: they sound or look alike."""
    return p == q or sound(p) == sound(q) or q in scales.reference.look_alikes.get(p, ())


def _typed_branch(x: OrganisationName, y: OrganisationName) -> bool:
    """Branches that differ by one typing error: a character more or less, or one of many replaced."""
    if not x.branch or not y.branch or OSA.distance(x.branch, y.branch, score_cutoff=1) > 1:
        return False
    return len(x.branch) != len(y.branch) or len(x.branch) >= _LONG_BRANCH


def _other_short_brand(x: OrganisationName, y: OrganisationName, scales: Scales) -> bool:
    """Brands of two or three characters, one replaced by a character of neither its sound nor its shape, or swapped.

    With a branch behind it a name says enough beside the brand: there it is a typing error.
    """
    a, b = x.brand, y.brand
    if a == b or len(a) != len(b) or len(a) > _SHORT_BRAND or x.branch:
        return False
    return not all(_alike(p, q, scales) for p, q in zip(a, b, strict=True))


def _other_number(x: OrganisationName, y: OrganisationName) -> bool:
    """第一分店 and 第二分店: equal once numerals are left out, and the numerals differ."""
    a, b = _without_numerals(x.bare), _without_numerals(y.bare)
    return a == b and x.bare != y.bare and a != x.bare and b != y.bare


def _without_numerals(text: str) -> str:
    return text.translate(_NUMERALS)


def _place(name: OrganisationName) -> str:
    return "".join(name.places)
