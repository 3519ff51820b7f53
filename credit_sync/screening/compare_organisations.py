"""Comparing names of organisations part by part: place, brand, trade, company form, branch, number."""

import re

from rapidfuzz.distance import OSA, Postfix

from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.subjects.numerals import without_numbers
from credit_sync.subjects.organisation_names import OrganisationName
from credit_sync.subjects.person_names import sound_alike


def compare_organisations(a: str, b: str, scales: Scales) -> Evidence | None:
    """Two names; None when one is nothing but a place, a form or punctuation."""
    x, y = scales.reference.organisations.parse(a), scales.reference.organisations.parse(b)
    if x.empty or y.empty:
        return None
    found = _level(x, y, scales)
    if (x.damaged or y.damaged) and (found is None or found[0] in _UNLIKE) and (lost := _only_lost(x, y)):
        found = _by_what_is_left(x, y, lost)
    if found is None:
        return None
    level, sentence = found
    bearing = Bearing.WEAKENS if level in _AGAINST else Bearing.SUPPORTS
    u = 2 ** (-5.0 * min(len(x.full), len(y.full))) if level == "short" else None
    return scales.evidence("organisation_name", level, sentence, bearing, u)


_SHORT_BRAND, _SHORTEST_NAME, _LONG_NAME, _LONG_BRANCH = 3, 5, 8, 6
_SHORTEST_DAMAGED = 4
_NUMERAL = re.compile("[0-9〇零一二三四五六七八九十百千]")
_AGAINST = {"other_place", "parent_branch", "other_branch", "affiliated", "other_trade", "different"}
_UNLIKE = {*_AGAINST, "brand_character"}
_INSTITUTION = re.compile(r"(?:大学|学院|学校|中学|小学|幼儿园|医院|研究所|研究院)$")
_WITHOUT_BRAND = re.compile(
    rf"{_INSTITUTION.pattern}|(?:协会|学会|商会|联合会|研究会|促进会|基金会|[民居]委员会|[村居]委会|(?<!支)局|政府)$"
)
_BODY = re.compile(r"(?:工会|委员会|支部|协会|清算组|管理人)$")
"""What stands behind a firm's name and is no branch of it; a trade union is a legal person (工会法第十五条)."""
_GENERIC = re.compile(
    r"第?[一二三四五六七八九十]{0,2}(?:人民|中心|中医|妇幼保健|实验|高级|职业|技术|师范|农业|工业)*"
    r"(?:医院|卫生院|保健院|中学|小学|幼儿园|学校|学院|大学)|(?:人民)?政府|.{2,4}局|村委会"
)
"""Names that recur in every county: without a place they are nobody's."""
_AFFILIATE = re.compile(r"(?:附属|附设|直属).*|.*(?:学院|医院|研究所|研究院|中学|小学|幼儿园)")


