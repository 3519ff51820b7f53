"""One way of writing for every text that is compared: width, script and invisible characters folded."""

import re
import string
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

import opencc
from rapidfuzz.distance import Hamming, Postfix, Prefix

_INVISIBLE = {"Cc", "Cf", "Cs"}
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
"""Rare characters that old GBK systems kept in private code points: lost, each may stand for any other."""
_SPACES = re.compile(r"\s+")
_RADICALS = str.maketrans(
    "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳⺝⺩⻑⻯⻫",
    "母民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟月王长龙齐",
)
"""Radicals that PDF files give for the characters that look the same; NFKC leaves them alone."""
LONGEST = 200
"""Names longer than this are no names; they are cut before anything expensive is done with them."""


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def plain(text: str) -> str:
    """Trimmed, control and formatting characters gone, runs of blanks made one: what is stored and shown."""
    if not text.isprintable():
        text = "".join(
            " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _INVISIBLE
        )
    return _SPACES.sub(" ", text).strip()


_OTHER_NAME = re.compile(
    r"[(（\[〔【](?:[0-9年月日于、]*(?:原名称?|曾用名称?|现名称?|更名前|又名|别名|化名|小名|俗名|乳名|法名|户籍姓?名|(?:现|已)*更名为?|变更[前后为](?:名称)?|(?:后)?改制为|第二名称|从属名称|简称)[:：为]?"
    r"([^()（）\]〕】]{2,})|原[:：]?([^()（）\]〕】]{4,})|现([^()（）\]〕】]{4,}公司)|([^()（）\]〕】]{3,}医院))[)）\]〕】]"
)
OTHER_NAME_WORDS = "原名|曾用名|又名|别名|化名|小名|俗名|乳名|法名|户籍姓?名"
_OTHER_NAME_BEHIND = re.compile(
    rf"(?<=[\u4e00-\u9fff]{{2}})[\s,，;；]*(?:{OTHER_NAME_WORDS}|更名为|变更为)称?[:：为]?\s*([^,，;；()（）]{{2,}})$"
)
"""The same without a bracket."""
_BETWEEN = re.compile("[、，,;；/／]")


def bracketed_names(text: str) -> tuple[str, ...]:
    """Former and other names that stand in brackets within a name; 原 alone needs four characters behind it.

    A hospital has its second name there (皖南医学院第一附属医院（皖南医学院弋矶山医院）).

    >>> bracketed_names("张伟（曾用名张卫、张为）"), bracketed_names("合肥甲公司(原合肥乙公司)"), bracketed_names("甲（原料）厂")
    (('张卫', '张为'), ('合肥乙公司',), ())
    >>> bracketed_names("屈怀瑾，曾用名：屈卫东")
    ('屈卫东',)
    """
    text = text[:LONGEST]
    found = [match[1] or match[2] or match[3] or match[4] for match in _OTHER_NAME.finditer(text)]
    found += [match[1] for match in _OTHER_NAME_BEHIND.finditer(text)]
    return tuple(name for names in found for name in _BETWEEN.split(names) if len(name) > 1)


_TOGETHER = re.compile(r"\s*[、，,;；/／|]\s*|(?<=公司)\s+")
_ORGANISATION = re.compile(
    r".{2,}(?:(?<![分支])公司|合作社|大学|(?<!科)学院|学校|医院|研究所|研究院|事务所|中心|厂)"
)

_PERSON = re.compile(r"[\u4e00-\u9fff]{2,4}(?<![处部店厂所站队行院社库])")
"""Somebody who stands beside organisations in one cell, and no part of theirs."""


def organisations_together(text: str) -> tuple[str, ...]:
    """The names of several organisations that stand in one cell, or of those beside people; none where there is but one.

    >>> organisations_together("合肥甲有限公司、芜湖乙大学"), organisations_together("合肥甲有限公司 第一分公司")
    (('合肥甲有限公司', '芜湖乙大学'), ())
    >>> organisations_together("合肥甲有限公司、屈怀瑾"), organisations_together("合肥甲有限公司、办事处")
    (('合肥甲有限公司',), ())
    """
    parts = tuple(filter(None, _TOGETHER.split(text[:LONGEST])))
    found = tuple(filter(_ORGANISATION.fullmatch, parts))
    people_behind = parts[:1] == found[:1] and all(part in found or _PERSON.fullmatch(part) for part in parts)
    return found if len(parts) > 1 and people_behind else ()


