"""Names of organisations taken apart: place, core (brand and trade), legal form, branch, brackets.

企业名称登记管理规定: 行政区划 + 字号 + 行业或经营特点 + 组织形式. The parser rests on tables of words
(mappings/names/), reads from both ends, and keeps what it does not understand in the core.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from credit_sync.subjects.numerals import numerals_in_one_way
from credit_sync.subjects.organisation_parts import PART_ENDS, body_first, without_part
from credit_sync.subjects.places import Division, Gazetteer
from credit_sync.subjects.writing import folded

_BRACKETS = str.maketrans(dict.fromkeys("[{〔【〈《「『（", "(") | dict.fromkeys("]}〕】〉》」』）", ")"))
_LOST = "*?□囗某\ufffd〓■●×"
"""What stands for characters that were lost or are hidden; left out like punctuation: a name is that much shorter."""
_MARKS = re.compile(rf"[()★☆▲※\s\"'“”‘’`·•.,，。、;；:：—\-_－―/\\|#&~!！？<>{_LOST}]+")
_LOST_ONE = re.compile(f"[{_LOST}]")
_INSIDE = re.compile(r"\(([^()]*)\)")
_OTHER_NAME = r"(?:原名|曾用名|现名|更名前|又名|别名)[^()]*|原[^()]{4,}|现[^()]{4,}公司|[^()]{3,}医院"
_CODE = r"(?=[0-9A-Z]*[0-9]{4})[0-9A-Z*]{9,18}"
_OF_CODES = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*")
_CODE_BEHIND = re.compile(rf"(?<=[^0-9A-Z*]){_CODE}$")
_LISTED = re.compile(r"^(?:\(?[0-9]{1,2}[).、](?![0-9])|[\u4e00-\u9fff]{2,8}:)+(?=.{4})")
"""What a list writes before a name: 1. or 被执行人:."""
_BEFORE = ("个体工商户", "原", "被", "失信被执行人")
_TRADER = re.compile(r"^(?:个体工商户|失信被执行人|被执行人|被告人?|被申请人)(?=.{4})")
_ROW = re.compile(r"^[0-9]{1,4}(?=[^0-9])")
"""A row's number that stands in the cell of the name."""
_OPERATOR = re.compile(r"(?<=.{4})经营者.{2,5}$")
_AND_OTHERS = re.compile(r"(?<=公司)等(?:[0-9一二三四五六七八九十]+[家个])?(?:公司|单位|企业)?$")
_IN_LATIN = re.compile(r"(?<=[\u4e00-\u9fff]{4})(?:\([A-Z][A-Z0-9.,&'\-]{3,}\)|[A-Z][A-Z.,&'\-]{7,})$")
"""The English name behind the Chinese one."""
_LAST_BRACKET = re.compile(r"(?<=.{4})\(([^()]{1,20})\)$")
_OF_A_PART = re.compile(r"[站店厂部处所院社库队点室组会办区]$|[0-9〇零一二三四五六七八九十]")
"""In a bracket at the end: a part of the body, or what number it has."""
_MIDDLE_SCHOOL = re.compile(r"第?([一二三四五六七八九十]{1,3}|[0-9]{3})中学?$")
"""第八中学 and 八中."""
_LAW_FIRM = "律师事务所"
"""天恒（合肥）律师事务所 is the branch in 合肥 of 天恒律师事务所 (律师事务所名称管理办法)."""
_OF_A_PROVINCE = ("实验室", "中心")
_PLACE_INSIDE = re.compile(
    r"((?:(?!大学|学院|公司|[院所]).){2,})(.{2,3}省)((?:重点|工程)?实验室|工程(?:技术)?研究中心|技术创新中心)"
)
"""现代中药安徽省重点实验室: as 安徽省现代中药重点实验室."""
_PEOPLES_HOSPITAL = re.compile(r"(?<=[市县区])第?([一二三四五六七八九十])院$")
"""灵璧县二院: as 灵璧县第二人民医院."""
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
TOWN = re.compile(r".{1,4}?(?:镇|乡|街道)")
"""Towns are in no gazetteer."""
_AFFILIATE_ORDER = re.compile(r"(第[一二三四五六七八九十]+)附属")
"""第一附属医院 and 附属第一医院 are one way of counting."""
_AFFILIATE_SHORT = re.compile(r"第?([一二三四五六七八九十])附院")