def _level(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    if x.full == y.full:
        if not x.places and not x.form and not x.bracketed_places and len(x.full) < 8:
            return "short", f"名称相同：{x.full}，但名称里没有地名和公司组织形式"
        return "same", f"名称相同：{x.full}"
    if (
        x.branch != y.branch
        and not _typed_branch(x, y, scales)
        and x.core.removesuffix(x.branch) == y.core.removesuffix(y.branch)
    ):
        return _other_branch(x, y)
    if x.succeeded != y.succeeded and (x.bare == y.bare or x.core == y.core) and not _places_conflict(x, y):
        return _renamed(x, y)
    if x.bare == y.bare or (x.core == y.core and x.divisions and y.divisions and _innermost_place_is_shared(x, y)):
        return _other_brackets(x, y, scales) or _same_but_form(x, y)
    if x.core == y.core:
        return _other_brackets(x, y, scales) or _same_core(x, y)
    return _affiliated(x, y) or _nearly(x, y, scales) or ("different", f"名称不同：{x.full} 与 {y.full}")


def _renamed(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    """环境保护局 and 生态环境局; 国土资源局 and 城乡规划局 were two, though one took the place of both."""
    if x.succeeded and y.succeeded:
        return "different", f"名称不同：{x.full} 与 {y.full}"
    return (
        "place_dropped_short",
        f"除机构改革前后的名称（{x.succeeded or y.succeeded}）外相同：{x.full} 与 {y.full}",
    )


def _only_lost(x: OrganisationName, y: OrganisationName) -> int:
    """How many characters either name has lost that may be the other's, in brand, place or branch; 0 where more differs."""
    a, b = x.damaged or x.full, y.damaged or y.full
    unlike = [(p, q) for p, q in zip(a, b, strict=False) if p != q]
    return len(unlike) if len(a) == len(b) and all("?" in pair for pair in unlike) else 0


def _by_what_is_left(x: OrganisationName, y: OrganisationName, lost: int) -> tuple[str, str] | None:
    """Of names that are the same but for `lost` characters: what is left of others tells nothing, and is nothing against."""
    a, b = x.damaged or x.full, y.damaged or y.full
    if lost > 1 or len(a) < _SHORTEST_DAMAGED:
        return None
    level = "one_character" if min(len(x.full), len(y.full)) >= _SHORTEST_NAME else "short"
    return level, f"名称有一个字丢失或隐去，其余相同：{a} 与 {b}"


def _nearly(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """Names that a typing error or two could explain, and those that only look so."""
    if _same_but_numerals(x, y):
        return "one_character", f"名称只是数字写法不同：{x.full} 与 {y.full}"
    if _other_number(x, y):
        return "other_branch", f"名称里的编号不同：{x.full} 与 {y.full}"
    if (elsewhere := _dropped_head(x, y, scales) or _other_last_place(x, y, scales)) is not None:
        return elsewhere
    other_trade = x.brand == y.brand and len(x.brand) > 1 and x.trade and y.trade
    if other_trade and not _typed(x.trade, y.trade, scales):
        return "other_trade", f"字号同为“{x.brand}”，但行业不同：{x.trade} 与 {y.trade}"
    if _one_character_off(x, y):
        if (meant := _both_meant(x, y, scales)) or _other_short_brand(x, y, scales):
            return "brand_character", meant or _other_brand(x, y)
        difference = "有两个字颠倒" if _swapped(x.full, y.full) else "只差一个字"
        return "one_character", f"名称{difference}：{x.full} 与 {y.full}"
    if _two_characters_off(x, y, scales):
        return "two_characters", f"名称差两个字：{x.full} 与 {y.full}"
    return None


def _other_branch(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    if x.places and y.places and not _innermost_place_is_shared(x, y):
        return "other_place", f"字号、行业相同，但地名不同：{_place(x)} 与 {_place(y)}"
    if x.branch and y.branch:
        return "other_branch", f"是同一家单位的不同分支机构：{x.branch_as_written} 与 {y.branch_as_written}"
    branch, parent = (x, y) if x.branch else (y, x)
    if _BODY.search(branch.branch):
        return "parent_branch", f"{branch.full} 是设在 {parent.full} 的组织，两者不是同一主体，但有关联"
    return (
        "parent_branch",
        f"{branch.full} 是 {parent.full} 的分支机构：分支机构不是独立法人，两者不是同一登记主体，但有隶属关系",
    )


def _affiliated(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    """合肥大学附属医院 beside 合肥大学: a university's hospitals, schools and institutes are other bodies."""
    short, long = (x.full, y.full) if len(x.full) <= len(y.full) else (y.full, x.full)
    if (
        not long.startswith(short)
        or not _INSTITUTION.search(short)
        or not _AFFILIATE.fullmatch(long[len(short) :])
    ):
        return None
    return "affiliated", f"{long} 是 {short} 的附属或下属单位，不是同一单位"


def _other_brackets(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """嘉汉板业(沅陵) and 嘉汉板业(江华): a place in brackets makes another firm; on one side only it may be one."""
    if x.bracketed_places == y.bracketed_places:
        if x.remark == y.remark:
            return None
        return "bracketed_place", f"除末尾括号里的文字外相同：{x.full} 与 {y.full}"
    ours, theirs = x.bracketed_places or x.places[-1:], y.bracketed_places or y.places[-1:]
    both_bracketed = x.bracketed_places and y.bracketed_places
    if (both_bracketed or not (x.places and y.places)) and ours and theirs:
        gazetteer = scales.reference.gazetteer
        codes = [{d.code for place in places for d in gazetteer.named(place)} for places in (ours, theirs)]
        if not codes[0] & codes[1]:
            return "other_place", f"名称其余部分相同，但地名不同：{'、'.join(ours)} 与 {'、'.join(theirs)}"
    return "bracketed_place", f"除括号里的地名外相同：{x.full} 与 {y.full}"


def _same_but_form(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    if _places_conflict(x, y):
        return "other_place", f"名称其余部分相同，但地名不同：{_place(x)} 与 {_place(y)}"
    if ("集团" in x.form) != ("集团" in y.form):
        return "group", f"名称相同，只有一边是“集团”：{x.full} 与 {y.full}"
    if ("农民" in x.full) != ("农民" in y.full):  # 渭源县 has 惠民养殖专业合作社 and 惠民养殖农民专业合作社
        return "two_characters", f"名称只差“农民”二字：{x.full} 与 {y.full}"
    if _form_changed(x, y):
        return "form_changed", f"名称相同，组织形式不同：{x.form} 与 {y.form}"
    return "form", f"名称除组织形式、地名写法外相同：{x.full} 与 {y.full}"


def _form_changed(x: OrganisationName, y: OrganisationName) -> bool:
    return bool(x.form and y.form) and ("股份" in x.form) != ("股份" in y.form)


def _same_core(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    if x.places and y.places:
        if len(x.full) != len(y.full) and OSA.distance(x.full, y.full, score_cutoff=1) == 1:
            return "one_character", f"名称只差一个字：{x.full} 与 {y.full}"
        if _innermost_place_was_the_other(x, y):
            return (
                "place_dropped_short",
                f"除区划新旧名称（{_place(x)} 与 {_place(y)}）外相同：{x.full} 与 {y.full}",
            )
        return "other_place", f"字号、行业相同，但地名不同：{_place(x)} 与 {_place(y)}"
    return _place_dropped(x, y, _place(x) or _place(y))


def _place_dropped(x: OrganisationName, y: OrganisationName, place: str) -> tuple[str, str] | None:
    """One side without its place. `y` or `x` may be a trade and nothing else: that matches nobody."""
    shorter = min(x, y, key=lambda name: len(name.core))
    if len(shorter.brand) < 2 and not shorter.branch:
        return None
    distinctive = len(shorter.brand) > 2 and len(shorter.core) > 3 and not _GENERIC.fullmatch(shorter.core)
    changed = _form_changed(x, y) or ("集团" in x.form) != ("集团" in y.form)
    sentence = f"除一边没有写地名（{place}）外相同：{x.full} 与 {y.full}"
    return ("place_dropped" if distinctive and not changed else "place_dropped_short"), sentence


def _dropped_head(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """Places at the head that the parser leaves alone (三门, 澧县 in any order): one left out, or two different ones."""
    short, long = (x, y) if len(x.full) <= len(y.full) else (y, x)
    shared = int(Postfix.similarity(short.full, long.full))
    if shared < _SHORTEST_NAME:
        return None
    gazetteer = scales.reference.gazetteer
    is_place = gazetteer.is_place
    if shared == len(short.full):
        head = long.full[: len(long.full) - shared]
        return _place_dropped(short, long, head) if is_place(head) else None
    for kept in range(shared, max(shared - 3, 0), -1):
        a, b = short.full[: len(short.full) - kept], long.full[: len(long.full) - kept]
        if is_place(a) and is_place(b) and not b.startswith(a):
            if gazetteer.innermost(a) & gazetteer.innermost(b):
                return "form", f"名称除地名写法外相同：{short.full} 与 {long.full}"
            return "other_place", f"名称其余部分相同，但地名不同：{short.full} 与 {long.full}"
    return None


def _other_last_place(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """中国移动通信集团安徽有限公司 and …江苏有限公司: subsidiaries have their places before the form."""
    named = scales.reference.gazetteer.named
    for length in (2, 3):
        a, b = x.core[-length:], y.core[-length:]
        if a != b and len(x.core) > length + 2 and x.core[:-length] == y.core[:-length] and named(a) and named(b):
            return "other_place", f"名称其余部分相同，但末尾的地名不同：{x.full} 与 {y.full}"
    return None


def _innermost_place_is_shared(x: OrganisationName, y: OrganisationName) -> bool:
    """安徽省合肥市 and 合肥市: the innermost place is the same; 安徽省 and 合肥市 are two places."""
    return bool({d.code for d in x.divisions[-1]} & {d.code for d in y.divisions[-1]})


def _innermost_place_was_the_other(x: OrganisationName, y: OrganisationName) -> bool:
    """狮子山区, merged into 铜官区; 六安市寿县, today 淮南市寿县. There may have been another firm of the name there before."""
    return any(d.became_the(e) for d in x.divisions[-1] for e in y.divisions[-1])


def _places_conflict(x: OrganisationName, y: OrganisationName) -> bool:
    """吉林省 against 吉林市, 长治市 against 长治县: equal once the suffix is dropped, yet two places.

    Written without a suffix a place may be any of that name, former ones too.
    """
    if not x.codes or not y.codes or x.codes & y.codes:
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
    if min(len(x.full), len(y.full)) < _LONG_NAME or OSA.distance(x.full, y.full, score_cutoff=2) > 2:
        return False
    if x.trade and y.trade and not (x.trade.endswith(y.trade) or y.trade.endswith(x.trade)):
        return False
    if x.divisions and y.divisions and _places_conflict(x, y):
        return False
    if _institutions(x, y):
        return _typed(x.full, y.full, scales)
    if x.branch and y.branch and x.branch != y.branch and not _typed(x.branch, y.branch, scales):
        return False
    return all(_alike(p, q, scales) for p, q in zip(*_heads(x, y), strict=False))


def _institutions(x: OrganisationName, y: OrganisationName) -> bool:
    """Names of schools, hospitals, societies, villages and offices have no brand: every character tells (湖北 / 闽北职业技术学院)."""
    return bool(_WITHOUT_BRAND.search(x.full) and _WITHOUT_BRAND.search(y.full))


def _typed(a: str, b: str, scales: Scales) -> bool:
    """Texts of one length whose unlike characters sound or look alike."""
    return len(a) == len(b) and all(_alike(p, q, scales) for p, q in zip(a, b, strict=True))


def _heads(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    """Where the brands begin, also when damage hides one side's place."""
    if len(x.full) != len(y.full):
        return x.core[:_SHORT_BRAND], y.core[:_SHORT_BRAND]
    start = max(len(_place(x)), len(_place(y)))
    return x.full[start : start + _SHORT_BRAND], y.full[start : start + _SHORT_BRAND]


def _alike(p: str, q: str, scales: Scales) -> bool:
    """One character may be typed for the other: they sound or look alike."""
    return p == q or sound_alike(p, q) or q in scales.reference.look_alikes.get(p, ())


def _typed_branch(x: OrganisationName, y: OrganisationName, scales: Scales) -> bool:
    """Branches that differ by one typing error: a character more or less, one of many replaced, or one that is alike.

    Where only one ends with a word for branches (支公司, 支公寺), the other's is damaged.
    """
    a, b = x.branch_as_written, y.branch_as_written
    if not a or not b or _without_numerals(a) == _without_numerals(b) or OSA.distance(a, b, score_cutoff=1) > 1:
        return False
    return len(a) != len(b) or len(a) >= _LONG_BRANCH or x.branch_known != y.branch_known or _typed(a, b, scales)


def _other_short_brand(x: OrganisationName, y: OrganisationName, scales: Scales) -> bool:
    """Brands of two or three characters, one replaced by a character of neither its sound nor its shape, or swapped.

    With a branch behind it a name says enough beside the brand: there it is a typing error.
    """
    if _institutions(x, y):
        a, b = (x.full, y.full) if len(x.full) == len(y.full) else (x.bare, y.bare)  # 农业科学院, 林业科学研究院
        return len(a) == len(b) and not _typed(a, b, scales)
    a, b = x.brand, y.brand
    if a == b or len(a) != len(b) or len(a) > _SHORT_BRAND or x.branch:
        return False
    return not _typed(a, b, scales)


def _both_meant(x: OrganisationName, y: OrganisationName, scales: Scales) -> str:
    """皖江 and 皖北, 城南支行 and 城西支行, 李记 and 张记: the one is not written by mistake for the other. Said in Chinese."""
    a, b = (x.bare, y.bare) if len(x.bare) == len(y.bare) else (x.full, y.full)
    unlike = [n for n, (p, q) in enumerate(zip(a, b, strict=False)) if p != q]
    if len(a) != len(b) or len(unlike) != 1:
        return ""
    words, at = scales.reference.organisations, unlike[0]
    p, q = a[at], b[at]
    surnames = scales.reference.persons.surnames
    families = a[at + 1 : at + 2] in _OF_A_FAMILY and p in surnames and q in surnames and not _alike(p, q, scales)
    around = [(a[n : n + 2], b[n : n + 2]) for n in (max(at - 1, 0), at)]
    if families or (p, q) in words.opposites or any(r in words.regions and s in words.regions for r, s in around):
        return f"名称只差一个字，而“{p}”“{q}”各有所指，不像误写：{x.full} 与 {y.full}"
    return ""


_OF_A_FAMILY = ("记", "氏")


def _other_brand(x: OrganisationName, y: OrganisationName) -> str:
    """Institutions have no brand: the whole name is told."""
    what, a, b = ("名称", x.full, y.full) if _institutions(x, y) else ("字号", x.brand, y.brand)
    difference = "有两个字颠倒" if _swapped(a, b) else "差一个字，音和形都不相近"
    return f"{what}{difference}：{a} 与 {b}"


def _swapped(a: str, b: str) -> bool:
    """Of texts one error apart: it exchanged two characters."""
    return sorted(a) == sorted(b)


def _same_but_numerals(x: OrganisationName, y: OrganisationName) -> bool:
    """58同城 and 五八同城: where nothing is counted a numeral is a word, and another way to write it mostly the same word."""
    if x.bare == y.bare or not _NUMERAL.search(x.bare):
        return False
    return without_numbers(x.bare) == without_numbers(y.bare)


def _other_number(x: OrganisationName, y: OrganisationName) -> bool:
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


def _place(name: OrganisationName) -> str:
    return "".join(name.places)
