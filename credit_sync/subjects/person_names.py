"""Names of persons: how one is folded, how it sounds, and how common it is."""

import math
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache

from credit_sync.subjects.writing import LONGEST, OTHER_NAME_WORDS, folded, is_folded

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # names are read character by character

_DOTS = re.compile(r"[·•‧・．.｡。∙⋅●ᐧㆍ⸱\-_'’`,，《》“”\"\u2022]")
_EARLY_DOTS = str.maketrans("˙°", "··")
"""Dots that NFKC would take apart."""
_DESCRIBED = re.compile(r"(?<=[\u4e00-\u9fff])[(\[{〔【][\u4e00-\u9fff]{1,8}[)\]}〕】](?=[\u4e00-\u9fff])")
"""张（龙天）远, 张[上龙下天]远: what a character looks like that could not be typed."""
_DESCRIBED_LAST = re.compile(r"(?<=^[\u4e00-\u9fff])[(\[{〔【][\u4e00-\u9fff]{2,8}[)\]}〕】]$")
"""刘（女洁）: behind a surname alone."""
_BRACKETED = re.compile(r"[(\[{〔【].*?[)\]}〕】]")
LOST = "?"
"""What stands in a folded name for a character that was lost in transfer: it may be any one."""
_LOST = re.compile(r"[?□�〓]")
_LOST_DOT = re.compile(r"(?<=[\u4e00-\u9fff]{2})\?(?=[\u4e00-\u9fff]{2})")
_BOTH_BYTES = re.compile(r"^([\u4e00-\u9fff])\?\?([\u4e00-\u9fff])$")
"""王??喆: of a name of three, each byte of a character of GBK became one; names of four that lost two are rarer."""
_IN_LINE = re.compile(r"^[(\[]?[0-9]{1,2}[.、)\]]*(?=[\u4e00-\u9fff]{2})|(?<=[\u4e00-\u9fff]{2})[;:、]+$")
"""The number before a name in a list, and what parts it from the next."""
_TITLES = (
    "先生|女士|小姐|同志|老师|院士|博士|副教授|教授|副研究员|研究员|(?:正|教授级)?高级工程师|工程师|(?:副?主任|主治)?医师|(?:副?主任|主管)[药护技]师"
    "|高级农艺师|农艺师|副主任|主任|董事长|总经理|律师"
)
_ROLE = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,8}\s*[:：]|(?:法定代表人|失信被执行人|被执行人|(?:原审)?被告人|(?:被)?申请人|经营者|负责人|投资人|业主)"
    r"(?=[\u4e00-\u9fff]{2})|(?i:dr|prof|professor|mrs?|ms)\.?\s+(?=[A-Za-z]))\s*"
)
_SAID_BEHIND = re.compile(
    r"(?<=[\u4e00-\u9fff]{2})(?:[\s,，、;；:：]+[0-9]{4}[0-9*×●Xx]{4,}|[\s,，、;；]+[男女](?:[\s,，、;；].*)?|等(?:[0-9一二三四五六七八九十两]+人)?"
    rf"|[\s,，;；]*(?:{OTHER_NAME_WORDS}).+|\s+[A-Za-z][A-Za-z .'-]+|\s*(?:{_TITLES}))$"
)
"""A number, sex, others, other names, the name in Latin letters, a title: behind a name of two characters or more."""
_WITH_MORE = re.compile(rf"[:：\s,，、;；]|等|名|人|者|主|{_TITLES}")
_SPELT = re.compile("(?<=[\u4e00-\u9fff])(?!X+(?![A-Z]))[A-Z]{2,6}")
_CROSSED_OUT = re.compile("(?<=[\u4e00-\u9fff])X{1,3}(?![A-Z])")
_ACCENTED = re.compile("[\u00c0-\u024f]")
_LONGEST_UNDOTTED = 4
"""Characters of a Han name: in a longer one what was lost between two parts was the dot."""
_HAN = "[\u4e00-\u9fff]"
_HIDING = re.compile(rf"(?<!{_HAN}{{2}})●(?=[●\u4e00-\u9fff])|(?<=[●\u4e00-\u9fff])●(?!{_HAN}{{2}})")
"""● between two parts of a name is a dot (买买提●吐尔逊), before it a mark of its line; elsewhere it hides a character (王●喆)."""
_HIDDEN = re.compile("[*×○■◯〇※☆★▓▒█#]|(?<=.)某|^某(?=某|[^某]{2}$)|(?<=.某)[甲乙丙丁0-9]$")
"""The marks that hide digits of numbers hide characters of names (〇 is a zero, and no name's). Courts tell 张某甲 and 张某1 apart."""