@dataclass(frozen=True, slots=True)
class OrganisationWords:
    """The tables of words: legal forms that may be dropped, branch words, trades."""

    droppable_forms: tuple[str, ...]
    misspelt_form: str
    """A regular expression for 有限公司 with one typing error."""
    branches: tuple[str, ...]
    trades: tuple[str, ...]
    notes: tuple[str, ...]
    """How a bracket begins that is no part of the name."""
    note_endings: tuple[str, ...]
    """How such a bracket ends."""
    tails: tuple[str, ...]
    """How such a note begins where it has no bracket."""
    second_names: tuple[str, ...]
    """How the second name of a body ends that stands in a bracket behind the first."""
    shortened: tuple[tuple[str, str], ...]
    """Endings, and how they are written for short."""
    abbreviated: tuple[tuple[str, str], ...]
    """Parts of the names of public bodies wherever they stand, and how everybody writes them for short."""
    renamed: tuple[tuple[str, str], ...]
    """What offices were called before a reform, and what took their place."""
    renamed_in_provinces: tuple[tuple[str, str], ...]
    regions: tuple[str, ...]
    """Parts of provinces and of the country, in two characters."""
    opposites: tuple[str, ...]
    """Groups of characters of which none is written for another."""
    ranks: tuple[tuple[str, ...], ...]
    """Groups of endings of which a body gets another when it rises."""


class OrganisationName(NamedTuple):
    """The parts of one name. Empty where a name does not have the part."""

    full: str
    """Folded, brackets and punctuation removed: equal for names that differ in writing only."""
    bare: str
    """`full` without company forms and without the suffix of places."""
    core: str
    """`bare` without the leading place: brand, trade and whatever else tells subjects apart."""
    brand: str
    trade: str
    form: str
    places: tuple[str, ...]
    """The leading place names as written, from large to small."""
    divisions: tuple[tuple[Division, ...], ...]
    """What each of `places` may stand for."""
    codes: frozenset[str]
    """The codes of all of `divisions`, and of what they became."""
    branch: str
    """What follows the legal person's name, such as 芜湖分公司, without company forms."""
    branch_as_written: str
    branch_known: bool
    """It ends with a word for branches."""
    bracketed_places: tuple[str, ...]
    remark: str
    """What stands in a bracket at the end and is neither a place nor a branch: nobody knows what it says."""
    parent: str
    """The legal person that a branch belongs to, folded; empty for names that are no branch's."""
    succeeded: str = ""
    """What an office was called before a reform (环境保护局), where `core` says what took its place."""
    damaged: str = ""
    """`full` with ? for every character that was lost or is hidden; empty where none is."""

    @property
    def of_a_town(self) -> bool:
        """It begins with a town, behind the places: 向山镇卫生院."""
        return TOWN.match(self.full.removeprefix("".join(self.places))) is not None

    @property
    def empty(self) -> bool:
        """Nothing but a place, a form, punctuation or pictures: matches nothing."""
        if len(self.core) < 2 and not self.branch and len(self.core) + (self.damaged.count("?") == 1) < 2:
            return True
        return not any(map(str.isalpha, self.full))


