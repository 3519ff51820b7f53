"""Comparing names: former and short ones too; persons by the rarity of the name."""

import math
from collections.abc import Container

from rapidfuzz.distance import OSA

from credit_sync.records import Listing
from credit_sync.screening.compare_organisations import compare_organisations
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.subjects.person_names import (
    LOST,
    as_far_as_shown,
    fold_person_name,
    is_hidden_in_part,
    sound,
    syllables,
)
from credit_sync.subjects.subject import Subject, SubjectKind
from credit_sync.subjects.writing import LONGEST, organisations_together


def compare_names(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """The names; former names and known short forms on either side count when the present ones differ."""
    compare = _persons if applicant.kind is SubjectKind.PERSON else compare_organisations
    ours, theirs = scales.reference.names_of(applicant), scales.reference.names_of(listing.subject)
    if max(len(ours[0]), len(theirs[0])) > LONGEST:
        return None  # whatever fills a field with that many characters is no name
    if len(ours) == len(theirs) == 1:
        return compare(ours[0], theirs[0], scales)
    found = [compare(ours[0], theirs[0], scales)]
    others = [(a, b) for a in ours for b in theirs if (a, b) != (ours[0], theirs[0])]
    together = {*organisations_together(ours[0]), *organisations_together(theirs[0])}
    found += [_as_other_name(compare(a, b, scales), a, b, together) for a, b in others]
    return max((e for e in found if e is not None), key=lambda e: e.bits, default=None)


def _as_other_name(evidence: Evidence | None, a: str, b: str, together: Container[str]) -> Evidence | None:
    """The same comparison by a former or short name, or one of several in a cell, said so; only agreement counts."""
    if evidence is None or evidence.bearing is not Bearing.SUPPORTS or evidence.bits <= 0:
        return None
    by = "同格所写的几家单位之一" if a in together or b in together else "曾用名或简称"
    sentence = f"按{by}比较（{a} / {b}）：{evidence.sentence}"
    return evidence._replace(bits=evidence.bits - 1, sentence=sentence)


def _persons(a: str, b: str, scales: Scales) -> Evidence | None:
    if not scales.namesakes:  # whoever has some is compared with all of them, the others with few
        return _compare_persons(a, b, scales)
    if (a, b) not in scales.compared:
        scales.compared[a, b] = _compare_persons(a, b, scales)
    return scales.compared[a, b]


def _compare_persons(a: str, b: str, scales: Scales) -> Evidence | None:
    x, y = fold_person_name(a), fold_person_name(b)
    if not x or not y:
        return None
    names = scales.reference.persons
    hidden = is_hidden_in_part(x) or is_hidden_in_part(y)
    if hidden and (seen := _as_far_as_shown(x, y)):
        sentence = f"姓名有字隐去，其余相同：{a} 与 {b}"
        of_surname = seen[0] != "?"
        return scales.evidence("person_name", "same", sentence, u=names.share(seen)) if of_surname else None
    if not hidden and _same_but_lost(x, y):
        if LOST in x + y:
            share = names.share_of_damaged(*_left_and_whole(x, y))
            sentence, rarity = f"姓名有字丢失，其余相同：{a} 与 {b}", "全国这样相符的"
        else:
            share, sentence, rarity = scales.name_share(x), f"姓名相同：{a}", "全国同名"
        count = _rounded(round(share * names.population))
        return scales.evidence("person_name", "same", sentence, u=share, rarity=f"，{rarity}{count}人")
    if _is_transliteration(x, y) or _is_transliteration(y, x):
        return scales.evidence("person_name", "transliteration", f"一边是拼音，读音相同：{a} 与 {b}")
    if len(x) == len(y) and sound(x) == sound(y):
        return scales.evidence("person_name", "sound", f"姓名同音不同字：{a} 与 {b}")
    if len(x) == len(y) and all(
        p == q or q in scales.reference.look_alikes.get(p, ()) for p, q in zip(x, y, strict=True)
    ):
        return scales.evidence("person_name", "look_alike", f"姓名形近：{a} 与 {b}")
    if x[0] == y[0] and max(len(x), len(y)) > 2 and OSA.distance(x, y) == 1:
        difference = "有两字颠倒" if sorted(x) == sorted(y) else "只差一字"
        return scales.evidence("person_name", "one_character", f"姓名{difference}：{a} 与 {b}")
    return scales.evidence("person_name", "different", f"姓名不同：{a} 与 {b}", Bearing.WEAKENS)


def _same_but_lost(x: str, y: str) -> bool:
    """Equal, where a character lost in transfer (? or □) may be any one; half of them must be left."""
    if x == y and "?" not in x:
        return True
    if len(x) != len(y):
        return False
    known = [p == q for p, q in zip(x, y, strict=True) if "?" not in (p, q)]
    return all(known) and len(known) * 2 >= len(x)


def _left_and_whole(x: str, y: str) -> tuple[str, str]:
    """What both show of a name that lost characters, and all that is known of it."""
    pairs = list(zip(x, y, strict=True))
    return "".join(p if p == q else LOST for p, q in pairs), "".join(q if p == LOST else p for p, q in pairs)


def _as_far_as_shown(x: str, y: str) -> str:
    """What both show of names of which one is hidden in part (张某某, 张*伟), ? for the rest; '' where they differ.

    张某 and 张某某 hide a name of any length.
    """
    if x.isalpha() and y.isalpha() and "某" not in x and "某" not in y:
        return ""
    p, q = as_far_as_shown(x), as_far_as_shown(y)
    if len(p) != len(q) and {"?"} in (set(p[1:]), set(q[1:])):
        p, q = f"{p[0]}?", f"{q[0]}?"
    agree = len(p) == len(q) and all(i == j or "?" in (i, j) for i, j in zip(p, q, strict=True))
    return "".join(i if i == j else "?" for i, j in zip(p, q, strict=True)) if agree else ""


def _is_transliteration(latin: str, name: str) -> bool:
    """ZHANGWEI or WEIZHANG for 张伟: the surname first or last; ü as Ü, V, U or, in passports, YU."""
    written = latin.replace("Ü", "V")
    if not written.isascii() or not written.isalpha() or name.isascii():
        return False
    sounds = [syllable.upper() for syllable in syllables(name)]
    spelt = [[sound.replace("Ü", umlaut) for sound in sounds] for umlaut in ("V", "U", "YU")]
    return any(written in ("".join(read), "".join((*read[1:], read[0]))) for read in spelt)


def _rounded(count: int) -> str:
    if count < 100:
        return "不足 100 "
    digits = 10 ** (int(math.log10(count)) - 1)
    rounded = round(count / digits) * digits
    return f"约 {rounded / 10000:g} 万" if rounded >= 10000 else f"约 {rounded} "