def name_alone(name: str) -> str:
    """A person's name without the role before it and the title, sex or other name behind it.

    >>> name_alone("法定代表人：屈怀瑾"), name_alone("屈怀瑾 教授"), name_alone("屈怀瑾，男，汉族"), name_alone("王博士")
    ('屈怀瑾', '屈怀瑾', '屈怀瑾', '王博士')
    """
    if not _WITH_MORE.search(name):
        return name
    return _SAID_BEHIND.sub("", _ROLE.sub("", name.strip()))


@lru_cache(maxsize=50_000)
def fold_person_name(name: str) -> str:
    """A person's name without dots, blanks, brackets; simplified; upper case.

    >>> fold_person_name("買買提 • 吐爾遜"), fold_person_name("张　伟（曾用名张卫）"), fold_person_name("陳乾")
    ('买买提吐尔逊', '张伟', '陈乾')
    """
    if is_folded(name):
        return _plainly(name if len(name) < _SHORTEST_TITLED else name_alone(name))
    name = name_alone(name).translate(_EARLY_DOTS)
    # In names 乾 is read qián and stays; only as gān, dry, it is 干 (通用规范汉字表, note to 乾).
    text = "乾".join(map(folded, name[:LONGEST].replace("□", "?").split("乾")))
    if _ACCENTED.search(text):
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = _IN_LINE.sub("", text)
    if text.isalnum():  # no marks of any kind
        return _plainly(text)
    text = _LOST.sub("?", text)
    if len(text) > _LONGEST_UNDOTTED + 1:
        text = _LOST_DOT.sub("", text)
    text = _BOTH_BYTES.sub(r"\1?\2", text)
    if len(outside := _BRACKETED.sub("", text)) < _LONGEST_UNDOTTED:
        text = (_DESCRIBED_LAST if len(outside) == 1 else _DESCRIBED).sub("?", text)
    return _plainly(_DOTS.sub("", _HIDING.sub("○", _BRACKETED.sub("", text).lstrip("●"))))


_SHORTEST_TITLED = 4


def _plainly(text: str) -> str:
    """Letters within a Chinese name stand for a character that could not be typed (张YAN远), or hide one (张XX)."""
    if text.isascii() or not _LETTERS.search(text):
        return text
    return _SPELT.sub("?", _CROSSED_OUT.sub(lambda run: "*" * len(run.group()), text))


_LETTERS = re.compile("[A-Z]")


def is_hidden_in_part(name: str) -> bool:
    """Whether a folded name leaves characters out: 张某某, 张*伟."""
    return ("某" in name or not name.isalpha()) and bool(_HIDDEN.search(name))


def as_far_as_shown(name: str) -> str:
    """A folded name with ? for every character that was lost or is left out.

    >>> as_far_as_shown("王某喆"), as_far_as_shown("王?喆"), as_far_as_shown("某莫")
    ('王?喆', '王?喆', '某莫')
    """
    return _HIDDEN.sub(LOST, name) if is_hidden_in_part(name) else name


def other_orders(name: str) -> tuple[str, ...]:
    """A name in Latin letters with the surname at its other end.

    >>> other_orders("John Alan Smith"), other_orders("SMITH, John"), other_orders("屈 怀瑾")
    (('Smith John Alan', 'Alan Smith John'), ('John SMITH',), ())
    """
    words = words_in_latin(name)
    if not 1 < len(words) < _MOST_WORDS:
        return ()
    return tuple(" ".join(o) for o in dict.fromkeys(((*words[-1:], *words[:-1]), (*words[1:], *words[:1]))))


def words_in_latin(name: str) -> tuple[str, ...]:
    """The words of a name in Latin letters, as written; none of any other.

    >>> words_in_latin("SMITH, John Alan"), words_in_latin("屈怀瑾")
    (('SMITH', 'John', 'Alan'), ())
    """
    return tuple(filter(None, _BETWEEN_WORDS.split(name))) if _IN_LATIN.fullmatch(name) else ()


