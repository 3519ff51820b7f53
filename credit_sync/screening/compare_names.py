"""Comparing names: former and short ones too; persons by the rarity of the name."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache

from rapidfuzz.distance import OSA

from credit_sync.records import Listing
from credit_sync.screening.compare_organisations import compare_organisations
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.subjects.organisation_parts import operator_in
from credit_sync.subjects.person_names import (
    LOST,
    as_far_as_shown,
    fold_person_name,
    in_other_scripts,
    is_hidden_in_part,
    is_pinyin,
    other_orders,
    persons_together,
    readings_of,
    sound,
    sound_alike,
    words_in_latin,
)
from credit_sync.subjects.subject import Subject, SubjectKind
from credit_sync.subjects.writing import LONGEST, is_written_in_parts, organisations_together


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
    by = {name: why for first in (ours[0], theirs[0]) for name, why in _others_in(first, scales)}
    found += [_as_other_name(compare(a, b, scales), a, b, by) for a, b in others]
    return max((e for e in found if e is not None), key=lambda e: e.bits, default=None)


def _others_in(name: str, scales: Scales) -> Iterator[tuple[str, str]]:
    """Names that are no former ones, though they are compared beside the name as written; and what they are."""
    for found, why in (
        (organisations_together(name), "同格所写的几家单位之一"),
        (persons_together(name), "同格所写的几人之一"),
        (other_orders(name), "姓在另一端的写法"),
        (in_other_scripts(name), "括号里另一种文字的姓名"),
        (tuple(filter(None, (operator_in(name),))), "名称里所写的经营者"),
        (scales.reference.usual.of(name), "姓氏或异体字的通行写法"),
    ):
        yield from ((other, why) for other in found)


def _as_other_name(evidence: Evidence | None, a: str, b: str, by: Mapping[str, str]) -> Evidence | None:
    """The same comparison by a former or short name, or one of several in a cell, said so; only agreement counts."""
    if evidence is None or evidence.bearing is not Bearing.SUPPORTS or evidence.bits <= 0:
        return None
    why = by.get(a) or by.get(b) or "另一名称（曾用名、简称，或以往复核所知）"
    sentence = f"按{why}比较（{a} / {b}）：{evidence.sentence}"
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
        return _of_what_is_shown(seen, f"姓名有字隐去，其余相同：{a} 与 {b}", scales)
    if len(x) != len(y):  # both bytes of a character became ?
        x, y = x.replace("??", "?"), y.replace("??", "?")
    if not hidden and _same_but_lost(x, y):
        if LOST in x + y:
            share = names.share_of_damaged(*_left_and_whole(x, y))
            sentence, rarity = f"姓名有字丢失，其余相同：{a} 与 {b}", "全国这样相符的"
        else:
            share, sentence, rarity = scales.name_share(x), f"姓名相同：{a}", "全国同名"
        count = _rounded(round(share * names.population))
        return scales.evidence("person_name", "same", sentence, u=share, rarity=f"，{rarity}{count}人")
    if not hidden and len(x) == len(y) and LOST in x + y and (seen := _as_far_as_shown(x, y)):
        return _of_what_is_shown(seen, f"姓名大半丢失，其余相同：{a} 与 {b}", scales)
    level, sentence, bearing = _weaker_level(a, b, scales)
    if level == "different" and _spelt_otherwise(x, y):
        return None
    return scales.evidence("person_name", level, f"{sentence}：{a} 与 {b}", bearing)


def _of_what_is_shown(seen: str, sentence: str, scales: Scales) -> Evidence | None:
    """`seen`: what both show, ? for the rest. 张某某 beside 张某某 is one 张 of a hundred million; of 某某 nothing is shown."""
    if not seen.strip(LOST):
        return None
    return scales.evidence("person_name", "same", sentence, u=scales.reference.persons.share(seen))


def _weaker_level(a: str, b: str, scales: Scales) -> tuple[str, str, Bearing]:
    """What two names that are not the same have in common."""
    x, y = fold_person_name(a), fold_person_name(b)
    if _is_transliteration(x, y) or _is_transliteration(y, x):
        return "transliteration", "一边是拼音，读音相同", Bearing.SUPPORTS
    if len(x) == len(y) and (sound(x) == sound(y) or _long_names_sound_alike(x, y)):
        return "sound", "姓名同音不同字", Bearing.SUPPORTS
    look_alikes = scales.reference.look_alikes
    if len(x) == len(y) and all(p == q or q in look_alikes.get(p, ()) for p, q in zip(x, y, strict=True)):
        return "look_alike", "姓名形近", Bearing.SUPPORTS
    short, long = (x, y) if len(x) < len(y) else (y, x)
    if len(short) < len(long) and is_written_in_parts(short, long, scales.reference.parts):
        return "look_alike", "姓名里有一个字拆成几个写", Bearing.SUPPORTS
    if len(short) < len(long) and (_is_part(a, b) or _is_part(b, a)):
        return "part", "一边只写了姓名的一部分", Bearing.SUPPORTS
    if max(len(x), len(y)) > 2 and OSA.distance(x, y) == 1:
        difference = "有两字颠倒" if sorted(x) == sorted(y) else "只差一字"
        return "one_character", f"姓名{difference}", Bearing.SUPPORTS
    return "different", "姓名不同", Bearing.WEAKENS


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

    张某, 张某某, 欧阳某 and 买买提·某某 hide what follows, of any length.
    """
    if x.isalpha() and y.isalpha() and "某" not in x and "某" not in y:
        return ""
    p, q = as_far_as_shown(x), as_far_as_shown(y)
    if len(p) != len(q) and (heads := [len(n.rstrip(LOST)) for n in (p, q) if n.endswith(LOST)]):
        head = min(heads)
        p, q = (f"{n[:head]}{LOST}" if len(n) > head else n for n in (p, q))
    agree = len(p) == len(q) and all(i == j or "?" in (i, j) for i, j in zip(p, q, strict=True))
    return "".join(i if i == j else "?" for i, j in zip(p, q, strict=True)) if agree else ""