def is_written_in_parts(text: str, longer: str, parts: Mapping[str, str]) -> bool:
    """Whether `longer` is a text with one of its characters written in parts.

    >>> is_written_in_parts("王喆", "王吉吉", {"喆": "吉吉"}), is_written_in_parts("王喆", "王喆喆", {"喆": "吉吉"})
    (True, False)
    """
    if not len(text) < len(longer) <= len(text) + 2 or parts.keys().isdisjoint(text):
        return False
    return any(c in parts and f"{text[:n]}{parts[c]}{text[n + 1 :]}" == longer for n, c in enumerate(text))


_SHORTEST_PIECED = 5


def is_a_piece_longer(short: str, long: str) -> bool:
    """Whether `long` is `short` with a piece more at one place, or before it, where one character may be misprinted.

    A firm's branches, whose names go on behind 公司, are not meant.

    >>> is_a_piece_longer("庐江柏老三菜店", "庐江泥河镇柏老三菜店"), is_a_piece_longer("翰林生物科技", "安徽瀚林生物科技")
    (True, True)
    >>> is_a_piece_longer("翰林生物科技", "安徽瀚海生物科技"), is_a_piece_longer("翰林公司", "翰林公司芜湖分公司")
    (False, False)
    """
    if len(short) < _SHORTEST_PIECED or (short.endswith("公司") and long.startswith(short)):
        return False
    if Hamming.distance(short, long[-len(short) :], score_cutoff=1) <= 1:
        return True
    return Prefix.similarity(short, long) + Postfix.similarity(short, long) >= len(short)


_CHANGED_IN_WORDS = frozenset("沈么坏覆哩瞭藉衹甦")
"""Characters that OpenCC leaves alone by themselves and yet makes others of in some word (its TSPhrases)."""


class _LeftAlone(dict[str, bool]):
    """Whether OpenCC leaves a character alone, whatever stands beside it; found out once for each."""

    def __missing__(self, character: str) -> bool:
        alone = character not in _CHANGED_IN_WORDS and _to_simplified().convert(character) == character
        self[character] = alone
        return alone


_left_alone = _LeftAlone()


def _simplified(text: str) -> str:
    """Simplified characters; most names have no others, and asking OpenCC costs more than the rest of folding."""
    return text if all(map(_left_alone.__getitem__, text)) else str(_to_simplified().convert(text))


class _StandsForItself(dict[str, bool]):
    """Whether folding leaves a character as it is, whatever stands beside it; found out once for each."""

    def __missing__(self, character: str) -> bool:
        ordinary = "一" <= character <= "鿿" or character in string.ascii_uppercase or character in string.digits
        itself = (
            ordinary and character != "乾" and _left_alone[character] and folded_by_rule(character) == character
        )
        self[character] = itself
        return itself


_stands_for_itself = _StandsForItself()


def is_folded(text: str) -> bool:
    """Whether a text is surely as `folded` would write it: Chinese characters, digits, capitals, as most names are."""
    return len(text) <= LONGEST and all(map(_stands_for_itself.__getitem__, text))


@lru_cache(maxsize=50_000)
def folded(text: str) -> str:
    """What is compared: NFKC, simplified characters, upper case, no blanks, nothing invisible.

    >>> folded(" 長沙德興（集團）有限公司Ａ ")
    '长沙德兴(集团)有限公司A'
    """
    return text if is_folded(text) else folded_by_rule(text)


def folded_by_rule(text: str) -> str:
    """The same for any text, whether there is something to fold in it or not."""
    compatible = unicodedata.normalize("NFKC", text[:LONGEST].translate(_RADICALS))
    written = compatible if compatible.isalnum() else plain(compatible)
    simplified = _simplified(written)
    if written is not compatible:
        simplified = _PRIVATE.sub("?", _SPACES.sub("", simplified))
    # OpenCC leaves 乾 alone in some words and makes it 干 in others; one damaged character would change the rest.
    return simplified.replace("乾", "干").upper()