_IN_LATIN = re.compile("[A-Za-z\u00c0-\u024f'’., \\-]+")
_BETWEEN_WORDS = re.compile("[, ]+")
_MOST_WORDS = 6
_OF_OTHER_SCRIPT = re.compile(
    r"[A-Za-z][A-Za-z .,'-]+[(（]([\u4e00-\u9fff·]{2,})[)）]|[\u4e00-\u9fff·]{2,}[(（]([A-Za-z][A-Za-z .,'-]+)[)）]"
)
_SEVERAL = re.compile(
    r"[\u4e00-\u9fff]{2,4}(?:\s?[、，,;；/／]\s?[\u4e00-\u9fff]{2,4})+|[\u4e00-\u9fff]{3,4}(?:\s[\u4e00-\u9fff]{3,4})+"
)
"""By blanks alone only names of three or more: 欧阳 怀瑾 is one."""
_KIN = re.compile("\\((?:[夫妻父母子女男兄弟姐妹]{1,2}|配偶)\\)")
"""Behind each of several in a cell."""


def in_other_scripts(name: str) -> tuple[str, ...]:
    """The Chinese name in brackets behind a Latin one, or the other way round.

    >>> in_other_scripts("JOHN SMITH（约翰·史密斯）"), in_other_scripts("屈怀瑾（教授）")
    (('约翰·史密斯',), ())
    """
    found = _OF_OTHER_SCRIPT.fullmatch(name)
    return (found[1] or found[2],) if found else ()


@dataclass(frozen=True)
class UsualWriting:
    """Characters that registers write otherwise for one and the same person: the rarer one, and the usual."""

    surnames: Mapping[str, str]
    characters: Mapping[str, str]
    transcribed: Mapping[str, str] = field(default_factory=dict)
    """Characters that spell one sound of another language; in names that are long enough to be of one."""

    def of(self, name: str) -> tuple[str, ...]:
        """A name as it is usually written, where it is not written so.

        >>> UsualWriting({"萧": "肖"}, {"喆": "哲"}).of("萧永喆"), UsualWriting({"萧": "肖"}, {}).of("赵萧")
        (('肖永哲',), ())
        >>> names = UsualWriting({}, {"喆": "哲"}, {"麦": "买"})
        >>> names.of("麦麦提·艾力"), names.of("司徒永喆"), names.of("陈麦")
        (('买买提·艾力',), ('司徒永哲',), ())
        """
        long = len(name) >= _LONGEST_UNDOTTED
        if (self._unusual_in_long if long else self._unusual).isdisjoint(name):
            return ()  # as nearly all
        characters = {**self.characters, **self.transcribed} if long else self.characters
        first = self.surnames.get(name[:1]) or (self.transcribed.get(name[:1]) if long else None) or name[:1]
        usual = first + "".join(characters.get(c, c) for c in name[1:])
        return (usual,) if usual != name else ()

    @cached_property
    def _unusual(self) -> frozenset[str]:
        return frozenset((*self.surnames, *self.characters))

    @cached_property
    def _unusual_in_long(self) -> frozenset[str]:
        return self._unusual | self.transcribed.keys()


def persons_together(text: str) -> tuple[str, ...]:
    """The names of several persons that stand in one cell; none where there is but one.

    >>> persons_together("屈怀瑾、张伟（夫妻）"), persons_together("屈怀瑾，男")
    (('屈怀瑾', '张伟'), ())
    >>> persons_together("屈怀瑾(夫)阚文远(妻)"), persons_together("屈怀瑾 阚文远"), persons_together("欧阳 怀瑾")
    (('屈怀瑾', '阚文远'), ('屈怀瑾', '阚文远'), ())
    """
    between = _KIN.sub("、", unicodedata.normalize("NFKC", text[:LONGEST]))
    names = _BRACKETED.sub("", between).strip("、 ")
    return tuple(re.findall(r"[\u4e00-\u9fff]+", names)) if _SEVERAL.fullmatch(names) else ()


def sound(name: str) -> str:
    """Toneless pinyin of a folded name, syllables joined by blanks.

    >>> sound("张伟") == sound("章卫")
    True
    """
    return " ".join(syllables(name))


def syllables(text: str) -> list[str]:
    """Toneless pinyin of each character; what has no reading stands for itself."""
    return list(map(_readings.__getitem__, text))