def _long_names_sound_alike(x: str, y: str) -> bool:
    """阿卜杜热合曼 and 阿不都热合曼: a name of another language, in characters chosen by their sound."""
    return len(x) > _LONGEST_HAN and all(map(sound_alike, x, y))


_LONGEST_HAN = 4
_LEAST_OF_LONG = 3
_PARTS = re.compile("[·•‧・．.∙⋅]")


def _is_part(whole: str, part: str) -> bool:
    """买买提 of 买买提·吐尔逊, whose father's name is left out; 方安生 of 陈方安生, who put her husband's surname first; 国维 of
    禤国维, whose surname could not be typed; John Smith of Dr. John Michael Smith Jr.
    """
    x, y = fold_person_name(whole), fold_person_name(part).rstrip("*")
    if not len(x) > len(y) > 1 or not y.isalpha():
        return False
    if y.isascii():
        words, of_whole = (set(words_in_latin(name.upper())) for name in (part, whole))
        return len(words) > 1 and words < of_whole
    if len(x) > _LONGEST_HAN and x.startswith(y):
        return len(y) >= _LEAST_OF_LONG or fold_person_name(_PARTS.split(whole)[0]) == y
    return x.endswith(y) and (len(x) - len(y) == 1 or len(y) >= _LEAST_OF_LONG)


def _is_transliteration(latin: str, name: str) -> bool:
    """ZHANGWEI or WEIZHANG for 张伟: the surname, of one character or two, first or last; any reading of a character."""
    written = latin.replace("Ü", "V")
    if not written.isascii() or not written.isalpha() or name.isascii() or len(name) > _LONGEST_SPELT:
        return False
    spelt = list(map(_spellings, name))
    return any(_is_spelt(written, (*spelt[first:], *spelt[:first])) for first in range(min(len(name), 3)))


def _is_spelt(written: str, spelt: Sequence[Set[str]]) -> bool:
    """Whether a text is one spelling of each character after the other."""
    ends = {0}
    for spellings in spelt:
        ends = {end + len(one) for end in ends for one in spellings if written.startswith(one, end)}
    return len(written) in ends


def _spelt_otherwise(x: str, y: str) -> bool:
    """山田耕作 and YAMADA KOSAKU, 陈国荣 and CHAN KWOK WING, 伊万·彼得罗夫 and Иван Петров: letters that are no pinyin spell a
    name in a way that says nothing about its characters.
    """
    if (x[0] < "\u3400") is (y[0] < "\u3400"):
        return False  # as nearly all are: both in characters
    han, letters = (x, y) if _HAN.fullmatch(x) else (y, x)
    if not _HAN.fullmatch(han) or not letters.isalpha() or _HAN.search(letters):
        return False
    return not (letters.isascii() and is_pinyin(letters))


_HAN = re.compile("[\u3400-\u9fff]+")
_LONGEST_SPELT = 20


@lru_cache(maxsize=10_000)
def _spellings(character: str) -> Set[str]:
    """How a character may be spelt: ü as V, U or, in passports, YU."""
    found = {reading.upper() for reading in readings_of(character)} or {character}
    return frozenset(reading.replace("Ü", umlaut) for reading in found for umlaut in ("V", "U", "YU"))


def _rounded(count: int) -> str:
    if count < 100:
        return "不足 100 "
    digits = 10 ** (int(math.log10(count)) - 1)
    rounded = round(count / digits) * digits
    return f"约 {rounded / 10000:g} 万" if rounded >= 10000 else f"约 {rounded} "
