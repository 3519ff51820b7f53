"""Comparing names of organisations part by part: place, brand, trade, company form, branch, number."""

import re

from rapidfuzz.distance import OSA, Postfix

from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.screening.misprints import (
    INSTITUTION,
    SHORTEST_NAME,
    are_institutions,
    both_meant,
    one_character_off,
    other_brand,
    other_number,
    other_short_brand,
    same_but_numerals,
    swapped,
    two_characters_off,
    typed,
    typed_branch,
)
from credit_sync.screening.organisation_places import (
    innermost_place_is_shared,
    innermost_place_is_within,
    innermost_place_was_the_other,
    place_of,
    places_conflict,
)
from credit_sync.subjects.organisation_names import TOWN, OrganisationName
from credit_sync.subjects.writing import is_written_in_parts


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


_SHORTEST_DAMAGED = 4
_AGAINST = {"other_place", "parent_branch", "other_branch", "affiliated", "other_trade", "different"}
_UNLIKE = {*_AGAINST, "brand_character"}
_BODY = re.compile(r"(?:工会|委员会|支部|协会|清算组|管理人)$")
"""What stands behind a firm's name and is no branch of it; a trade union is a legal person (工会法第十五条)."""
_GENERIC = re.compile(
    r"第?[一二三四五六七八九十]{0,2}(?:人民|中心|中医|妇幼保健|实验|高级|职业|技术|师范|农业|工业)*"
    r"(?:医院|卫生院|保健院|中学|小学|幼儿园|学校|学院|大学)|(?:人民)?政府|.{2,4}局|村委会"
)
"""Names that recur in every county: without a place they are nobody's."""
_SHORTEST_CUT = 15
_WHOLE = re.compile(
    r"(?:公司|集团|大学|学院|学校|[中小]学|中心|基地|合伙|政府|(?:开发|高新|校|院|园|景|新)区|[园院所社厂店部站场行局厅委会处队室馆坊])$"
)
"""How whole names end: what ends otherwise may have been cut off."""
_LABORATORY = ("国家重点实验室", "全国重点实验室", "省重点实验室")
_AFFILIATE = re.compile(r"(?:附属|附设|直属).*|.*(?:学院|医院|研究所|研究院|中学|小学|幼儿园)")