def is_pinyin(letters: str) -> bool:
    """Whether capitals are pinyin from beginning to end.

    >>> is_pinyin("CHENGUORONG"), is_pinyin("LVDELIN"), is_pinyin("CHANKWOKWING"), is_pinyin("YAMADAKOSAKU")
    (True, True, False, False)
    """
    return bool(_pinyin().fullmatch(letters))


@cache
def _pinyin() -> re.Pattern[str]:
    from pypinyin.pinyin_dict import pinyin_dict

    written = (reading for readings in pinyin_dict.values() for reading in str(readings).split(","))
    syllables = {_toneless(reading).upper().replace("Ü", "[VU]") for reading in written}
    return re.compile(f"(?:{'|'.join(s for s in syllables if _VOWEL.search(s))})+")


_VOWEL = re.compile("[AEOIUV]")


def readings_of(character: str) -> frozenset[str]:
    """Every reading of a character without its tone, surnames' own ones among them (单 is dān and shàn)."""
    return _all_readings(character)


def sound_alike(p: str, q: str) -> bool:
    """Two characters that share a reading, tones aside.

    >>> sound_alike("昌", "长"), sound_alike("昌", "杰")
    (True, False)
    """
    return p == q or bool(_all_readings(p) & _all_readings(q))


@lru_cache(maxsize=20_000)
def _all_readings(character: str) -> frozenset[str]:
    return frozenset(_toneless(reading) for reading in _written_readings(character).split(",")) - {""}


def _written_readings(character: str) -> str:
    from pypinyin.pinyin_dict import pinyin_dict

    return str(pinyin_dict.get(ord(character), ""))


_TONES = str.maketrans("", "", "\u0300\u0301\u0304\u030c")


def _toneless(reading: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", reading).translate(_TONES))


class _Readings(dict[str, str]):
    """Each character's first reading without its tone, looked up once; what has none stands for itself."""

    def __missing__(self, character: str) -> str:
        self[character] = reading = _toneless(_written_readings(character).split(",")[0]) or character
        return reading


_readings = _Readings()


_LEAST = 3e-8
"""The share of a name that nobody else is known to bear."""


def _is_in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class NameFrequencies:
    """How often names occur in the population: published shares, smoothed for names nobody counted.

    `surnames` and `given_characters` are shares (0..1), `full_names` shares of whole names that were
    published because they are so common. A name's share never falls below that of a name nobody else is
    known to bear, about one in thirty million.
    """

    surnames: Mapping[str, float]
    given_characters: Mapping[str, float]
    full_names: Mapping[str, float]
    population: float
    _rare_surname: float = field(default=2e-5, repr=False)
    _rare_character: float = field(default=4e-4, repr=False)
    _unwritable: float = field(default=0.01, repr=False)
    """Share of characters in given names that GB 2312 does not have: of many names one in seven hundred, rounded up."""

    def share(self, name: str) -> float:
        """The share of the population that bears a folded name; where it has ? any character may stand."""
        if name in self.full_names:
            return self.full_names[name]
        surname, given = self._split(name)
        if not given:
            return 1e-7
        of_surname = 1.0 if surname == LOST else self.surnames.get(surname, self._rare_surname)
        if not given.strip(LOST):
            return of_surname
        shares = [1.0 if c == LOST else self.given_characters.get(c, self._rare_character) for c in given]
        by_length = {1: 0.15, 2: 0.84}.get(len(given), 0.01)
        modelled = of_surname * by_length * math.prod(shares)
        return max(modelled * (1.6 if len(given) == 1 else 3.0), _LEAST)

    def share_of_damaged(self, left: str, whole: str) -> float:
        """The share of those whose name may be what is left of one (? for what was lost), beside a whole name that it fits.

        What gets lost are mostly characters that old systems cannot write: where the whole name has such a one, it counts
        as any of them, elsewhere as any character at all.
        """
        unwritable = [c for shown, c in zip(left, whole, strict=True) if shown == LOST and not _is_in_gb2312(c)]
        return max(self.share(left) * self._unwritable ** len(unwritable), _LEAST)

    def _split(self, name: str) -> tuple[str, str]:
        compound = name[:2] in self.surnames and len(name) > 2
        return (name[:2], name[2:]) if compound else (name[:1], name[1:])