class OrganisationParser:
    """Takes names apart with one set of tables. `parse` is pure and remembers recent names."""

    def __init__(self, words: OrganisationWords, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        forms = sorted(map(re.escape, words.droppable_forms), key=len, reverse=True)
        long, short = [f for f in forms if len(f) > 2], [f for f in forms if len(f) <= 2]
        self._form = re.compile("|".join((*long, words.misspelt_form, *short)))
        self._branch = re.compile(
            f"(?:{'|'.join(sorted(map(re.escape, words.branches), key=len, reverse=True))})$"
        )
        notes, endings, tails = (
            "|".join(map(re.escape, w)) for w in (words.notes, words.note_endings, words.tails)
        )
        self._note = re.compile(
            rf"\((?:{_OTHER_NAME}|(?:{notes})[^()]*|[^()]*(?:{endings})|{_CODE})\)|简称:[^()]*$"
            rf"|(?:(?<=公司)[,;:]*|[,;:]+)(?:{tails})[^()]*$|[,;]原[^()]{{4,}}$|(?<=.{{4}})(?:经营者|业主):[^()]*$"
        )
        self._second_name = re.compile(rf"\(([^()]{{3,}}(?<!分)(?:{'|'.join(words.second_names)}))\)$")
        self._abbreviated = dict(words.abbreviated)
        self._long_parts = re.compile("|".join(map(re.escape, self._abbreviated)))
        self._shortened = dict(words.shortened)
        self._long_endings = tuple(self._shortened)
        self.regions = frozenset(words.regions)
        self.opposites = frozenset((p, q) for group in words.opposites for p in group for q in group if p != q)
        self._renamed = dict(words.renamed)
        self._renamed_in_provinces = {**self._renamed, **dict(words.renamed_in_provinces)}
        self._ranks = {ending: group[0] for group in words.ranks for ending in group}
        self._rank = re.compile(rf"(?:{'|'.join(sorted(self._ranks, key=len, reverse=True))})$")
        self._trades = frozenset(words.trades)
        self._trade_lengths: dict[str, list[int]] = {}
        for trade in sorted(self._trades, key=len, reverse=True):
            lengths = self._trade_lengths.setdefault(trade[-2:], [])
            if len(trade) not in lengths:
                lengths.append(len(trade))
        self.parse = lru_cache(maxsize=20_000)(self._parse)

    def _parse(self, name: str) -> OrganisationName:
        full = folded(name)
        if full.endswith(_OF_CODES):
            full = _CODE_BEHIND.sub("", full)
        plain = full = self._name_alone(numerals_in_one_way(full))
        bracketed: tuple[str, ...] = ()
        damaged = remark = ""
        if not full.isalnum() or "囗" in full or "某" in full:
            full = body_first(full)
            damaged, full, plain, bracketed, remark = self._without_punctuation(full)
        elif "附" in full:
            plain = full = _affiliates_in_one_way(full)
        plain = self._long_parts.sub(lambda part: self._abbreviated[part.group()], plain)
        if plain.endswith(_OF_A_PROVINCE) and (inside := _PLACE_INSIDE.fullmatch(plain)):
            plain = f"{inside[2]}{inside[1]}{inside[3]}"
        legal_person, branch, forms = self._split_branch(plain)
        if not branch and not forms and plain.endswith(PART_ENDS):
            legal_person, branch = without_part(plain, self.regions)
        if legal_person.endswith(("中", "中学")):
            legal_person = _MIDDLE_SCHOOL.sub(r"\1中", legal_person)
        elif legal_person.endswith("院"):
            legal_person = _PEOPLES_HOSPITAL.sub(r"第\1人民医院", legal_person)
        places, divisions, core = self._split_places(_without(forms, legal_person))
        if core.endswith(self._long_endings):
            core = self._with_short_ending(core)
        succeeded = core if core in self._renamed else ""
        if succeeded:
            of_province = len(divisions) == 1 and divisions[0][0].level == 1
            core = (self._renamed_in_provinces if of_province else self._renamed)[core]
        shorts = [candidates[0].short for candidates in divisions]
        brand, trade = self._split_trade(core)
        tail = self._form.sub("", branch).translate(_DIGITS) if branch else ""
        return OrganisationName(
            full=full,
            bare="".join((*shorts, core, tail)),
            core=core + tail,
            brand=brand,
            trade=trade,
            form=forms[-1].group() if forms else "",
            places=places,
            divisions=divisions,
            codes=frozenset(
                [code for candidates in divisions for d in candidates for code in (d.code, d.became) if code]
            ),
            branch=tail,
            branch_as_written=branch,
            branch_known=bool(branch and self._branch.search(branch)),
            bracketed_places=bracketed,
            remark=remark,
            parent=legal_person if branch else "",
            succeeded=succeeded,
            damaged=damaged,
        )

    def second_name(self, name: str) -> str:
        """What stands in a bracket behind the name of a public body and names it as well: one institution, two signs.

        It has a place of its own: 某大学（材料学院） is a school of that university, and so are laboratories at one.
        """
        if not name.endswith((")", "）")):
            return ""
        found = self._second_name.search(folded(name))
        if not found or found.string[: found.start()].endswith(("大学", "公司")):
            return ""
        return found[1] if self._gazetteer.head(found[1]) or found[1][:2] in self.regions else ""

    def without_rank(self, full: str) -> str:
        """A folded name as if its body had never risen: 安徽建筑学院 and 安徽建筑大学 are one."""
        return self._rank.sub(lambda ending: self._ranks[ending.group()], full)

    def _name_alone(self, full: str) -> str:
        """Without what stands before or behind it and is no part of it."""
        if full.startswith(_BEFORE):
            full = _TRADER.sub("", full)
            if full.startswith("原") and not self._gazetteer.head(full) and self._gazetteer.head(full[1:]):
                full = full[1:]
        if full[:1].isdigit() and self._gazetteer.head(behind := _ROW.sub("", full)):
            full = behind
        if not full.isalnum():
            full = _LISTED.sub("", full)
            if second := self.second_name(full):
                full = full.removesuffix(f"({second})")
        elif full.find("公司") not in (-1, len(full) - 2):
            full = self._note.sub("", full)
        elif "经营者" in full:
            full = _OPERATOR.sub("", full)
        elif not full[-1:].isascii():
            return full  # as nearly all are: nothing stands behind
        return _IN_LATIN.sub("", _AND_OTHERS.sub("", full))

    def _with_short_ending(self, core: str) -> str:
        ending = next(filter(core.endswith, self._long_endings))
        return core.removesuffix(ending) + self._shortened[ending]

    def _without_punctuation(self, text: str) -> tuple[str, str, str, tuple[str, ...], str]:
        """A folded name without punctuation, as `damaged` and `full`; the same without places in brackets and remarks; and
        those.
        """
        text = self._note.sub("", text.translate(_BRACKETS))
        text = _affiliates_in_one_way(text)
        bracketed = tuple(part for part in _INSIDE.findall(text) if self._gazetteer.named(part))
        remark = self._remark(text)
        parts = [_MARKS.sub("", part) for part in _LOST_ONE.split(text)]
        full = plain = "".join(parts)
        for left_out in (*bracketed, remark) if bracketed or remark else ():
            text = text.replace(f"({left_out})", "")
            plain = _MARKS.sub("", text)
        if len(bracketed) == 1 and plain.endswith(_LAW_FIRM):
            plain, bracketed = f"{plain}{bracketed[0]}分所", ()
        return "?".join(parts) if len(parts) > 1 else "", full, plain, bracketed, remark

    def _remark(self, text: str) -> str:
        found = _LAST_BRACKET.search(text)
        if not found or _OF_A_PART.search(found[1]) or self._form.search(found[1]):
            return ""
        return (
            ""
            if self._branch.search(found[1])
            or self._gazetteer.named(found[1][:2])
            or self._gazetteer.head(found[1])
            else found[1]
        )

    def _split_branch(self, text: str) -> tuple[str, str, list[re.Match[str]]]:
        """The legal person's name, what stands behind its company form, and the forms within the first."""
        forms = list(self._form.finditer(text))
        for place in range(len(forms) - 1, -1, -1):
            found = forms[place]
            head, tail = text[: found.end()], text[found.end() :]
            if not tail or len(found.group()) < 2 or found.group() == "有限":
                continue
            plainly_behind = (
                len(found.group()) > 3
                and head.endswith("公司")
                and len(tail) > 1
                and not self._form.fullmatch(tail)
            )
            if (plainly_behind or self._branch.search(tail)) and len(head) > len(found.group()) + 1:
                return head, tail, forms[: place + 1]
        return text, "", forms

    def _split_places(self, text: str) -> tuple[tuple[str, ...], tuple[tuple[Division, ...], ...], str]:
        places: list[str] = []
        divisions: list[tuple[Division, ...]] = []
        rest = text
        while len(places) < 3 and (found := self._gazetteer.head(rest)):
            name, candidates = found
            deeper = [d for d in candidates if not divisions or _within(d, divisions[-1])]
            if not deeper or len(rest) - len(name) == 1:
                break
            places.append(name)
            divisions.append(tuple(deeper))
            rest = rest[len(name) :]
        return tuple(places), tuple(divisions), rest

    def _split_trade(self, core: str) -> tuple[str, str]:
        """Brand and trade: the longest trade word at the end that leaves a brand of two characters or more, or none."""
        if core in self._trades:
            return "", core
        for length in self._trade_lengths.get(core[-2:], ()):
            if length <= len(core) - 2 and core[-length:] in self._trades:
                return core[:-length], core[-length:]
        return core, ""


def _affiliates_in_one_way(text: str) -> str:
    """第一附属医院, 一附院: as 附属第一医院."""
    return _AFFILIATE_ORDER.sub(r"附属\1", _AFFILIATE_SHORT.sub(r"附属第\1医院", text))


def _without(found: list[re.Match[str]], text: str) -> str:
    """A text without what was found in it."""
    for match in reversed(found):
        text = text[: match.start()] + text[match.end() :]
    return text


def _within(inner: Division, outer: tuple[Division, ...]) -> bool:
    return any(inner.code[: 2 * d.level] == d.code[: 2 * d.level] and inner.level > d.level for d in outer)