def _level(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    if x.full == y.full:
        if not x.places and not x.form and not x.bracketed_places and len(x.full) < 8:
            return "short", f"名称相同：{x.full}，但名称里没有地名和公司组织形式"
        return "same", f"名称相同：{x.full}"
    if x.bare != y.bare and _is_cut_off(x, y):
        return "two_characters", f"一边的名称像是没有写完，已写的部分相同：{x.full} 与 {y.full}"
    if (
        x.branch != y.branch
        and not typed_branch(x, y, scales)
        and x.core.removesuffix(x.branch) == y.core.removesuffix(y.branch)
    ):
        return _other_branch(x, y)
    if x.succeeded != y.succeeded and (x.bare == y.bare or x.core == y.core) and not places_conflict(x, y):
        return _renamed(x, y)
    if x.bare == y.bare or (x.core == y.core and x.divisions and y.divisions and innermost_place_is_shared(x, y)):
        return _other_brackets(x, y, scales) or _same_but_form(x, y)
    if x.core == y.core:
        return _other_brackets(x, y, scales) or _same_core(x, y)
    return (
        _without_body(x, y)
        or _risen(x, y, scales)
        or _affiliated(x, y)
        or _nearly(x, y, scales)
        or ("different", f"名称不同：{x.full} 与 {y.full}")
    )


def _renamed(x: OrganisationName, y: OrganisationName) -> tuple[str, str]:
    """环境保护局 and 生态环境局; 国土资源局 and 城乡规划局 were two, though one took the place of both."""
    if x.succeeded and y.succeeded:
        return "different", f"名称不同：{x.full} 与 {y.full}"
    return (
        "place_dropped_short",
        f"除改革或改称前后的名称（{x.succeeded or y.succeeded}）外相同：{x.full} 与 {y.full}",
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
    level = "one_character" if min(len(x.full), len(y.full)) >= SHORTEST_NAME else "short"
    return level, f"名称有一个字丢失或隐去，其余相同：{a} 与 {b}"


def _nearly(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """Names that a typing error or two could explain, and those that only look so."""
    if same_but_numerals(x, y):
        return "one_character", f"名称只是数字写法不同：{x.full} 与 {y.full}"
    if other_number(x, y):
        return "other_branch", f"名称里的编号不同：{x.full} 与 {y.full}"
    elsewhere = _dropped_head(x, y, scales) or _other_last_place(x, y, scales)
    if (found := elsewhere or _town_dropped(x, y) or _place_dropped_and_typed(x, y, scales)) is not None:
        return found
    other_trade = x.brand == y.brand and len(x.brand) > 1 and x.trade and y.trade
    if other_trade and not typed(x.trade, y.trade, scales):
        return "other_trade", f"字号同为“{x.brand}”，但行业不同：{x.trade} 与 {y.trade}"
    if one_character_off(x, y):
        if (meant := both_meant(x, y, scales)) or other_short_brand(x, y, scales):
            return "brand_character", meant or other_brand(x, y)
        difference = "有两个字颠倒" if swapped(x.full, y.full) else "只差一个字"
        return "one_character", f"名称{difference}：{x.full} 与 {y.full}"
    if two_characters_off(x, y, scales):
        return "two_characters", f"名称差两个字：{x.full} 与 {y.full}"
    return _in_parts(x, y, scales)


def _other_branch(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    if x.places and y.places and not innermost_place_is_shared(x, y):
        return "other_place", f"字号、行业相同，但地名不同：{place_of(x)} 与 {place_of(y)}"
    if x.branch and y.branch:
        return "other_branch", f"是同一家单位的不同分支机构：{x.branch_as_written} 与 {y.branch_as_written}"
    branch, parent = (x, y) if x.branch else (y, x)
    if _BODY.search(branch.branch):
        return "parent_branch", f"{branch.full} 是设在 {parent.full} 的组织，两者不是同一主体，但有关联"
    return (
        "parent_branch",
        f"{branch.full} 是 {parent.full} 的分支机构：分支机构不是独立法人，两者不是同一登记主体，但有隶属关系",
    )


def _without_body(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    """火灾科学国家重点实验室, with its university and without: the state gives each its name once."""
    for a, b in ((x, y), (y, x)):
        if a.branch.endswith(_LABORATORY) and a.branch == b.core:
            return "place_dropped_short", f"除一边没有写依托单位外相同：{x.full} 与 {y.full}"
    return None


def _risen(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """蚌埠市农业科学研究所 and its 研究院, 某学院 and 某大学: mostly one body before and after."""
    if x.full[:-2] != y.full[:-2]:
        return None  # as nearly all
    without_rank = scales.reference.organisations.without_rank
    if without_rank(x.full) != without_rank(y.full):
        return None
    return "place_dropped_short", f"名称只差单位升格前后的叫法：{x.full} 与 {y.full}"


def _affiliated(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    """合肥大学附属医院 beside 合肥大学: a university's hospitals, schools and institutes are other bodies."""
    short, long = (x.full, y.full) if len(x.full) <= len(y.full) else (y.full, x.full)
    if not long.startswith(short) or not INSTITUTION.search(short) or not _AFFILIATE.fullmatch(long[len(short) :]):
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
    if places_conflict(x, y):
        return "other_place", f"名称其余部分相同，但地名不同：{place_of(x)} 与 {place_of(y)}"
    if ("集团" in x.form) != ("集团" in y.form):
        return "group", f"名称相同，只有一边是“集团”：{x.full} 与 {y.full}"
    for word in ("农民", "股份经济"):  # 渭源县 has 惠民养殖专业合作社 and 惠民养殖农民专业合作社
        if (word in x.full) != (word in y.full):
            return "two_characters", f"名称只差“{word[:2]}”二字：{x.full} 与 {y.full}"
    if _form_changed(x, y):
        return "form_changed", f"名称相同，组织形式不同：{x.form} 与 {y.form}"
    return "form", f"名称除组织形式、地名写法外相同：{x.full} 与 {y.full}"


def _form_changed(x: OrganisationName, y: OrganisationName) -> bool:
    return bool(x.form and y.form) and ("股份" in x.form) != ("股份" in y.form)


def _same_core(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    if x.places and y.places:
        if len(x.full) != len(y.full) and OSA.distance(x.full, y.full, score_cutoff=1) == 1:
            return "one_character", f"名称只差一个字：{x.full} 与 {y.full}"
        if innermost_place_was_the_other(x, y):
            return (
                "place_dropped_short",
                f"除区划新旧名称（{place_of(x)} 与 {place_of(y)}）外相同：{x.full} 与 {y.full}",
            )
        if x.of_a_town and y.of_a_town and are_institutions(x, y) and innermost_place_is_within(x, y):
            return (
                "place_dropped_short",
                f"除一边没有写区县（{place_of(x)} 与 {place_of(y)}）外相同：{x.full} 与 {y.full}",
            )
        return "other_place", f"字号、行业相同，但地名不同：{place_of(x)} 与 {place_of(y)}"
    return _place_dropped(x, y, place_of(x) or place_of(y))


def _place_dropped(x: OrganisationName, y: OrganisationName, place: str) -> tuple[str, str] | None:
    """One side without its place. `y` or `x` may be a trade and nothing else: that matches nobody."""
    shorter = min(x, y, key=lambda name: len(name.core))
    if len(shorter.brand) < 2 and not shorter.branch:
        return None
    distinctive = len(shorter.brand) > 2 and len(shorter.core) > 3 and not _GENERIC.fullmatch(shorter.core)
    changed = _form_changed(x, y) or ("集团" in x.form) != ("集团" in y.form)
    sentence = f"除一边没有写地名（{place}）外相同：{x.full} 与 {y.full}"
    return ("place_dropped" if distinctive and not changed else "place_dropped_short"), sentence


def _is_cut_off(x: OrganisationName, y: OrganisationName) -> bool:
    """安徽炬澜新能源汽车充电基础设施投资运营…: a field of twenty characters ends in the middle of a name."""
    short, long = (x.full, y.full) if len(x.full) <= len(y.full) else (y.full, x.full)
    return len(short) >= _SHORTEST_CUT and long.startswith(short) and not _WHOLE.search(short)


def _town_dropped(x: OrganisationName, y: OrganisationName) -> tuple[str, str] | None:
    """庐江县泥河镇柏老三卤菜店 and 庐江县柏老三卤菜店: towns are in no gazetteer, and traders leave them out."""
    short, long = (x.core, y.core) if len(x.core) <= len(y.core) else (y.core, x.core)
    if len(short) < _SHORTEST_DAMAGED or not long.endswith(short) or _GENERIC.fullmatch(short):
        return None
    town = long[: len(long) - len(short)]
    if not TOWN.fullmatch(town) or not x.divisions or not y.divisions or not innermost_place_is_shared(x, y):
        return None
    return "place_dropped_short", f"除一边没有写乡镇（{town}）外相同：{x.full} 与 {y.full}"


def _in_parts(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """喆华信息 and 吉吉华信息: a character that could not be typed, or that a scanner took for two."""
    short, long = sorted((x.full, y.full), key=len)
    if not is_written_in_parts(short, long, scales.reference.parts):
        return None
    return "one_character", f"名称里有一个字拆成几个写：{x.full} 与 {y.full}"


def _place_dropped_and_typed(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """安徽瀚林生物科技 and 翰林生物科技: one side without its place, and a character that sounds or looks alike."""
    if bool(x.places) is bool(y.places) or x.branch != y.branch or len(x.core) < SHORTEST_NAME:
        return None
    unlike = sum(p != q for p, q in zip(x.core, y.core, strict=False))
    if unlike != 1 or not typed(x.core, y.core, scales) or are_institutions(x, y):
        return None
    return "two_characters", f"一边没有写地名，其余只差形近或音近的一个字：{x.full} 与 {y.full}"


def _dropped_head(x: OrganisationName, y: OrganisationName, scales: Scales) -> tuple[str, str] | None:
    """Places at the head that the parser leaves alone (三门, 澧县 in any order): one left out, or two different ones."""
    short, long = (x, y) if len(x.full) <= len(y.full) else (y, x)
    shared = int(Postfix.similarity(short.full, long.full))
    if shared < SHORTEST_NAME:
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
